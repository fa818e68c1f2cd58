"""Nearest neighbours on thirty numbers of timbre, rhythm and pitch, after Tzanetakis & Cook 2002.

Input as in tzanetakis_gaussian; the hyperparameter `features` selects timbre, rhythm or pitch alone. A clip's
probabilities are the shares of the classes among its neighbours.

Source: Musical Genre Classification of Audio Signals, IEEE Transactions on Speech and Audio Processing 10(5). Reported
on GTZAN, ten genres, for the best of the classifiers: 61%.
"""

from collections.abc import Mapping

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper
from genrelab.models._columns import Columns
from genrelab.models._tzanetakis import FEATURE, chosen

FEATURES = (FEATURE,)
SPACES = {"features": ("features",)}
PAPER = Paper(
    cite="Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals",
    reported="61%",
    data="GTZAN, ten genres, random divisions by clip; the best of its classifiers",
    left_open="",
    differs="Octave bands are Butterworth filters; the paper uses wavelets.",
)


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    neighbours = KNeighborsClassifier(hp.Int("k", 1, 9, default=3))
    columns = Columns(chosen(hp, input_shape))
    return Pipeline([("columns", columns), ("standardise", StandardScaler()), ("neighbours", neighbours)])
