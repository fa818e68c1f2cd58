"""Features and sounds that are not here, read from the DVC remote into which `dvc push` has put them.

A remote keeps every file under its MD5, and for every folder a list of its files with theirs. dvc.lock names the MD5s
of a corpus: what is read is of that version, or it is not there. Of features nothing is copied but the shards that are
asked for; sounds are decoded from files, so that those asked for are copied one by one.
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
    """An array in a remote, for Zarr to read; `name` is what messages call it."""

    name = ""

    def __str__(self) -> str:
        return self.name


def features(config: Config, kind: str) -> Path | RemoteArray:
    """Return where a feature of the corpus `config.dataset` is read: in its folder, or else in `config.remote`.

    Raises DataError where the remote has no such feature of the version that dvc.lock names.
    """
    path = feature_store.path(config.dataset, kind)
    if path.exists() or not config.remote:
        return path
    remote = _remote(home().absolute(), config.remote)
    out = f"{corpus.DATA}/{config.dataset}/features/{kind}.zarr"
    files = remote.files(out, dvc.digest(config, out))
    references = {name: [address] for name, address in files.items()}
    # Zarr asks from a thread of its own, and of a file system that waits for no other loop than that.
    array = RemoteArray(
        ReferenceFileSystem(references, fs=remote.asynchronous, asynchronous=True, skip_instance_cache=True),
        read_only=True,
        path="",
    )
    array.name = f"features/{kind}.zarr of '{config.dataset}' in the remote '{config.remote}'"
    return array


def sounds(config: Config, clips: Sequence[Clip]) -> list[Path]:
    """Return the sound files of clips of the corpus `config.dataset`: those here, or copies of what the remote has.

    Copies lie in .genrelab/sounds, each under its own name in a folder named for the SHA-256 of its bytes, and are made
    once. Raises DataError for a clip that is in neither place.
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
    """Return the folder of the copies that `sounds` has made; they may be thrown away."""
    return state_folder() / "sounds"


class _Remote:
    """A remote of DVC: `asynchronous` is its file system, as Zarr takes it."""

    def __init__(self, name: str, fs: Any, root: str) -> None:
        self._name, self._fs, self._root = name, fs, root

    @functools.cached_property
    def asynchronous(self) -> Any:
        if self._fs.protocol == "local":  # whose files, as DVC opens them, are not read from their ends
            return fsspec.filesystem("file")
        fs = self._fs.fs
        return type(fs)(*fs.storage_args, **{**fs.storage_options, "asynchronous": True}) if fs.async_impl else fs

    def files(self, out: str, digest: str) -> dict[str, str]:
        """Return the address of each file of a folder with this hash of DVC's, by its path there."""
        with self._reading(out):
            try:
                listed = json.loads(self._fs.fs.cat_file(self._address(digest)))
            except FileNotFoundError:
                raise DataError(
                    f"the remote '{self._name}' does not have this version of {out} ({digest}); where it was built: "
                    f"dvc push -r {self._name}"
                ) from None
        return {one["relpath"]: self._address(one["md5"]) for one in listed}

    def fetch(self, wanted: dict[Path, str], folder: Path) -> None:
        """Copy files from their addresses to paths below `folder`; each is whole or not there."""
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
        """Turn what file systems raise, each its own errors, into a line."""
        try:
            yield
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"{what} cannot be read from the remote '{self._name}': {why(error)}") from error


@functools.cache
def _remote(root: Path, name: str) -> _Remote:
    """Return a remote of the project in the folder `root`, by its name."""
    from dvc import config
    from dvc.fs import get_cloud_fs
    from dvc_objects.fs.errors import RemoteMissingDepsError

    settings = config.Config(str(root / ".dvc"))
    try:
        kind, options, path = get_cloud_fs(settings, name=name)
    except config.RemoteNotFoundError:
        known = suggest(name, settings["remote"])
        raise ConfigError(f"remote must name a remote of DVC, and there is none '{name}'{known}") from None
    if options.get("version_aware") or options.get("worktree"):
        raise ConfigError(f"the remote '{name}' is cloud-versioned (version_aware), of which features cannot be read")
    try:
        return _Remote(name, kind(**options), path)
    except RemoteMissingDepsError:
        raise DataError(f"the remote '{name}' needs more packages: pip install \"dvc[{kind.protocol}]\"") from None
