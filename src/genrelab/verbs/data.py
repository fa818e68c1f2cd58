"""Look at a corpus before training anything on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from genrelab.console import say
from genrelab.verbs import config_or_default

if TYPE_CHECKING:
    from pathlib import Path

    from genrelab.config import Config
    from genrelab.quality.audit import AuditReport


class Exploration(NamedTuple):
    """The result of `explore`: its run, and the page with all plots."""

    run_id: str
    page: Path


def build(config: Config | None = None) -> list[Path]:
    """Build a corpus and one or more of its features with DVC, skipping everything that is up to date.

    Parameters:
        config: the corpus (`dataset`) and the features (`feature`, such as stft or timbre+rhythm+pitch), including
            those that `dvc repro` builds only on request; params.yaml if not given.

    Returns:
        The arrays of the features.

    Raises:
        ConfigError: params.yaml does not name the feature.
        DataError: the corpus cannot be built, or the parameters in `config` differ from those in params.yaml.

    Example:
        >>> [array] = gl.build(gl.load_config(overrides={"feature": "timbre"}))
        >>> array.name
        'timbre.zarr'
    """
    config = config_or_default(config)
    from genrelab.data import dvc, feature_store

    kinds = config.feature.split("+")
    dvc.reproduce(config, *dvc.feature_stages(config, kinds), kinds=kinds)
    dvc.require(config, kinds)
    return [feature_store.path(config.dataset, kind) for kind in kinds]


def explore(config: Config | None = None) -> Exploration:
    """Log an overview of a corpus: typical clips, class balance, lengths, loudness, spectra, tempo.

    Parameters:
        config: the corpus (`dataset`); params.yaml if not given.

    Returns:
        The run and the page.

    Raises:
        DataError: the corpus cannot be built.

    Example:
        >>> look = gl.explore(gl.load_config())                                 # doctest: +ELLIPSIS
        <BLANKLINE>
        written: ...
        >>> look.page.name
        'explore-mel.html'
    """
    config = config_or_default(config)
    from genrelab import corpus
    from genrelab.data import dvc
    from genrelab.quality import explore
    from genrelab.tracking import runs

    version = dvc.ensure_built(config, f"explore@{config.dataset}-{explore.FEATURE}")
    with runs.run(f"explore {config.dataset}", "explore", config, {"dataset": config.dataset}) as run_id:
        runs.log_data(config, "", version)
        runs.log_file(corpus.folder(config.dataset) / "clips.csv")
        explore.log(config, explore.folder(config))
    page = explore.page_of(explore.folder(config))
    say(f"\nwritten: {page}")
    return Exploration(run_id, page)


def audit(config: Config | None = None, *, strict: bool | Sequence[str] = False) -> AuditReport:
    """Find faults in a corpus, clip by clip.

    Parameters:
        config: the corpus (`dataset`) and the thresholds for findings (`audit`).
        strict: true to fail on any finding, or the findings to fail on, such as near_duplicate,label_suspect.

    Returns:
        The run, the table of findings (one row per finding), and the page.

    Raises:
        ConfigError: `strict` names a finding that does not exist.
        DataError: the corpus cannot be built, or it has findings that `strict` fails on.

    Example:
        >>> report = gl.audit(gl.load_config())                                 # doctest: +ELLIPSIS
        tiny: ...
        >>> {"clip", "finding"} <= set(report.table.columns)
        True
    """
    from genrelab.quality import audit

    return audit.audit(config_or_default(config), [strict] if isinstance(strict, str) else strict)
