"""The digest of the code that a result rests on: what changes it, and what does not."""

import shutil
from pathlib import Path

import pytest

from genrelab.classifiers import ensemble_spec, factory, keras_fit
from genrelab.state import code

SOURCE = Path("src").absolute()
# But for those that use what the others make: what loads registered models, scikit-learn's estimator, and the training
# clips that a version keeps to tell foreign sounds by, of which no figure of the training is made.
USERS = ("saved_model.py", "estimator.py", "reference.py")
CLASSIFIERS = [path for path in sorted((SOURCE / "genrelab/classifiers").glob("[a-z]*.py")) if path.name not in USERS]
TRAINING = (factory.__name__, keras_fit.__name__)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("source")
    shutil.copytree(SOURCE / "genrelab", root / "genrelab", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def changes(root: Path, changed: str, *modules: str) -> bool:
    """Return whether a line more in the file `changed` changes the digest of the modules."""
    before, path = code.digest(*modules, root=root), root / "genrelab" / changed
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(f"{text}\nANOTHER_LINE = 1\n", encoding="utf-8")
        return code.digest(*modules, root=root) != before
    finally:
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("model", "changed"),
    [
        ("cnn", "models/cnn.py"),
        ("cnn", "models/_front.py"),
        ("cnn", "layers/augmentation.py"),
        ("elbir_svm", "models/_descriptors.py"),
        ("sharma_stack", "models/_rvm.py"),
        ("yu_brnn", "layers/attention.py"),
        ("svm", "metrics/calibration.py"),
        ("deepak_lstm_svm", "models/deepak_lstm.py"),
        ("liang_transfer", "pretrained/musicnn.py"),
        ("cnn", "features/_base.py"),
        *[("cnn", f"classifiers/{path.name}") for path in CLASSIFIERS],
    ],
)
def test_a_training_starts_anew_where_code_has_changed_that_it_runs(copy, model, changed):
    assert changes(copy, changed, f"genrelab.models.{model}", *TRAINING)


@pytest.mark.parametrize(
    "changed",
    [
        "html/page.py",
        "plots/training.py",
        "models/crnn.py",
        "models/_rvm.py",
        "quality/audit.py",
        "tracking/runs.py",
        "composing/drums.py",
        "errors.py",
        "__init__.py",
        "cli.py",
    ],
)
def test_a_training_goes_on_where_other_code_has_changed(copy, changed):
    assert not changes(copy, changed, "genrelab.models.cnn", *TRAINING)


@pytest.mark.parametrize(
    ("module", "changed", "counts"),
    [
        ("features.mel", "features/_width.py", True),
        ("features.mel", "features/mfcc.py", False),
        ("features.musicnn", "layers/patches.py", True),
        ("features.musicnn", "pretrained/weights.py", True),
        ("data.audio", "data/containers.py", True),
        ("data.audio", "data/archives.py", False),
        ("data.ingest", "state/journal.py", True),
        ("quality.corpus_statistics", "quality/fingerprint.py", True),
        ("quality.corpus_statistics", "quality/audit.py", False),
    ],
)
def test_data_are_kept_while_their_own_code_stays(copy, module, changed, counts):
    assert changes(copy, changed, f"genrelab.{module}") == counts


@pytest.mark.parametrize(
    "line",
    [
        "import lab.helper",
        "from lab import helper",
        "from lab.helper import value",
        "from .. import helper",
        "from ..helper import value as v",
        "def build():\n    from lab import helper",
    ],
)
def test_imports_of_every_kind_are_followed_in_packages_from_outside(tmp_path, line):
    (tmp_path / "lab/models").mkdir(parents=True)
    for name, text in {"__init__": "", "helper": "import numpy\nvalue = 1", "models/__init__": ""}.items():
        (tmp_path / f"lab/{name}.py").write_text(text)
    (tmp_path / "lab/models/tiny.py").write_text(line)
    (tmp_path / "genrelab").mkdir()
    found = code.sources("lab.models.tiny", root=tmp_path)
    assert set(found) == {"lab", "lab.models", "lab.models.tiny", "lab.helper"}


def test_a_plug_in_rests_on_the_code_of_genrelab_that_it_imports(tmp_path):
    shutil.copytree(SOURCE / "genrelab/models", tmp_path / "genrelab/models")
    (tmp_path / "plugin.py").write_text("from genrelab.models._front import front")
    assert "genrelab.models._front" in code.sources("plugin", root=tmp_path)


def test_a_module_that_is_missing_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"genrelab\.models\.nothing"):
        code.digest("genrelab.models.nothing")


def test_an_ensemble_rests_on_the_code_of_each_member():
    from genrelab import config

    settings = config.load()
    one, other = (
        ensemble_spec.code_digest(ensemble_spec.load(name, settings)) for name in ("shakya_svm+shakya_mlp", "cnn")
    )
    assert one == code.digest("genrelab.models.shakya_svm", "genrelab.models.shakya_mlp") != other
