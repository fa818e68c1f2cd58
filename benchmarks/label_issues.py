"""Measure how many planted wrong labels the audit finds, and how many right ones it doubts.

    python benchmarks/label_issues.py clips.npz [--artists artists.csv] [--plantings 10] [--wrong 32]

Takes mel-spectrograms of clips whose names begin with their genre: an .npz of `mel`, uint8 (clips, bands, frames),
0...255 over 120 dB, and `clip`, such as blues.00000. --artists names a table with the columns clip and artist; without
it, every clip is its own artist. Each planting gives --wrong random clips another random class; with --by-artist, it
gives all clips of some artists the same wrong class. --ratio overrides audit.suspect of params.yaml.
"""

import argparse

import numpy as np
import pandas as pd
from tabulate import tabulate

from genrelab import config
from genrelab.quality import label_issues, mel_descriptors

SECONDS = 30.0  # of a clip
DECIBELS = 120.0  # between 0 and 255


def planted(y: np.ndarray, groups: np.ndarray, wrong: int, rng: np.random.Generator) -> np.ndarray:
    """Return the labels with about `wrong` of them changed; each group gets one class."""
    given, classes = y.copy(), y.max() + 1
    for group in rng.permutation(np.unique(groups)):
        clips = np.flatnonzero(groups == group)
        if len(clips) <= wrong - (given != y).sum():
            given[clips] = (y[clips] + rng.integers(1, classes)) % classes
    return given


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips")
    parser.add_argument("--artists", default="")
    parser.add_argument("--plantings", type=int, default=10)
    parser.add_argument("--wrong", type=int, default=32)
    parser.add_argument("--ratio", type=float, default=config.load("params.yaml").audit.suspect)
    parser.add_argument("--by-artist", action="store_true")
    options = parser.parse_args()
    with np.load(options.clips) as found:
        names, mel = found["clip"], found["mel"]
    genres, y = np.unique([name.split(".")[0] for name in names], return_inverse=True)
    artists = names
    if options.artists:
        table = pd.read_csv(options.artists).set_index("clip")["artist"].reindex(names).fillna("").to_numpy()
        artists = np.where(table == "", names, table)
    groups = np.unique(artists, return_inverse=True)[1]
    rate = mel.shape[2] / SECONDS
    x = np.stack([mel_descriptors.extract(clip * np.float32(DECIBELS / 255), rate) for clip in mel])
    print(f"{len(names)} clips, {len(genres)} genres, {groups.max() + 1} artists")
    rows = []
    for seed in range(options.plantings):
        rng = np.random.default_rng(seed)
        given = planted(y, groups if options.by_artist else np.arange(len(y)), options.wrong, rng)
        wrong = given != y
        doubted = label_issues.judge(x, given, groups, classes=len(genres), seed=seed)
        named = doubted.ratio >= options.ratio
        rows.append([wrong.sum(), named.sum(), (wrong & named).sum(), wrong[named].mean(), named[wrong].mean()])
    shown = [[seed, *row[:3], *(f"{share:.2f}" for share in row[3:])] for seed, row in enumerate(rows)]
    mean = np.mean(rows, axis=0)
    shown.append(["mean", *(f"{figure:.1f}" for figure in mean[:3]), *(f"{figure:.2f}" for figure in mean[3:])])
    print(tabulate(shown, ["planting", "wrong", "named", "found", "precision", "recall"], disable_numparse=True))


if __name__ == "__main__":
    main()
