"""Clips per second of the feature stage, on 1 and 2 workers, as ratios to a plain librosa loop in the same run.

    python benchmarks/features.py [--clips 400] [--rounds 3]

The clips are those of the corpus that params.yaml names, repeated until there are enough. The plain loop decodes and
computes, and stores nothing; the stage decodes, computes and writes the array. Best of the rounds, taken in turn.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np

from genrelab import config, corpus
from genrelab.data import feature_store


def plain(paths: list[Path]) -> None:
    for path in paths:
        y, sr = librosa.load(path, sr=22050)
        power = librosa.feature.melspectrogram(y=y, sr=sr, n_fft=2048, hop_length=1024, n_mels=128)
        librosa.power_to_db(power, ref=np.max, top_db=80)


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    settings = config.load()
    params = settings.feature_params("mel")[1]
    root = corpus.folder(settings.dataset)
    clips = [root / clip.path for clip in corpus.read(settings.dataset).clips]
    paths = [clips[i % len(clips)] for i in range(options.clips)]
    sounds = [feature_store.Sound(f"clip{i:06d}", path, "") for i, path in enumerate(paths)]
    plain(paths[:3])  # compiles what librosa compiles at first use

    def stage(workers: int) -> Callable[[], None]:
        def work() -> None:
            with tempfile.TemporaryDirectory() as folder:
                here = Path(folder)
                feature_store.write(here / "mel.zarr", sounds, "mel", params, partial=here / "partial", workers=workers)

        return work

    works = {"plain librosa": lambda: plain(paths), "1 worker": stage(1), "2 workers": stage(2)}
    best = dict.fromkeys(works, float("inf"))
    for _ in range(options.rounds):
        for name, work in works.items():
            best[name] = min(best[name], timed(work))
    for name, seconds in best.items():
        print(f"{name:14} {options.clips / seconds:6.1f} clips/s   {best['plain librosa'] / seconds:5.2f} x plain")


if __name__ == "__main__":
    main()
