"""Deepak & Prasad 2020: the LSTM as a feature extractor, and a support vector machine on its output for a clip.

Input as in deepak_lstm: MFCC (rows, frames, 1). The net is first trained with its softmax. Then the SVM classifies the
last output of the second LSTM, which summarises the sounding frames. The paper reports that this is better than the
LSTM alone; its figures were not found.
"""

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Staged, deepak_lstm
from genrelab.models._svc import PairwiseSVC

FEATURES = deepak_lstm.FEATURES
TRAINING_DEFAULTS = deepak_lstm.TRAINING_DEFAULTS
PAPER = deepak_lstm.PAPER._replace(
    left_open="the LSTM's sizes, which of its layers feeds the SVM, and the SVM's kernel.",
)
SPACES = {**deepak_lstm.SPACES, "svm": ("svm.*",)}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> Staged:
    """Return the net and the SVM; `hp` (keras_tuner.HyperParameters) registers every hyperparameter of both."""
    net = deepak_lstm.build(hp, input_shape, n_classes)
    svc = PairwiseSVC(
        C=hp.Float("svm.c", 0.1, 100.0, sampling="log", default=1.0),
        kernel=hp.Choice("svm.kernel", ["rbf", "linear"], default="rbf"),
    )
    head = Pipeline(
        [
            ("standardise", StandardScaler()),
            ("svm", svc),
        ]
    )
    return Staged(net, "lstm2", head)
