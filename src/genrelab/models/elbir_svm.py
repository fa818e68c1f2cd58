"""Support vector machine on statistics of short-time Fourier transforms.

Source: Elbir, İlhan, Serbes & Aydın 2018, Short Time Fourier Transform Based Music Genre Classification, who compare
windows, sizes and overlaps of the transform, and three kernels. Input (bins, frames), a spectrogram in dB on a linear
frequency scale. Each frame is described by zero crossings, spectral centroid, bandwidth, rolloff and contrast, and
MFCC; their means and standard deviations over the clip are standardised and classified.

The feature sets the transform: the paper's best is `features.stft.window=parzen`, `features.stft.n_fft=512`,
`features.stft.hop=256`. Its accuracies were not found.
"""

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper
from genrelab.models._descriptors import described
from genrelab.models._svc import PairwiseSVC

FEATURES = ("stft",)
PAPER = Paper(
    cite="Elbir et al. 2018, Short Time Fourier Transform Based Music Genre Classification",
    reported="not found",
    data="GTZAN",
    left_open="the strength of the penalty, the degree of the polynomial, the number of MFCC.",
    differs="Zero crossings are estimated from the spectrum; standard deviations are used in addition to means.",
)
SPACES = {"kernels": ("kernel", "C")}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    svc = PairwiseSVC(
        C=hp.Float("C", 0.1, 1000.0, sampling="log", default=10.0),
        kernel=hp.Choice("kernel", ["linear", "poly", "rbf"], default="rbf"),
        degree=hp.Int("degree", 2, 5, default=3),
    )
    return Pipeline(
        [
            ("describe", described(hp, input_shape)),
            ("standardise", StandardScaler()),
            ("svm", svc),
        ]
    )
