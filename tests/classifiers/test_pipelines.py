"""scikit-learn pipelines, also on features that do not fit into memory: what they can, and what they cannot."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.classifiers.base import Examples, FitSettings
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.config import Training
from genrelab.data.streamed import Streamed
from genrelab.errors import ModelError
from genrelab.models.svm import BandStatistics

TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False, memory=0)


def part(*, streamed: bool) -> Examples:
    rng = np.random.default_rng(0)
    y = np.arange(70) % 3
    x = rng.uniform(-80, 0, (70, 6, 9)).astype(np.float32)
    x[:, 0] += 20 * y[:, None]
    return Examples(Streamed(x.shape, x.__getitem__) if streamed else x, y)


def fitted(*, streamed: bool) -> tuple[SklearnClassifier, list]:
    steps = [("statistics", BandStatistics()), ("standardise", StandardScaler()), ("head", LogisticRegression())]
    classifier, epochs = SklearnClassifier(Pipeline(steps), 3), []
    one = part(streamed=streamed)
    classifier.fit(one, one, FitSettings(TRAINING, 0, Path(), epochs.append))
    return classifier, epochs


def test_steps_that_learn_nothing_take_batches_and_the_rest_is_as_in_memory(capsys):
    (whole, (known,)), (streamed, (epoch,)) = fitted(streamed=False), fitted(streamed=True)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "statistics: turned 0 MB into 0 MB in batches; "
        "scikit-learn fits the other steps to all of that at once, in memory"
    ]
    assert epoch.metrics == pytest.approx(known.metrics)
    x = part(streamed=True).x
    np.testing.assert_allclose(streamed.uncalibrated(x), whole.uncalibrated(x[:]))
    np.testing.assert_allclose(streamed.embed(x), whole.embed(x[:]))


def test_a_pipeline_whose_first_step_learns_says_that_it_wants_all_at_once():
    steps = [("standardise", StandardScaler()), ("head", LogisticRegression())]
    one = part(streamed=True)
    with pytest.raises(ModelError, match=r"to all clips at once, .* 0 MB, more than training\.memory \(0.*\) allows"):
        SklearnClassifier(Pipeline(steps), 3).fit(one, one, FitSettings(TRAINING, 0, Path()))


def test_what_a_lone_estimator_is_given_are_the_features():
    x = np.eye(4, dtype=np.float32).reshape(4, 2, 2)
    one = SklearnClassifier(Pipeline([("regression", LogisticRegression())]), 2)
    np.testing.assert_array_equal(one.embed(x), x.reshape(4, 4))
