"""The probe protocol: how much about the genre can a small head read from frozen vectors?

After MARBLE (Yuan et al. 2023) and EVAR (Niizumi et al. 2022), which compare pretrained encoders by what a head of
fixed, small size learns on their vectors while the encoders stay frozen. The grid: logistic regression with four
penalties, nearest neighbours by angle (1, 3, 5 and 9), and one hidden layer of 128 units with two penalties. Each head
is fitted on train, the best on validation is kept (by accuracy, then log loss), and only that one is scored on test,
once. `head` selects one of them instead, with `C`, `k`, `units` and `alpha`, which is what `tune` searches.

Input: a row of numbers, which is `embeddings`, these joined with the classical descriptors, or the descriptors alone.
Columns are standardised on train. With `balance`, the parts of the row (each layer of an encoder, each descriptor) are
weighted so that a long one counts no more than a short one. `inputs` selects one part to probe alone, such as
MSD_musicnn, MSD_musicnn.max, embeddings or ssd.
"""

import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Candidates, Paper
from genrelab.models._columns import Columns, EvenBlocks, blocks_of

DESCRIPTORS = "timbre+rhythm+pitch+ssd"
FEATURES = ("embeddings", f"embeddings+{DESCRIPTORS}", DESCRIPTORS, "timbre", "rhythm", "pitch", "ssd")
SPACES = {"heads": ("head", "C", "k", "units", "alpha"), "inputs": ("inputs", "balance")}
PAPER = Paper(
    cite="own, after Yuan et al. 2023, MARBLE, and Niizumi et al. 2022, EVAR",
    reported="-",
    data="-",
    left_open="",
    differs="a grid of ten small heads for every encoder, chosen on validation.",
)
C, K, ALPHA = (0.001, 0.01, 0.1, 1.0), (1, 3, 5, 9), (0.01, 1.0)  # the grid
UNITS = 128  # of the hidden layer
ALL = "all"


def build(hp, input_shape: dict[str, tuple[int, ...]] | tuple[int, ...], n_classes: int) -> Candidates | Pipeline:
    """Return the grid's pipelines, or one of them; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (clips, numbers).
    """
    known = parts(input_shape)
    head = hp.Choice("head", ["grid", "linear", "knn", "mlp"], default="grid")
    inputs = hp.Choice("inputs", [*known], default=ALL)
    balance = hp.Boolean("balance", default=True)
    c = hp.Float("C", 0.0001, 10.0, sampling="log", default=0.01)
    k = hp.Int("k", 1, 25, default=5)
    units = hp.Int("units", 16, 512, sampling="log", default=UNITS)
    alpha = hp.Float("alpha", 0.0001, 10.0, sampling="log", default=1.0)
    taken = known[inputs]

    def pipeline(last: BaseEstimator) -> Pipeline:
        steps = [("columns", Columns([i for columns in taken for i in columns]))]
        steps.append(("standardise", StandardScaler()))
        if balance:
            steps.append(("balance", EvenBlocks([len(columns) for columns in taken])))
        # Fewer clips than columns span only as many directions as clips; the heads see these and lose nothing.
        return Pipeline([*steps, ("directions", PCA(svd_solver="full")), ("head", last)])

    if head == "linear":
        return pipeline(_linear(c))
    if head == "knn":
        return pipeline(_neighbours(k))
    if head == "mlp":
        return pipeline(_hidden_layer(units, alpha))
    return Candidates(
        {f"linear C={c:g}": pipeline(_linear(c)) for c in C}
        | {f"knn k={k}": pipeline(_neighbours(k)) for k in K}
        | {f"mlp alpha={alpha:g}": pipeline(_hidden_layer(UNITS, alpha)) for alpha in ALPHA}
    )


def parts(input_shape: dict[str, tuple[int, ...]] | tuple[int, ...]) -> dict[str, list[list[int]]]:
    """Return what can be probed, by name, each as its blocks of columns.

    That is: everything, each of several joined features, each encoder, and each of its layers.
    """
    blocks = blocks_of(input_shape)
    found: dict[str, list[list[int]]] = {ALL: [columns for own in blocks.values() for columns in own.values()]}
    for kind, own in blocks.items():
        if len(blocks) > 1:
            found[kind] = [*own.values()]
        for part, columns in own.items():
            encoder = part.partition(".")[0]
            if encoder not in (kind, part):
                found.setdefault(encoder, []).append(columns)
            if part != kind:
                found[part] = [columns]
    return found


def _linear(c: float) -> LogisticRegression:
    return LogisticRegression(C=c, max_iter=2000)


class Neighbours(KNeighborsClassifier):
    """Nearest neighbours by angle, weighted by their closeness; all clips, if there are fewer than neighbours."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Neighbours":
        """Store the clips."""
        self.set_params(n_neighbors=min(self.get_params()["n_neighbors"], len(X)))
        return super().fit(X, y)


def _neighbours(k: int) -> Neighbours:
    return Neighbours(k, metric="cosine", weights="distance")


class HiddenLayer(MLPClassifier):
    """A net with one hidden layer, trained until its loss stops falling or for a maximum number of epochs."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "HiddenLayer":
        """Train, without a warning if the epochs run out."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return super().fit(X, y)


def _hidden_layer(units: int, alpha: float) -> HiddenLayer:
    return HiddenLayer((units,), alpha=alpha, max_iter=200)
