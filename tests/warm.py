"""What verbs import and look up, done once in the process that `preloaded` copies."""

from importlib import import_module

from mlflow.utils import requirements_utils

PACKAGES = """
    alembic dask.array git jinja2 keras_tuner librosa matplotlib.pyplot mlflow.pyfunc mlflow.sklearn
    mlflow.store.tracking.sqlalchemy_store mlflow.tracing.provider opentelemetry.sdk.trace pandas PIL.Image pretty_midi
    pyarrow pydantic rich_click rich.progress scipy.signal skops.io sklearn.ensemble sklearn.svm tensorflow tqdm zarr
"""

for name in PACKAGES.split():
    import_module(name)

# Which package a module belongs to: MLflow reads the metadata of all of them when a process logs its first model.
requirements_utils._init_modules_to_packages_map()
