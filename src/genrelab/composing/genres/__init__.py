"""The genres: the module `genres.blues` is the genre `blues`; its `IDIOM` is all the composer knows about it."""

import importlib
import pkgutil

from genrelab.composing.idiom import Idiom

NAMES = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def idiom(genre: str) -> Idiom:
    """Return the idiom of a genre of NAMES."""
    found: Idiom = importlib.import_module(f"{__name__}.{genre}").IDIOM
    return found
