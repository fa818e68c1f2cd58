"""Linear discriminant analysis on FFT, MFCC, beat and pitch numbers, in any combination: Li & Tzanetakis 2003.

Input: the joined features timbre, rhythm and pitch. The model uses the thirty numbers of Tzanetakis & Cook: nine of the
spectrum (fft), ten of the MFCC, six of the beat histogram, five of the pitch histograms. The hyperparameters `use.fft`,
`use.mfcc`, `use.beat` and `use.pitch` select the groups. If `shrinkage` is true, Ledoit and Wolf's rule shrinks the
covariance towards a diagonal.

Source: Factors in Automatic Musical Genre Classification of Audio Signals, WASPAA 2003. Reported on GTZAN: about 71%.
"""

from collections.abc import Mapping

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models._li import FEATURES, PAPER, SPACES, picked

__all__ = ["FEATURES", "PAPER", "SPACES", "build"]


def build(hp, input_shape: Mapping[str, tuple[int, ...]], n_classes: int) -> Pipeline:
    """Return the pipeline; `hp` (keras_tuner.HyperParameters) registers every hyperparameter."""
    shrinkage = "auto" if hp.Boolean("shrinkage", default=True) else 0.0
    lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)
    return Pipeline([("columns", picked(hp, input_shape)), ("standardise", StandardScaler()), ("lda", lda)])
