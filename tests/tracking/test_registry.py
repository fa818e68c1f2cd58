"""What is behind the address of a model: loaded by this code, whatever code it carries."""

import json

import numpy as np
import pytest
import yaml
from model_inputs import part

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import ABOUT, FitSettings
from genrelab.config import Training
from genrelab.errors import ModelError
from genrelab.features import mel
from genrelab.tracking import registry

pytestmark = pytest.mark.usefixtures("workplace")
PARAMS = mel.Params(n_mels=16, frames=20)


@pytest.fixture
def version(tmp_path):
    """The folder of a version as older code registered it, whose own code must not be run."""
    folder = tmp_path / "version"
    saved, carried = folder / "artifacts/tmpabc", folder / "code/genrelab"
    saved.mkdir(parents=True)
    carried.mkdir(parents=True)
    module = plugins.load("models", "svm")
    hp = hyperparameters.choose(module, {}, (16, 20), 3)
    net = factory.build(module, hp, (16, 20), 3, seed=0)
    training = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)
    net.fit(part((16, 20)), part((16, 20), 6, 1), FitSettings(training, 0, tmp_path / "fit"))
    net.save(saved)
    about = {"classes": ["a", "b", "c"], "feature": "mel", "feature_params": PARAMS.model_dump()}
    (saved / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    for file in (carried / "__init__.py", folder / "serving.py"):
        file.write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n", encoding="utf-8")
    flavor = {
        "artifacts": {"classifier": {"path": "artifacts/tmpabc"}},
        "code": "code",
        "model_code_path": "serving.py",
    }
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": flavor}}), encoding="utf-8")
    return folder, net


def test_a_version_is_loaded_and_none_of_its_code_is_run(version, tmp_path):
    folder, net = version
    model = registry.load_model(str(folder))
    x = part((16, 20), 6, 2).x
    np.testing.assert_array_equal(model.classifier.predict_proba(x), net.predict_proba(x))
    assert (model.about["classes"], model.feature.shape) == (["a", "b", "c"], (16, 20))
    assert not (tmp_path / "run").exists()


def test_what_genrelab_has_not_made_is_one_line(version):
    folder, _ = version
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": {}}}), encoding="utf-8")
    with pytest.raises(ModelError, match="was not made by genrelab"):
        registry.load_model(str(folder))
    with pytest.raises(ModelError, match=r"model 'models:/nobody/1' cannot be loaded"):
        registry.load_model("models:/nobody/1")
