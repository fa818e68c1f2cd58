"""The source of a corpus: a local folder, an archive, or the URL of an archive, behind one interface."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from genrelab.data.archives import extract
from genrelab.data.checksums import digests
from genrelab.data.ingest import composed_folder
from genrelab.errors import ConfigError, DataError, masked
from genrelab.state.home import named_path


@dataclass(frozen=True)
class Source:
    """The source of a corpus as the user named it.

    `where` is a folder or an archive, relative to the project's folder or with ~, or an http(s) URL of an archive;
    `md5` is the digest that the file behind a URL must have; empty: any. A URL may name environment variables as
    $NAME but must not contain a password: DVC copies the values of params.yaml into dvc.lock, which is shared.
    """

    where: str
    md5: str = ""

    def __post_init__(self) -> None:
        """Raise ConfigError for a URL with a password."""
        password = urlsplit(self.where).password if self.url else None
        if password and not password.startswith("$"):
            raise ConfigError(
                f"the source {self.where} holds a password, which DVC would copy into dvc.lock; put it into ~/.netrc, "
                "or into an environment variable, and write its name in place of the password: $NAME"
            )

    @property
    def url(self) -> bool:
        """Whether the source must be downloaded."""
        return is_url(self.where)

    def fingerprint(self, wanted: Callable[[str], bool], cache: Path) -> dict[str, str]:
        """Return what the source is made of, name -> digest; for a URL, the URL and its MD5, without a download.

        The user, password and query of a URL are masked, as it is written into the versioned data of the corpus.

        `wanted` decides by its path inside the source whether a file counts. `cache` holds digests, see checksums.py.
        """
        if self.url:
            return {"url": masked(self.where), "md5": self.md5}
        path = local(self.where)
        if path.is_dir():
            found: dict[str, Path] = {}
            for file in files(path):
                name = relative(file, path)
                if wanted(name):  # two files may share a name, such as a composed and a decomposed one
                    found[f"{name}~{_key(os.fspath(file.relative_to(path)))}" if name in found else name] = file
            return digests(found, cache)
        return digests({path.name: path}, cache)

    def folder(self, wanted: Callable[[str], bool], workspace: Path) -> Path:
        """Return a folder with the wanted files; download and unpack what is missing below `workspace`."""
        if self.url:
            archive = workspace / "downloads" / f"{_key(self.where, self.md5)}-{_file_name(self.where)}"
            from genrelab.data.download import download

            download(_with_variables(self.where), archive, self.md5)
        else:
            archive = local(self.where)
            if archive.is_dir():
                return archive
        stat = archive.stat()
        # A new archive under an old name must not reuse the old archive's files.
        unpacked = composed_folder(workspace) / _key(str(archive), str(stat.st_size), str(stat.st_mtime_ns))
        extract(archive, unpacked, wanted)
        return unpacked


def is_url(where: str) -> bool:
    """Whether `where` is an http(s) URL."""
    return where.lower().startswith(("http://", "https://"))


def _with_variables(url: str) -> str:
    """Substitute the environment variables that a URL names as $NAME; ConfigError if one is not set."""

    def value(name: re.Match[str]) -> str:
        if name[1] not in os.environ:
            raise ConfigError(f"the source {url} names the environment variable {name[1]}, which is not set")
        return quote(os.environ[name[1]], safe="")

    return re.sub(r"\$([A-Za-z_]\w*)", value, url)


def local(where: str) -> Path:
    """Return the absolute path for one that a user wrote; raises DataError if it does not exist."""
    path = named_path(where).absolute()
    if not path.exists():
        raise DataError(f"the source {where} does not exist (looked for {path}); set it under corpora in params.yaml")
    return path


def files(folder: Path) -> Iterator[Path]:
    """Yield every file at any depth, sorted; skip hidden files and folders (also macOS's ._*).

    Links are followed, as music collections often consist of them, but never back into a folder that contains them.
    """
    return _files(folder, frozenset())


def _files(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"the folder {folder} cannot be listed: {error.strerror or error}") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry, above | {real})
        else:
            yield entry


def relative(path: Path, folder: Path) -> str:
    """Return a file's path inside `folder`, with slashes, as clean Unicode in the composed form (NFC).

    macOS decomposes umlauts and other systems do not, but the same folder must give the same names everywhere. Bytes
    that are not UTF-8 become U+FFFD, as do control characters: a line break would corrupt every table.
    """
    text = os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "replace")
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" else c for c in unicodedata.normalize("NFC", text))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _file_name(url: str) -> str:
    return Path(unquote(urlsplit(url).path)).name or "archive"
