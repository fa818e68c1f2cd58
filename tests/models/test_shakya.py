"""Shakya et al.: 20 and 40 ms are two descriptions of a sound, of which only the paper's descriptors are used."""

import numpy as np
import pytest

from genrelab.classifiers import factory
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.config import Training
from genrelab.features import timbre
from genrelab.layers.keras_backend import keras_tuner
from genrelab.models import shakya_mlp, shakya_svm

TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)
SHAPE = timbre.shape(timbre.Params())
PAPERS = {"centroid", "rolloff", "zero_crossings", *(f"mfcc{i}" for i in range(1, 14))}
OTHERS = [row for row, name in enumerate(timbre.DESCRIPTORS) if name not in PAPERS]
CLASSES = 3


def clips(n: int = 45) -> Examples:
    """Three classes, which differ in the paper's descriptors."""
    rng, y = np.random.default_rng(0), np.arange(n) % CLASSES
    x = rng.normal(0, 1, (n, *SHAPE)).astype(np.float32)
    for name in ("mfcc2", "rolloff"):
        x[:, timbre.DESCRIPTORS.index(name)] += 3 * y[:, np.newaxis]
    return Examples(x, y)


@pytest.fixture(scope="module", params=[shakya_svm, shakya_mlp], ids=lambda module: module.__name__)
def fitted(request, tmp_path_factory):
    net = factory.build(request.param, keras_tuner.HyperParameters(), SHAPE, CLASSES, seed=0)
    net.fit(clips(), clips(), FitSettings(TRAINING, seed=0, state=tmp_path_factory.mktemp("fit")))
    return net


def test_it_learns(fitted):
    assert (fitted.predict_proba(clips().x).argmax(axis=1) == clips().y).all()


def test_other_descriptors_change_nothing_and_each_of_the_papers_does(fitted):
    assert len(OTHERS) == len(timbre.DESCRIPTORS) - 16 > 0
    x = clips().x[:10]
    p = fitted.predict_proba(x)
    changed = x.copy()
    changed[:, OTHERS] += 5
    np.testing.assert_array_equal(fitted.predict_proba(changed), p)
    for name in PAPERS:
        changed = x.copy()
        changed[:, timbre.DESCRIPTORS.index(name)] += 1
        assert not np.allclose(fitted.predict_proba(changed), p), name


def test_twenty_and_forty_milliseconds_are_two_descriptions():
    y = np.random.default_rng(0).normal(0, 0.1, 2 * 22050).astype(np.float32)
    used = sorted(set(range(len(timbre.DESCRIPTORS))) - set(OTHERS))
    short, long = (timbre.extract(y, timbre.Params(frame_ms=ms))[used] for ms in (20, 40))
    assert np.isfinite(short).all()
    assert (np.abs(short - long).max(axis=1) > 1e-3 * np.abs(short).max(axis=1)).all()
