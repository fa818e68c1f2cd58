"""Compare mel-spectrograms of 30 s WAV files with a plain librosa loop: clips per second, and ratios in the same run.

    python benchmarks/features.py [--clips 1000] [--rounds 3]

The plain loop decodes and computes, and stores nothing. The stage decodes, computes and writes the array; its time
includes the start-up of its workers. `in memory` computes from decoded samples. The variants alternate, and each ratio
is the median over the rounds of the ratios within a round, so that a busy machine slows both sides.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import librosa
import numpy as np
import soundfile
from rows import Row

from genrelab.data import feature_store
from genrelab.features import mel

RATE, SECONDS, FILES = 22050, 30, 24
PLAIN = "a plain librosa loop"


def make(folder: Path) -> list[Path]:
    """Write WAV files of beats, tones and noise."""
    time_axis = np.arange(SECONDS * RATE) / RATE
    paths = []
    for number in range(FILES):
        rng = np.random.default_rng(number)
        beat = np.abs(np.sin(np.pi * rng.uniform(1, 3) * time_axis)) ** 8
        tones = sum(np.sin(2 * np.pi * hertz * time_axis) for hertz in rng.uniform(60, 5000, 6))
        paths.append(folder / f"{number}.wav")
        soundfile.write(paths[-1], 0.05 * beat * tones + rng.normal(0, 0.01, len(time_axis)), RATE)
    return paths


def plain_mel(y: np.ndarray) -> None:
    power = librosa.feature.melspectrogram(y=y, sr=RATE, n_fft=2048, hop_length=1024, n_mels=128)
    librosa.power_to_db(power, ref=np.max, top_db=80)


def plain(paths: list[Path]) -> None:
    for path in paths:
        plain_mel(librosa.load(path, sr=RATE)[0])


def stage(paths: list[Path], workers: int) -> None:
    sounds = [feature_store.Sound(f"clip{i:06d}", path, "") for i, path in enumerate(paths)]
    with tempfile.TemporaryDirectory() as folder:
        target, partial = Path(folder, "mel.zarr"), Path(folder, "partial")
        feature_store.write(target, sounds, "mel", mel.Params(), partial=partial, workers=workers)


def in_memory(sounds: list[np.ndarray], clips: int, work: Callable[[np.ndarray], object]) -> None:
    for y in itertools.islice(itertools.cycle(sounds), clips):
        work(y)


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows(clips: int, rounds: int) -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        files = make(Path(folder))
        paths = list(itertools.islice(itertools.cycle(files), clips))
        sounds = [librosa.load(path, sr=RATE)[0] for path in files]
        plain(paths[:3])  # triggers what librosa compiles at first use
        params = mel.Params()
        groups: dict[str, dict[str, Callable[[], None]]] = {
            "in memory": {
                PLAIN: lambda: in_memory(sounds, clips, plain_mel),
                "extraction": lambda: in_memory(sounds, clips, lambda y: mel.extract(y, params)),
            },
            "decoding too": {
                PLAIN: lambda: plain(paths),
                "1 worker": lambda: stage(paths, 1),
                "2 workers": lambda: stage(paths, 2),
            },
        }
        for title, works in groups.items():
            found = [{name: timed(work) for name, work in works.items()} for _ in range(rounds)]
            for name in [name for name in works if name != PLAIN]:
                seconds = statistics.median(one[name] for one in found)
                ratio = statistics.median(one[PLAIN] / one[name] for one in found)
                yield Row(f"mel, {title}: {name}", ratio, PLAIN, f"{clips / seconds:.0f} clips/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for row in rows(options.clips, options.rounds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
