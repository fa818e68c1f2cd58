"""Which sound files a user means: a file, a folder, a pattern, or several of them with commas between."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from genrelab.data.audio import SUFFIXES
from genrelab.data.sources import files
from genrelab.errors import ConfigError

Audio = str | Path | Sequence[str | Path]


def sounds(where: Audio) -> list[Path]:
    """Return the sound files that `where` names, each once; raises ConfigError where it names none.

    Of folders (at any depth) and of what a pattern such as ~/Music/**/*.mp3 matches, files with the suffix of a sound
    are taken; a file that is named is taken whatever its suffix. In a text, commas stand between several; a name with
    a comma in it may stand alone.
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
    except RuntimeError:  # ~nobody
        return Path(name)
