"""params.yaml as frozen, validated models; dotted overrides; the hash of the resolved configuration."""

from genrelab.config.config import ALIASES, MODEL_DEFAULTS, Config
from genrelab.config.dotted import flatten
from genrelab.config.loading import DEFAULTS, load, load_or_default, parse_scalar
from genrelab.config.sections import (
    OBJECTIVES,
    Audit,
    Checks,
    Leakage,
    Metrics,
    MultiLabel,
    Promotion,
    Scalar,
    Section,
    Share,
    Slices,
    Training,
    Tuning,
)
from genrelab.config.validation import validate

__all__ = [
    "ALIASES",
    "DEFAULTS",
    "MODEL_DEFAULTS",
    "OBJECTIVES",
    "Audit",
    "Checks",
    "Config",
    "Leakage",
    "Metrics",
    "MultiLabel",
    "Promotion",
    "Scalar",
    "Section",
    "Share",
    "Slices",
    "Training",
    "Tuning",
    "flatten",
    "load",
    "load_or_default",
    "parse_scalar",
    "validate",
]
