"""genrelab: a laboratory for music genre classification.

    >>> import genrelab as gl
    >>> gl.names("splits")[:3]
    ['artist', 'artist_kfold', 'fault_filtered']

`load_config` reads params.yaml. `train`, `tune`, `evaluate`, `compare`, `promote`, `predict`, `similar`, `drift`,
`export`, `build`, `explore`, `audit`, `zoo`, `replicate`, `leakage` and `robustness` are the commands of the CLI; each
takes values, returns a result and raises a GenreLabError with a one-line message. `Classifier` is a scikit-learn
estimator for arrays. State lies in the current folder, or in the one named by the environment variable GENRELAB_HOME.

Imports are lazy, so `import genrelab` takes no time.
"""

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genrelab.classifiers.estimator import Classifier as Classifier
    from genrelab.config import Config as Config
    from genrelab.config import load as load_config
    from genrelab.errors import GenreLabError as GenreLabError
    from genrelab.plugins import names as names
    from genrelab.verbs.data import audit as audit
    from genrelab.verbs.data import build as build
    from genrelab.verbs.data import explore as explore
    from genrelab.verbs.evaluation import compare as compare
    from genrelab.verbs.evaluation import evaluate as evaluate
    from genrelab.verbs.evaluation import promote as promote
    from genrelab.verbs.experiments import leakage as leakage
    from genrelab.verbs.experiments import replicate as replicate
    from genrelab.verbs.experiments import robustness as robustness
    from genrelab.verbs.experiments import zoo as zoo
    from genrelab.verbs.inference import drift as drift
    from genrelab.verbs.inference import export as export
    from genrelab.verbs.inference import predict as predict
    from genrelab.verbs.inference import similar as similar
    from genrelab.verbs.training import train as train
    from genrelab.verbs.training import tune as tune

__version__ = "0.1.0"
# This makes TensorFlow keep its memory from one step to the next. Otherwise the OS clears the returned pages again in
# each step, which may cost more than the arithmetic. Set here, as TensorFlow reads it once, when any module imports it.
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

__all__ = [
    "Classifier",
    "Config",
    "GenreLabError",
    "audit",
    "build",
    "compare",
    "drift",
    "evaluate",
    "explore",
    "export",
    "leakage",
    "load_config",
    "names",
    "predict",
    "promote",
    "replicate",
    "robustness",
    "similar",
    "train",
    "tune",
    "zoo",
]

# Name -> where it is defined, as module:name.
_PLACES = {
    "Classifier": "genrelab.classifiers.estimator:Classifier",
    "Config": "genrelab.config:Config",
    "GenreLabError": "genrelab.errors:GenreLabError",
    "audit": "genrelab.verbs.data:audit",
    "build": "genrelab.verbs.data:build",
    "compare": "genrelab.verbs.evaluation:compare",
    "drift": "genrelab.verbs.inference:drift",
    "evaluate": "genrelab.verbs.evaluation:evaluate",
    "explore": "genrelab.verbs.data:explore",
    "export": "genrelab.verbs.inference:export",
    "leakage": "genrelab.verbs.experiments:leakage",
    "load_config": "genrelab.config:load",
    "names": "genrelab.plugins:names",
    "predict": "genrelab.verbs.inference:predict",
    "promote": "genrelab.verbs.evaluation:promote",
    "replicate": "genrelab.verbs.experiments:replicate",
    "robustness": "genrelab.verbs.experiments:robustness",
    "similar": "genrelab.verbs.inference:similar",
    "train": "genrelab.verbs.training:train",
    "tune": "genrelab.verbs.training:tune",
    "zoo": "genrelab.verbs.experiments:zoo",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'genrelab' has no attribute '{name}'")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
