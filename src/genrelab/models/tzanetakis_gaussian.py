"""A Gaussian per class on thirty numbers of timbre, rhythm and pitch: Tzanetakis & Cook 2002's simplest classifier.

Input: the joined features timbre, rhythm and pitch. The model uses the paper's numbers: means and variances of
centroid, rolloff, flux, zero crossings and five MFCC, and low energy (19); six of the beat histogram; five of the pitch
histograms. The hyperparameter `features` selects timbre, rhythm or pitch alone. All columns are standardised.

Source: Musical Genre Classification of Audio Signals, IEEE Transactions on Speech and Audio Processing 10(5). Reported
on GTZAN, ten genres, for the best of the classifiers: 61%; rhythm or pitch alone reach far less.
"""

from collections.abc import Mapping

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper
from genrelab.models._columns import Columns
from genrelab.models._densities import DensityClassifier
from genrelab.models._tzanetakis import FEATURE, chosen

FEATURES = (FEATURE,)
SPACES = {"features": ("features",)}
PAPER = Paper(
    cite="Tzanetakis & Cook 2002, Musical Genre Classification of Audio Signals",
    reported="61%",
    data="GTZAN, ten genres, random divisions by clip; the best of its classifiers",
    left_open="how covariances are kept from being singular.",
    differs="Octave bands are Butterworth filters; the paper uses wavelets. Covariances are regularised.",
)


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    densities = DensityClassifier(
        components=1,
        covariance=hp.Choice("covariance", ["full", "diag"], default="full"),
        regularisation=hp.Float("regularisation", 1e-3, 1.0, sampling="log", default=0.1),
    )
    columns = Columns(chosen(hp, input_shape))
    return Pipeline([("columns", columns), ("standardise", StandardScaler()), ("gaussian", densities)])
