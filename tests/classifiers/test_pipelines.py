import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from genrelab.classifiers.pipelines import SklearnClassifier


def test_what_a_lone_estimator_is_given_are_the_features():
    x = np.eye(4, dtype=np.float32).reshape(4, 2, 2)
    one = SklearnClassifier(Pipeline([("regression", LogisticRegression())]), 2)
    np.testing.assert_array_equal(one.embed(x), x.reshape(4, 4))
