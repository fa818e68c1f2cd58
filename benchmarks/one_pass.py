"""Time nine features in one pass over the clips, against the sum of their bare extraction times and one decoding.

    python benchmarks/one_pass.py [--source FOLDER] [--clips 100]

Runs in one process. Cycles through the sound files below FOLDER; without FOLDER, it makes clips of 30 s. The bare
extractions and the pass alternate shard by shard, so that a busy machine slows both. The pass decodes, resamples,
computes and writes the arrays. `apart` is the time for one pass per feature: the same with nine decodings.
"""

import argparse
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from rows import Row

from genrelab import plugins
from genrelab.data import audio, feature_store

RATE = 22050
KINDS = [kind for kind in plugins.names("features") if kind != "embeddings"]  # nearly all of its time is the net's


def make(folder: Path, count: int) -> None:
    for number in range(count):
        rng = np.random.default_rng(number)
        time_axis = np.arange(30 * RATE) / RATE
        tones = sum(np.sin(2 * np.pi * hertz * time_axis) for hertz in rng.uniform(60, 5000, 6))
        beat = np.abs(np.sin(np.pi * rng.uniform(1, 3) * time_axis)) ** 8
        soundfile.write(folder / f"{number}.flac", 0.05 * beat * tones + rng.normal(0, 0.01, len(time_axis)), RATE)


def timed(spent: Counter[str], name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = work()
    spent[name] += time.perf_counter() - start
    return result


def bare(path: Path, params: dict[str, Any], spent: Counter[str]) -> None:
    """Decode once, resample to each rate, and extract each feature."""
    rates = {one.sample_rate for one in params.values()}
    sound = timed(spent, "decoding", lambda: audio.load_at(path, rates))
    for kind, one in params.items():
        extract = plugins.load("features", kind).extract
        timed(spent, kind, lambda extract=extract, one=one: extract(sound[one.sample_rate], one))


def one_pass(sounds: list[feature_store.Sound], params: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        each = [
            feature_store.Unfinished(kind, one, Path(folder, f"{kind}.zarr"), Path(folder, kind))
            for kind, one in params.items()
        ]
        feature_store.fill(sounds, each, workers=1)
        for one in each:
            feature_store.write(one.target, sounds, one.kind, one.params, partial=one.partial, workers=1)


def rows(clips: int, source: Path | None = None) -> Iterator[Row]:
    """Measure."""
    params = {kind: plugins.load("features", kind).Params() for kind in KINDS}
    spent: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        if not source:
            make(Path(folder), min(clips, 20))
        found = (source or Path(folder)).rglob("*")
        files = sorted(path for path in found if path.suffix.lower() in audio.SUFFIXES)
        paths = list(itertools.islice(itertools.cycle(files), clips))
        bare(paths[0], params, Counter())  # builds filters, and triggers what is compiled at first use
        for start in range(0, len(paths), feature_store.SHARD):
            shard = paths[start : start + feature_store.SHARD]
            for path in shard:
                bare(path, params, spent)
            sounds = [feature_store.Sound(f"{start + i}", path, "") for i, path in enumerate(shard)]
            timed(spent, "one pass", lambda sounds=sounds: one_pass(sounds, params))
    passed = spent.pop("one pass")
    once = spent.total()
    apart = once + (len(params) - 1) * spent["decoding"]
    each = ", ".join(f"{name} {1000 * seconds / clips:.0f}" for name, seconds in spent.most_common())
    figure = f"{1000 * passed / clips:.0f} ms a clip, decoded for each {1000 * apart / clips:.0f}; bare: {each}"
    yield Row(f"{len(KINDS)} features in one pass", once / passed, "their bare times and one decoding", figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--clips", type=int, default=100)
    options = parser.parse_args()
    for row in rows(options.clips, options.source):
        print(row)


if __name__ == "__main__":
    main()
