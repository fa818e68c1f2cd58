"""All plots of the project: data in, `matplotlib.figure.Figure` out; the only user of matplotlib.

The functions are pure: they draw on a figure of their own, never on pyplot's global one, so they need no display and
are safe in threads and workers. A value of the wrong shape or range raises a ValueError that names it.
Sizes suit a width of about 700 pixels, at which MLflow shows pictures.
"""

from genrelab.plots.audits import Pair, findings, pairs
from genrelab.plots.canvas import png
from genrelab.plots.corpora import balance
from genrelab.plots.drift import drift
from genrelab.plots.explanations import RemovalCurves, explanation
from genrelab.plots.nets import LayerRow, architecture
from genrelab.plots.replication import replication
from genrelab.plots.robustness import robustness
from genrelab.plots.scores import accuracy_by_class, confusion, leaderboard
from genrelab.plots.searches import objective_by_hyperparameter, objective_by_trial
from genrelab.plots.sheet import Mel, Shown, sheet
from genrelab.plots.surveys import by_class, durations, spectra
from genrelab.plots.tags import average_precision
from genrelab.plots.timelines import timeline
from genrelab.plots.training import curves

__all__ = [
    "LayerRow",
    "Mel",
    "Pair",
    "RemovalCurves",
    "Shown",
    "accuracy_by_class",
    "architecture",
    "average_precision",
    "balance",
    "by_class",
    "confusion",
    "curves",
    "drift",
    "durations",
    "explanation",
    "findings",
    "leaderboard",
    "objective_by_hyperparameter",
    "objective_by_trial",
    "pairs",
    "png",
    "replication",
    "robustness",
    "sheet",
    "spectra",
    "timeline",
]
