"""A mixture of Gaussians per class on thirty numbers of timbre, rhythm and pitch, after Tzanetakis & Cook 2002.

Input as in tzanetakis_gaussian; the hyperparameter `features` selects timbre, rhythm or pitch alone. The mixtures have
diagonal covariances and are fitted by expectation maximisation, starting from k-means.

Source: Musical Genre Classification of Audio Signals, IEEE Transactions on Speech and Audio Processing 10(5). Reported
on GTZAN, ten genres: 61%.
"""

from collections.abc import Mapping

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper
from genrelab.models._columns import Columns
from genrelab.models._densities import DensityClassifier
from genrelab.models._tzanetakis import FEATURE, chosen

FEATURES = (FEATURE,)
SPACES = {"features": ("features",), "mixture": ("components", "regularisation")}
PAPER = Paper(
    cite="Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals",
    reported="61%",
    data="GTZAN, ten genres, random divisions by clip",
    left_open="how variances are kept from vanishing.",
    differs="Octave bands are Butterworth filters; the paper uses wavelets. Variances are regularised; a class with "
    "few clips has fewer components.",
)


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    densities = DensityClassifier(
        components=hp.Int("components", 1, 5, default=3),
        covariance="diag",
        regularisation=hp.Float("regularisation", 1e-3, 1.0, sampling="log", default=0.1),
    )
    columns = Columns(chosen(hp, input_shape))
    return Pipeline([("columns", columns), ("standardise", StandardScaler()), ("mixtures", densities)])
