"""Find the audio files that a user names: a file, a folder, a pattern, or several of these separated by commas."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from genrelab.data.audio import SUFFIXES
from genrelab.data.sources import files
from genrelab.errors import ConfigError

Audio = str | Path | Sequence[str | Path]


def sounds(where: Audio) -> list[Path]:
    """Return the audio files that `where` names, each once; raise ConfigError if it names none.

    Folders (searched at any depth) and patterns such as ~/Music/**/*.mp3 give files with an audio suffix; a file that
    is named directly counts whatever its suffix. In a string, commas separate several names; a name that contains
    a comma works on its own.
    """
    if isinstance(where, str):
        names = [where] if _path(where).exists() else [part.strip() for part in where.split(",") if part.strip()]
    else:
        names = [str(where)] if isinstance(where, Path) else [str(path) for path in where]
        where = ", ".join(names)
    found = list(dict.fromkeys(path for name in names for path in _named(name)))
    if not found:
        raise ConfigError(f"audio '{where}' has no sound file; looked for {', '.join(sorted(SUFFIXES))}")
    return found


def _named(name: str) -> Iterator[Path]:
    path = _path(name)
    if path.is_dir():
        yield from _sounds(path)
    elif path.exists():
        yield path
    elif glob.has_magic(name):
        for match in sorted(glob.iglob(str(path), recursive=True)):  # noqa: PTH207 (Path.glob takes no absolute one)
            yield from _sounds(Path(match))
    else:
        raise ConfigError(f"audio '{name}' does not exist (looked for {path.absolute()})")


def _sounds(path: Path) -> Iterator[Path]:
    for file in files(path) if path.is_dir() else [path]:
        if file.suffix.lower() in SUFFIXES:
            yield file


def _path(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # an unknown user, as in ~nobody
        return Path(name)
