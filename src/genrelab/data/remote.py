"""Read features and audio that are not on this machine from the DVC remote that `dvc push` filled.

A remote stores every file under its MD5, and for every folder a list of its files and their MD5s. dvc.lock names the
MD5s of a corpus, so a read returns exactly that version or fails. For features, only the requested shards are
transferred. Audio is decoded from files, so the requested files are copied one by one.
"""

import contextlib
import functools
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.reference import ReferenceFileSystem
from zarr.storage import FsspecStore

from genrelab import corpus
from genrelab.config import Config
from genrelab.corpus import Clip
from genrelab.data import dvc, feature_store
from genrelab.errors import ConfigError, DataError, suggest, why
from genrelab.state.home import home, state_folder


class RemoteArray(FsspecStore):
    """A Zarr store for an array in a remote; `name` is how messages refer to it."""

    name = ""

    def __str__(self) -> str:
        return self.name


def features(config: Config, kind: str) -> Path | RemoteArray:
    """Return where to read a feature of the corpus `config.dataset`: in its folder, or else in `config.remote`.

    Raises DataError if the remote does not have the feature in the version that dvc.lock names.
    """
    path = feature_store.path(config.dataset, kind)
    if path.exists() or not config.remote:
        return path
    remote = _remote(home().absolute(), config.remote)
    out = f"{corpus.DATA}/{config.dataset}/features/{kind}.zarr"
    files = remote.files(out, dvc.digest(config, out))
    references = {name: [address] for name, address in files.items()}
    # Zarr reads from a thread of its own, and needs a file system that uses that thread's event loop.
    array = RemoteArray(
        ReferenceFileSystem(references, fs=remote.asynchronous, asynchronous=True, skip_instance_cache=True),
        read_only=True,
        path="",
    )
    array.name = f"features/{kind}.zarr of '{config.dataset}' in the remote '{config.remote}'"
    return array


def sounds(config: Config, clips: Sequence[Clip]) -> list[Path]:
    """Return the audio files of clips of the corpus `config.dataset`: local files, or copies from the remote.

    Copies lie in .genrelab/sounds, each under its own name in a folder named after the SHA-256 of its bytes, and are
    made once. Raises DataError if the remote lacks a clip that is not here.
    """
    folder = corpus.folder(config.dataset)
    paths = [folder / clip.path for clip in clips]
    if not config.remote:
        return paths
    paths = [
        path if path.exists() else copies() / clip.sha256 / path.name for clip, path in zip(clips, paths, strict=True)
    ]
    absent = {path: clip for clip, path in zip(clips, paths, strict=True) if not path.exists()}
    if absent:
        remote = _remote(home().absolute(), config.remote)
        out = f"{corpus.DATA}/{config.dataset}/clips"
        files = remote.files(out, dvc.digest(config, out))
        wanted = {path: files.get(clip.path.removeprefix("clips/"), "") for path, clip in absent.items()}
        for path, address in wanted.items():
            if not address:
                raise DataError(f"the remote '{config.remote}' has no {absent[path].path} of '{config.dataset}'")
        remote.fetch(wanted, copies())
    return paths


def copies() -> Path:
    """Return the folder of the copies that `sounds` makes; they may be deleted."""
    return state_folder() / "sounds"


class _Remote:
    """A DVC remote; `asynchronous` is its file system in the form that Zarr expects."""

    def __init__(self, name: str, fs: Any, root: str) -> None:
        self._name, self._fs, self._root = name, fs, root

    @functools.cached_property
    def asynchronous(self) -> Any:
        if self._fs.protocol == "local":  # as DVC opens them, local files cannot be read from their ends
            return fsspec.filesystem("file")
        fs = self._fs.fs
        return type(fs)(*fs.storage_args, **{**fs.storage_options, "asynchronous": True}) if fs.async_impl else fs

    def files(self, out: str, digest: str) -> dict[str, str]:
        """Return the address of each file in the folder with this DVC hash, by path inside the folder."""
        with self._reading(out):
            try:
                listed = json.loads(self._fs.fs.cat_file(self._address(digest)))
            except FileNotFoundError:
                raise DataError(
                    f"the remote '{self._name}' lacks this version of {out} ({digest}); push it where it was built: "
                    f"dvc push -r {self._name}"
                ) from None
        return {one["relpath"]: self._address(one["md5"]) for one in listed}

    def fetch(self, wanted: dict[Path, str], folder: Path) -> None:
        """Copy files from their addresses to paths below `folder`, each atomically."""
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".partial") as partial, self._reading("sounds"):
            copies = [Path(partial) / str(number) for number in range(len(wanted))]
            self._fs.fs.get([*wanted.values()], [str(copy) for copy in copies])
            for copy, path in zip(copies, wanted, strict=True):
                path.parent.mkdir(exist_ok=True)
                copy.replace(path)

    def _address(self, digest: str) -> str:
        return str(self._fs.join(self._root, "files", "md5", digest[:2], digest[2:]))

    @contextlib.contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        """Turn the various errors of file systems into one-line DataErrors."""
        try:
            yield
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"{what} cannot be read from the remote '{self._name}': {why(error)}") from error


@functools.cache
def _remote(root: Path, name: str) -> _Remote:
    """Return a remote, by name, of the project in the folder `root`."""
    from dvc import config
    from dvc.fs import get_cloud_fs
    from dvc_objects.fs.errors import RemoteMissingDepsError

    settings = config.Config(str(root / ".dvc"))
    try:
        kind, options, path = get_cloud_fs(settings, name=name)
    except config.RemoteNotFoundError:
        known = suggest(name, settings["remote"])
        raise ConfigError(f"remote must name a DVC remote; there is no '{name}'{known}") from None
    if options.get("version_aware") or options.get("worktree"):
        raise ConfigError(f"the remote '{name}' is cloud-versioned (version_aware); features cannot be read from it")
    try:
        return _Remote(name, kind(**options), path)
    except RemoteMissingDepsError:
        raise DataError(f"the remote '{name}' needs more packages: pip install \"dvc[{kind.protocol}]\"") from None
