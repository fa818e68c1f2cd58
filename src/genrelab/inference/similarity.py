"""Find the clips of a corpus that a model finds most similar to a song, by cosine in its penultimate layer.

The model tells classes apart by the output of that layer, so clips that are close there sound alike in the respects
that the model has learnt. A long song is represented by the mean of its windows.

scikit-learn finds the neighbours by brute force: exact, and fast up to some hundred thousand clips.
"""

import contextlib
import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors
from tqdm import tqdm

from genrelab import corpus
from genrelab.classifiers.saved_model import SavedModel
from genrelab.config import Config
from genrelab.console import format_table, say
from genrelab.corpus import Clip
from genrelab.data import dvc, feature_store, remote
from genrelab.data.audio import AudioError
from genrelab.data.feature_store import Place
from genrelab.errors import DataError
from genrelab.evaluation import evaluate
from genrelab.features._base import join
from genrelab.inference import audio_files, predictions
from genrelab.inference.audio_files import Audio
from genrelab.inference.frontend import AudioFrontend, Windows, extract_or_error
from genrelab.state import files, npz
from genrelab.state.home import state_folder
from genrelab.tracking import registry, runs
from genrelab.training import experiment_data

BATCH = 128  # clips of the corpus embedded at a time


class Index(NamedTuple):
    """A model's embeddings of the clips of a corpus, (clips, size), and fingerprints of their sounds."""

    ids: list[str]
    embeddings: np.ndarray
    prints: list[str]


@dataclass(frozen=True)
class Neighbourhood:
    """The clips of a corpus as a model embeds them, searchable for those nearest to a song."""

    model: SavedModel
    index: Index
    neighbours: NearestNeighbors
    clips: dict[str, Clip]
    config: Config

    def sounds(self, ids: Sequence[str]) -> list[Path]:
        """Return the audio files of clips; raise DataError if one is neither here nor in `config.remote`."""
        return remote.sounds(self.config, [self.clips[clip] for clip in ids])

    def nearest(self, windows: Windows, song: str) -> pd.DataFrame:
        """Return one row per neighbour of a song, nearest first.

        Columns: song, rank, clip, label, artist, similarity (cosine, -1...1), note, path.
        """
        embedding = self.model.classifier.embed(windows.features).mean(axis=0, keepdims=True)
        same = {*experiment_data.fingerprints(windows.features)} if len(windows.features) == 1 else set()
        distances, places = self.neighbours.kneighbors(embedding)
        rows = []
        for distance, place in zip(distances[0], places[0], strict=True):
            clip = self.clips[self.index.ids[place]]
            note = "the same sound" if self.index.prints[place] in same else ""
            rows.append([song, clip.id, clip.label, clip.artist, 1 - distance, note, clip.path])
        table = pd.DataFrame(rows, columns=["song", "clip", "label", "artist", "similarity", "note", "path"])
        # The same sound comes first; otherwise equal distances keep the order of the corpus.
        table = table.sort_values(["note", "similarity"], ascending=False, kind="stable", ignore_index=True)
        table.insert(1, "rank", range(1, len(table) + 1))
        return table


def neighbourhood(config: Config, model: SavedModel, name: str, *, n: int) -> Neighbourhood:
    """Return the clips of the corpus `name`, for queries of the `n` nearest; their index is built once and cached.

    Raises DataError if the corpus is not built, and ModelError if its feature differs from the model's.
    """
    config = config.derive({"dataset": name, "feature": model.about["feature"]})
    evaluate.same_feature(config, model.about)
    kinds = model.feature.kinds
    dvc.build_missing(config, kinds)
    version = dvc.require(config, kinds)
    own = corpus.read(name).without(experiment_data.without_features(config, kinds))
    clips = {clip.id: clip for clip in own.clips}
    index = _index(model, list(clips), [remote.features(config, kind) for kind in kinds], version.features)
    neighbours = NearestNeighbors(n_neighbors=min(n, len(clips)), metric="cosine", algorithm="brute")
    return Neighbourhood(model, index, neighbours.fit(index.embeddings), clips, config)


def similar(config: Config, model_uri: str, audio: Audio, name: str, *, n: int, output: str) -> pd.DataFrame:
    """Print the `n` nearest clips of the corpus `name` for each sound, and write them to `output` if given.

    If some files are unusable, the table's `attrs["left_out"]` says how many; raises DataError if all are.
    """
    target = predictions.target(output)
    paths = audio_files.sounds(audio)
    model = registry.load_model(model_uri)
    runs.name_project_run(f"similar in {name}")
    around = neighbourhood(config, model, name, n=n)
    frontend = AudioFrontend.of(model.about)
    tables, faults, shown = [], [], []
    for path in paths:
        windows = extract_or_error(frontend, path)
        if isinstance(windows, AudioError):
            faults.append(path)
            shown.append(f"\n{predictions.name(path)} cannot be used: {windows}")
        else:
            found = around.nearest(windows, predictions.name(path))
            tables.append(found)
            rows = found.drop(columns="song").assign(similarity=found.similarity.map("{:.3f}".format))
            cells = rows.astype(str).itertuples(index=False, name=None)
            shown.append(f"\n{predictions.name(path)}\n{format_table([*rows.columns], cells, words=(1, 2, 3, 5, 6))}")
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if target and tables:
        predictions.write_table(table, target)
        shown.append(f"\nwritten: {target}")
    say("\n".join(shown))
    if not tables:
        raise DataError(f"none of {len(paths)} files could be used; the reasons stand above")
    if faults:
        table.attrs["left_out"] = f"{len(faults)} of {len(paths)} files could not be used; see the reasons above"
    return table


def _index(model: SavedModel, ids: list[str], features: list[Place], version: str) -> Index:
    """Return the index of a model and a version of a corpus; it is built once and cached."""
    path = state_folder() / "similar" / f"{_key(model, version)}.npz"
    with contextlib.suppress(DataError, KeyError):
        kept = npz.read(path)
        found = Index(list(kept["ids"]), kept["embeddings"], list(kept["prints"]))
        say(f"index of {len(found.ids)} clips: {path}")
        return found
    embeddings, prints = [], []
    bar = tqdm(total=len(ids), desc="index", unit="clip", leave=False, disable=not sys.stderr.isatty())
    with bar:
        for start in range(0, len(ids), BATCH):
            x = join([feature_store.read(place, ids[start : start + BATCH]) for place in features])
            embeddings.append(model.classifier.embed(x))
            prints += experiment_data.fingerprints(x)
            bar.update(len(x))
    index = Index(ids, np.concatenate(embeddings), prints)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(path) as partial:
            np.savez(partial, ids=np.array(ids), embeddings=index.embeddings, prints=np.array(prints))
        say(f"index of {len(ids)} clips built: {path}")
    except OSError as error:  # a read-only checkout works too
        say(f"index of {len(ids)} clips built but not saved ({error.strerror})")
    return index


def _key(model: SavedModel, version: str) -> str:
    """Return the cache key of an index: a hash of the feature version and of the model's embedding of noise."""
    noise = np.random.default_rng(0).uniform(-80, 0, (1, *model.feature.shape)).astype(np.float32)
    vectors = np.round(model.classifier.embed(noise).astype(np.float64), 3)
    return hashlib.sha256(version.encode() + vectors.tobytes()).hexdigest()[:16]
