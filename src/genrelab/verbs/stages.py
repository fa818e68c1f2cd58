"""The stages that dvc.yaml runs, from the source of a corpus to its features and plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genrelab.console import say
from genrelab.errors import DataError
from genrelab.state import files
from genrelab.verbs import processes, workers

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from genrelab.config import Config
    from genrelab.data.feature_store import Sound


def source(config: Config) -> Path:
    """DVC stage: record the source of a corpus, so that a change in it re-runs the dependent stages.

    Returns:
        The file that records the source.

    Raises:
        DataError: the source is not available, and was never recorded.
    """
    from genrelab.data import dvc

    target = dvc.source(config.dataset)
    try:
        made_of = dvc.made_of(config)
    except DataError as error:
        if not target.exists():
            raise
        # Who pulled the corpus from a DVC remote need not have what it was made of.
        say(f"{error}; '{config.dataset}' is left unchanged")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_json(target, made_of, indent=1, sort_keys=True)
    return target


def dataset(config: Config) -> pd.DataFrame:
    """DVC stage: check the sound files of a corpus and list them in clips.csv.

    Returns:
        The clip table, one row per file, with the reason if a file is left out.

    Raises:
        DataError: no file is usable.
    """
    from genrelab import corpus
    from genrelab.data import ingest

    module, params = config.corpus_params(config.dataset)
    target = corpus.folder(config.dataset)
    workspace = target / ".partial" / "dataset"
    workspace.mkdir(parents=True, exist_ok=True)
    found = module.candidates(params, workspace, processes(config))  # plug-ins know nothing of clusters
    table = ingest.ingest(found, target, workspace=workspace, checks=config.checks, workers=workers(config))
    say(ingest.summary(table))
    return table


def features(config: Config) -> Path:
    """DVC stage: compute a feature for each clip, and any missing part of those that GENRELAB_FEATURES names.

    Returns:
        The Zarr array of the feature.

    Raises:
        DataError: the corpus is not built.
    """
    from genrelab import corpus
    from genrelab.data import dvc, feature_store

    root, sounds = corpus.folder(config.dataset), _sounds(config)
    each = [
        feature_store.Unfinished(
            kind, config.feature_params(kind)[1], feature_store.path(config.dataset, kind), root / ".partial" / kind
        )
        for kind in dict.fromkeys([config.feature, *dvc.together(config)])
    ]
    if len(each) > 1:  # in one pass, which decodes each clip once; the others' stages find their part done
        feature_store.fill(sounds, each, workers=workers(config))
    kind, params, target, partial = each[0]
    feature_store.write(target, sounds, kind, params, partial=partial, workers=workers(config))
    return target


def survey(config: Config) -> Path:
    """DVC stage: measure the levels, tempo and spectrum of each clip.

    Returns:
        The folder of the measurements.

    Raises:
        DataError: the corpus is not built.
    """
    from genrelab import corpus
    from genrelab.quality import corpus_statistics

    target = corpus_statistics.path(config.dataset)
    corpus_statistics.write(
        target,
        _sounds(config),
        partial=corpus.folder(config.dataset) / ".partial" / "survey",
        workers=workers(config),
    )
    return target


def pictures(config: Config) -> Path:
    """DVC stage: draw the plots of a corpus.

    Returns:
        The page that holds them.

    Raises:
        DataError: the corpus is not built, or not surveyed.
    """
    from genrelab.quality import explore

    folder = explore.folder(config)
    explore.draw(config, folder)
    return explore.page_of(folder)


def _sounds(config: Config) -> list[Sound]:
    """Return the sound files of the usable clips."""
    from genrelab import corpus
    from genrelab.data.feature_store import Sound

    root = corpus.folder(config.dataset)
    return [Sound(clip.id, root / clip.path, clip.sha256) for clip in corpus.read(config.dataset).clips]
