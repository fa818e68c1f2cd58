"""Compare ways to store features, such as half precision and compression: disk, time, and the effect on figures.

    python benchmarks/storage.py data/synthetic/features/mel.zarr [...]

Writes and reads each array in six ways, shard by shard like the feature store. The last line is about an SVM that is
fitted on nine tenths of the clips, with arbitrary classes, and judges the rest: how many of its answers, and by how
much its decision values at most, change if features come from half precision.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tabulate import tabulate
from zarr.codecs import BloscCodec, ZstdCodec

from genrelab.data.feature_store import COMPRESSORS, SHARD

CLASSES = 10
WAYS: dict[str, tuple[str, Sequence[Any]]] = {
    "float32": ("float32", ()),
    "float32, lz4 of shuffled bytes (as it is)": ("float32", [COMPRESSORS]),
    "float32, lz4 of shuffled bits": ("float32", [BloscCodec(cname="lz4", shuffle="bitshuffle")]),
    "float32, zstd": ("float32", [ZstdCodec(level=1)]),
    "float16": ("float16", ()),
    "float16, zstd": ("float16", [ZstdCodec(level=1)]),
}


def stored(x: np.ndarray, kind: str, codecs: Sequence[Any]) -> tuple[list[str], np.ndarray]:
    """Write and read an array; return kB per clip, both times in s per 1,000 clips, largest error; the array read."""
    with tempfile.TemporaryDirectory() as folder:
        shards = (SHARD, *x.shape[1:])
        start = time.process_time()
        array = zarr.create_array(
            folder, shape=x.shape, dtype=kind, chunks=(1, *x.shape[1:]), shards=shards, compressors=list(codecs) or None
        )
        for first in range(0, len(x), SHARD):
            array[first : first + SHARD] = x[first : first + SHARD].astype(kind)
        written = time.process_time()
        read = np.concatenate([array[first : first + SHARD] for first in range(0, len(x), SHARD)]).astype(np.float32)
        end = time.process_time()
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    times = [f"{1000 * seconds / len(x):.2f}" for seconds in (written - start, end - written)]
    return [f"{size / len(x) / 1000:,.1f}", *times, f"{np.nanmax(np.abs(read - x)):.1e}"], read


def answers(x: np.ndarray) -> np.ndarray:
    """Return an SVM's decision values for every tenth clip, fitted on the others."""
    flat = np.nan_to_num(x.reshape(len(x), -1))
    y = np.arange(len(x)) * CLASSES // len(x)
    held_out = np.arange(len(x)) % 10 == 0
    machine = make_pipeline(StandardScaler(), SVC(decision_function_shape="ovr"))
    return machine.fit(flat[~held_out], y[~held_out]).decision_function(flat[held_out])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("arrays", nargs="+", type=Path)
    head = ["", "kB a clip", "write, s per\n1,000 clips", "read", "largest\ndifference"]
    for path in parser.parse_args().arrays:
        x = zarr.open_array(path, mode="r")[:]
        found = {name: stored(x, *way) for name, way in WAYS.items()}
        print(f"{path.stem}: {len(x)} clips of {' x '.join(map(str, x.shape[1:]))}\n")
        print(tabulate([[name, *cells] for name, (cells, _) in found.items()], head, disable_numparse=True))
        single, half = answers(x), answers(found["float16"][1])
        changed = int((single.argmax(axis=1) != half.argmax(axis=1)).sum())
        most = np.abs(single - half).max()
        print(f"\nSVM: {changed} of {len(single)} answers differ, decision values by {most:.1e}\n")


if __name__ == "__main__":
    main()
