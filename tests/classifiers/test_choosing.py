"""The best of several pipelines: by validation alone, and saved as the one that it is."""

import json

import numpy as np
import pytest
from model_inputs import part
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from genrelab.classifiers import factory
from genrelab.classifiers.base import Examples, FitSettings
from genrelab.classifiers.choosing import CHOICE, ChosenClassifier
from genrelab.config import Training
from genrelab.errors import ConfigError

TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)
TRAIN, VALID, TEST = (part((6,), n, seed) for n, seed in ((12, 0), (9, 1), (9, 2)))


def always(label: int) -> Pipeline:
    return Pipeline([("head", DummyClassifier(strategy="constant", constant=label))])


def fitted(pipelines, state, valid=VALID):
    one, epochs = ChosenClassifier(pipelines, 3), []
    one.fit(TRAIN, valid, FitSettings(TRAINING, 0, state, epochs.append))
    assert len(epochs) == 1
    return one


def test_the_best_on_validation_is_kept(tmp_path, capsys):
    pipelines = {f"always {label}": always(label) for label in range(3)}
    for label in range(3):
        of_one_class = Examples(VALID.x, np.full(9, label))
        found = fitted(pipelines, tmp_path, of_one_class)
        assert found.choice["kept"] == f"always {label}"
        assert (found.predict_proba(TEST.x).argmax(axis=1) == label).all()
    assert "always 2, chosen from 3 on 9 validation clips (100.0% right)" in capsys.readouterr().out


def test_of_equally_many_right_the_log_loss_decides_and_then_the_order(tmp_path):
    prior = Pipeline([("head", DummyClassifier(strategy="prior"))])  # says class 0, but not for certain
    assert fitted({"sure": always(0), "prior": prior}, tmp_path).choice["kept"] == "prior"
    assert fitted({"b": always(0), "a": always(0)}, tmp_path).choice["kept"] == "b"


def test_a_saved_one_is_the_pipeline_that_was_kept_and_says_why(tmp_path):
    one = fitted({"always 0": always(0), "linear": Pipeline([("head", LogisticRegression())])}, tmp_path / "state")
    (tmp_path / "saved").mkdir()
    one.save(tmp_path / "saved")
    choice = json.loads((tmp_path / "saved" / CHOICE).read_text())
    assert choice["kept"] == "linear"
    assert choice["valid"]["always 0"]["accuracy"] == pytest.approx(1 / 3)
    again = factory.load(tmp_path / "saved")
    np.testing.assert_allclose(again.predict_proba(TEST.x), one.predict_proba(TEST.x))


def test_an_estimator_without_validation_data_does_not_choose_on_what_it_was_fitted_on():
    import genrelab as gl

    with pytest.raises(ConfigError, match="model 'probe' chooses among pipelines on validation_data; pass it to fit"):
        gl.Classifier("probe").fit(*TRAIN[:2])
    assert gl.Classifier("probe").fit(*TRAIN[:2], validation_data=VALID[:2]).score(*TEST[:2]) > 0.5
    assert gl.Classifier("probe", hp={"head": "linear"}).fit(*TRAIN[:2]).score(*TEST[:2]) > 0.5
