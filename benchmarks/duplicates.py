"""Measure how many copies of clips the search for near duplicates finds, and how many other clips it takes for copies.

    python benchmarks/duplicates.py [--dataset synthetic] [--clips 0] [--seconds 0] [--corpus 0]

Plants copies of the clips of a built corpus. The sizes and the rule in landmarks.py and duplicates.py were chosen on
the clips at even positions of gtzan_mini and synthetic, so this script plants those at odd positions: all of them, or a
sample of --clips. With --seconds, it first cuts each clip to that many seconds from its middle. It also prints the
pairs that the search finds among the original clips. --corpus 100000 times a search among that many synthetic clips
with 300 landmarks each, whose hashes are distributed like those of the corpus.
"""

import argparse
import time

import numpy as np
from memory import peak_megabytes
from tabulate import tabulate

from genrelab import corpus
from genrelab.data import audio
from genrelab.quality import duplicate_recall, fingerprint, near_duplicates
from genrelab.quality.near_duplicates import Prints

RATE = 22_050  # Hz
LANDMARKS = 300  # of a synthetic clip


def middle(samples: np.ndarray, seconds: float) -> np.ndarray:
    wanted = round(seconds * RATE) if seconds else len(samples)
    start = max(0, len(samples) - wanted) // 2
    return samples[start : start + wanted]


def made_up(clips: int, like: Prints, rng: np.random.Generator) -> Prints:
    hashes = rng.choice(like.hashes, clips * LANDMARKS)
    for shift, bits in ((15, 9), (6, 9), (0, 6)):  # shift: larger corpora have more distinct hashes
        part = (hashes >> shift & (2**bits - 1)).astype(np.int8 if bits < 8 else np.int16)
        moved = np.clip(part + rng.integers(-2, 3, len(part), dtype=np.int8), 0, 2**bits - 1).astype(np.uint32)
        hashes = hashes & ~np.uint32((2**bits - 1) << shift) | moved << np.uint32(shift)
    times = np.sort(rng.integers(0, 1700, (clips, LANDMARKS), dtype=np.int32), axis=1).ravel()
    return Prints(hashes, times, np.arange(clips + 1, dtype=np.int64) * LANDMARKS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--corpus", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    clips, root = corpus.read(options.dataset).clips, corpus.folder(options.dataset)
    planted = np.arange(1, len(clips), 2)
    if options.clips:
        planted = np.sort(rng.permutation(planted)[: options.clips])
    sounds, prints, seconds = {}, [], 0.0
    for place, clip in enumerate(clips):
        samples = middle(audio.load(root / clip.path, RATE), options.seconds)
        if place in planted:
            sounds[place] = samples
        start = time.process_time()
        prints.append(fingerprint.extract(audio.resample(samples, RATE, fingerprint.RATE)))
        seconds += time.process_time() - start
    every = Prints.of(prints)
    each = len(every.hashes) / len(clips), 1000 * seconds / len(clips)
    print(f"{len(clips)} clips, {each[0]:.0f} landmarks and {each[1]:.1f} ms each")
    start = time.perf_counter()
    pairs = near_duplicates.near_duplicates(every)
    print(
        f"searched in {1000 * (time.perf_counter() - start) / len(clips):.2f} ms a clip; {len(pairs)} pairs among them"
    )
    for pair in pairs:
        about = f"at {pair.offset_seconds:.2f} s, {pair.matches} landmarks, {pair.share:.0%}"
        print(f"  {clips[pair.one].id} and {clips[pair.other].id} {about}")
    rows = [
        [*row, f"{row.found / row.planted:.3f}", f"{row.found / max(1, row.found + row.false):.3f}"]
        for row in duplicate_recall.recall(list(sounds.values()), RATE, list(sounds), every)
    ]
    print(tabulate(rows, ["kind", "planted", "found", "false", "recall", "precision"], disable_numparse=True))
    if options.corpus:
        many = made_up(options.corpus, every, rng)
        start = time.perf_counter()
        pairs = near_duplicates.near_duplicates(many)
        taken = time.perf_counter() - start
        peak = peak_megabytes()
        print(f"{options.corpus} clips searched in {taken:.0f} s, {len(pairs)} pairs, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
