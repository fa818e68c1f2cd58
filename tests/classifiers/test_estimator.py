"""genrelab.Classifier: a scikit-learn estimator of arrays."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

import genrelab as gl
from genrelab.errors import ConfigError, ModelError

# Clips of three genres that differ in which bands are loud: dB, (clips, bands, frames).
GENRES = np.array(["disco", "jazz", "metal"])


def clips(n: int, seed: int = 0, shape: tuple[int, ...] = (12, 20)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = GENRES[np.arange(n) % 3]
    x = rng.uniform(-80, -40, (n, *shape)).astype(np.float32)
    for i, genre in enumerate(GENRES):
        x[y == genre, i * 4 : i * 4 + 4] += 30
    return x, y


def test_it_learns_and_its_probabilities_stand_in_the_order_of_the_classes():
    clf = gl.Classifier("svm", hp={"kernel": "linear"}).fit(*clips(30), validation_data=clips(12, 1))
    x, y = clips(9, 2)
    probabilities = clf.predict_proba(x)
    assert clf.classes_.tolist() == ["disco", "jazz", "metal"]
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert clf.predict(x).tolist() == y.tolist() == clf.classes_[probabilities.argmax(axis=1)].tolist()
    assert clf.score(x, y) == 1


def test_parameters_are_kept_cloned_and_set():
    clf = gl.Classifier("crnn", seed=3, epochs=2, hp={"conv1.units": 64})
    assert clone(clf).get_params() == clf.get_params()
    assert clf.set_params(seed=4).seed == 4


@pytest.mark.slow
def test_a_net_is_fitted_silently_and_the_same_from_the_same_seed(capsys):
    x, y = clips(12, shape=(32, 40))
    fits = [gl.Classifier("cnn", epochs=1, seed=1).fit(x, y, validation_data=(x[:6], y[:6])) for _ in range(2)]
    np.testing.assert_array_equal(fits[0].predict_proba(x), fits[1].predict_proba(x))
    assert {*fits[0].history_[0]} == {"train_loss", "train_accuracy", "valid_loss", "valid_accuracy"}
    assert capsys.readouterr().out == ""
    again = pickle.loads(pickle.dumps(fits[0]))
    np.testing.assert_allclose(again.predict_proba(x), fits[0].predict_proba(x), atol=1e-6)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"model": "cmn"}, ConfigError, "no 'cmn' among the models; did you mean 'cnn'"),
        ({"model": "svm", "hp": {"c": 1}}, ConfigError, "unknown hyperparameter 'hp.c'"),
        ({"model": "svm", "epochs": 0}, ConfigError, "'epochs' is wrong"),
        ({"model": "svm", "restore_best": True}, ConfigError, "need validation_data"),
        ({"model": "sharma_stack"}, ConfigError, r"takes timbre\+rhythm\+ssd"),
        ({"model": "cnn"}, ModelError, "cannot take input of shape"),
    ],
)
def test_what_does_not_fit_is_one_line(params, error, message):
    with pytest.raises(error, match=message):
        gl.Classifier(**params).fit(*clips(6, shape=(4, 4)) if params["model"] == "cnn" else clips(6))


def test_clips_of_another_shape_or_with_unknown_labels_are_refused():
    x, y = clips(9)
    clf = gl.Classifier("svm").fit(x, y)
    with pytest.raises(ValueError, match=r"clips of shape \(12, 10\)"):
        clf.predict(x[:, :, :10])
    with pytest.raises(ValueError, match="labels that y does not have: polka"):
        gl.Classifier("svm").fit(x, y, validation_data=(x, np.where(y == "jazz", "polka", y)))


@pytest.mark.slow
def test_it_passes_the_checks_of_scikit_learn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Nothing is expected to fail: rows of numbers are spectrograms of one frame to the SVM.
        check_estimator(gl.Classifier("svm"), on_skip=None)
