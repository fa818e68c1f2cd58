"""Random forest on statistics of short-time Fourier transforms.

Source: Elbir, İlhan, Serbes & Aydın 2018, Short Time Fourier Transform Based Music Genre Classification; the
descriptors are those of `elbir_svm` (see its docstring). Input (bins, frames), a spectrogram in dB on a linear
frequency scale. A forest of decision trees, each grown on a bootstrap sample of the clips, votes on the statistics. Its
accuracies were not found.
"""

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper
from genrelab.models._descriptors import described

FEATURES = ("stft",)
PAPER = Paper(
    cite="Elbir et al. 2018, Short Time Fourier Transform Based Music Genre Classification",
    reported="not found",
    data="GTZAN",
    left_open="the number of trees and their depth, the number of MFCC.",
    differs="Zero crossings are estimated from the spectrum; standard deviations are used in addition to means.",
)


def build(hp, input_shape: tuple[int, int], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    forest = RandomForestClassifier(
        n_estimators=hp.Int("trees", 100, 1000, step=100, default=500),
        max_features=hp.Choice("max_features", ["sqrt", "log2"], default="sqrt"),
        min_samples_leaf=hp.Int("min_samples_leaf", 1, 10, default=1),
    )
    return Pipeline([("describe", described(hp, input_shape)), ("standardise", StandardScaler()), ("forest", forest)])
