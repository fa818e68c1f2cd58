"""Shared by Li & Tzanetakis's two models: the paper, and the choice of feature groups."""

from collections.abc import Mapping

from genrelab.models import Paper
from genrelab.models._columns import Columns
from genrelab.models._tzanetakis import FEATURE, columns

FEATURES = (FEATURE,)
SPACES = {"features": ("use.*",)}
PAPER = Paper(
    cite="Li & Tzanetakis 2003, Factors in Automatic Musical Genre Classification of Audio Signals",
    reported="about 71%, with LDA",
    data="GTZAN, ten genres, random divisions by clip",
    left_open="the SVM's kernel and penalty.",
    differs="Octave bands are Butterworth filters; the features' paper uses wavelets.",
)


def picked(hp, input_shape: Mapping[str, tuple[int, ...]]) -> Columns:
    """Return the step that selects the groups enabled by `use.*`; raise ValueError if none is enabled."""
    by = columns(input_shape)
    used = [group for group in by if hp.Boolean(f"use.{group}", default=True)]
    if not used:
        raise ValueError(f"at least one of {', '.join(f'use.{group}' for group in by)} must be true")
    return Columns([column for group in used for column in by[group]])
