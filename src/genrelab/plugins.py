"""Plug-ins found by name: the module `genrelab.models.cnn` is the model `cnn`, and nothing else registers it.

A group is a sub-package (`datasets`, `encoders`, `features`, `models`, `splits`); its public names are its modules.
Other packages add to a group by an entry point `genrelab.<group>` that names a module of theirs; docs/plugins.md shows
one.
"""

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

from genrelab.errors import ConfigError, suggest, why

if TYPE_CHECKING:
    import numpy as np

    from genrelab.corpus import Corpus, Fold


class Plugin(Protocol):
    """What every plug-in is: a module."""

    __name__: str
    __doc__: str | None


class ModelModule(Plugin, Protocol):
    """A model; it may also have TRAINING_DEFAULTS, SPACES, PRESETS and PAPER."""

    FEATURES: tuple[str, ...]  # kinds that it takes, the default first; `timbre+rhythm` takes both at once

    def build(self, hp: Any, input_shape: Any, n_classes: int) -> Any:
        """Return a compiled Keras net, a scikit-learn pipeline, or a genrelab.models.Staged."""
        ...


class FeatureModule(Plugin, Protocol):
    """A feature; where its last axis is time, it also has `seconds`, `frame_rate` and `pad_value`.

    It may also have `blocks(params)`, the names and sizes of the parts that its one row consists of;
    `made_from(params)`, a digest of what its values depend on beside the sound, the parameters and the code;
    `lookup(clip, params)`, the feature of a clip by its id, or None where it is computed from the sound; and
    `check(clips, params)`, which raises a DataError where a feature that is looked up lacks one of the clips.
    """

    Params: Any  # a genrelab.config.Section with `sample_rate`

    def shape(self, params: Any) -> tuple[int, ...]:
        """Return the shape of one clip's feature."""
        ...

    def extract(self, samples: "np.ndarray", params: Any) -> "np.ndarray":
        """Return the feature of mono samples at `params.sample_rate`: float32 of `shape`."""
        ...


class EncoderModule(Plugin, Protocol):
    """A pretrained net, of whose layers the feature `embeddings` keeps what they make of each clip."""

    LICENCE: str  # of the weights
    SOURCE: str  # where the weights are from; in one line that also says what features.embeddings.path is to name
    SHA256: str  # of the weights; "": not known here, so that they are a local file, features.embeddings.path
    SAMPLE_RATE: int  # Hz; 0: features.embeddings.sample_rate says it
    FRAME_SECONDS: float  # of sound behind each of a layer's vectors; 0: by the weights
    DEFAULT_LAYERS: tuple[str, ...]  # those that are taken unless others are named; (): the last

    def at_hand(self, path: "Path | None") -> str:
        """Have the weights at hand, and return their SHA-256; DataError, with what helps, where they cannot be had."""
        ...

    def layers(self, path: "Path | None") -> dict[str, int]:
        """Return the layers from input to output, each with the numbers in one of its vectors."""
        ...

    def encode(self, samples: "np.ndarray", path: "Path | None") -> "dict[str, np.ndarray]":
        """Return each layer's vectors of mono samples, one a frame: float32 (frames, numbers), one frame or more."""
        ...


class SplitModule(Plugin, Protocol):
    """A way to divide a corpus."""

    Params: Any

    def folds(self, corpus: "Corpus", params: Any) -> "list[Fold]":
        """Return one fold, or several that test each clip once."""
        ...


class DatasetModule(Plugin, Protocol):
    """A kind of corpus."""

    Params: Any

    def fingerprint(self, params: Any, cache: Path) -> dict[str, str]:
        """Return what the corpus is made of, by name."""
        ...

    def candidates(self, params: Any, workspace: Path, workers: int) -> Sequence[Any]:
        """Return the files that may become clips: genrelab.data.ingest.Candidate."""
        ...


# What a module must have to be a plug-in of a group.
REQUIRED = {
    "models": ("FEATURES", "build"),
    "features": ("Params", "shape", "extract"),
    "encoders": (
        *("LICENCE", "SOURCE", "SHA256", "SAMPLE_RATE", "FRAME_SECONDS", "DEFAULT_LAYERS"),
        *("at_hand", "layers", "encode"),
    ),
    "splits": ("Params", "folds"),
    "datasets": ("Params", "fingerprint", "candidates"),
}
# Modules that stand for names without an entry point, (group, name) -> module: those that a loaded model carries.
_carried: dict[tuple[str, str], str] = {}

GROUPS = tuple(sorted(REQUIRED))


def names(group: str) -> list[str]:
    """Return the names of the plug-ins of a group, ours and those of other packages, without importing any of them.

    Parameters:
        group: datasets, encoders, features, models or splits.

    Returns:
        The names, sorted.

    Raises:
        ConfigError: there is no such group.

    Example:
        >>> gl.names("models")[:2]
        ['cnn', 'crnn']
    """
    if group not in GROUPS:
        raise ConfigError(f"there is no group of plug-ins '{group}'{suggest(group, GROUPS)}")
    carried = [name for of, name in _carried if of == group]
    return sorted({*_own(group), *_outside(group), *carried})


@overload
def load(group: Literal["models"], name: str) -> ModelModule: ...
@overload
def load(group: Literal["features"], name: str) -> FeatureModule: ...
@overload
def load(group: Literal["encoders"], name: str) -> EncoderModule: ...
@overload
def load(group: Literal["splits"], name: str) -> SplitModule: ...
@overload
def load(group: Literal["datasets"], name: str) -> DatasetModule: ...
@overload
def load(group: str, name: str) -> Any: ...


def load(group: str, name: str) -> Any:
    """Import the plug-in `name` of `group`.

    Raises ConfigError, in one line: for a name that does not exist, with the nearest right one; for a name that two
    packages give; for a plug-in from outside that cannot be imported or lacks what its group must have.
    """
    known = names(group)
    if name not in known:
        raise ConfigError(f"there is no '{name}' among the {group}{suggest(str(name), known)}")
    if group == "models":  # which import Keras: it is to be started quietly
        importlib.import_module("genrelab.layers.keras_backend")
    outside = _outside(group).get(name, [])
    if name in _own(group):
        if outside:
            raise ConfigError(_clash(group, name, ["genrelab", *map(_package, outside)]))
        return importlib.import_module(f"genrelab.{group}.{name}")
    if len(outside) > 1:
        raise ConfigError(_clash(group, name, [*map(_package, outside)]))
    if not outside:
        return importlib.import_module(_carried[group, name])
    return _imported(group, outside[0])


def foreign(wanted: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Return the plug-ins from outside among `wanted` (group -> names): group, name, module and package of each."""
    found = []
    for group, names_of_group in wanted.items():
        for name in names_of_group:
            module = load(group, name).__name__
            if not module.startswith(f"genrelab.{group}."):
                package = next(map(_package, _outside(group).get(name, [])), module.partition(".")[0])
                found.append({"group": group, "name": name, "module": module, "package": package})
    return found


def carry(plugins: Sequence[Mapping[str, str]]) -> None:
    """Let each of `plugins`, as `foreign` has returned them, be found by its name where it is not installed.

    Their code must be importable. For servers alone, which run the code that a registered version carries.
    """
    for plugin in plugins:
        if plugin["name"] not in names(plugin["group"]):
            _carried[plugin["group"], plugin["name"]] = plugin["module"]


def packages() -> set[str]:
    """Return the importable top-level packages of all plug-ins from outside."""
    installed = {
        entry.module.partition(".")[0] for group in REQUIRED for each in _outside(group).values() for entry in each
    }
    return installed | {module.partition(".")[0] for module in _carried.values()}


def code_of(package: str) -> Path:
    """Return the folder of an importable top-level package, or the file of a module."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ConfigError(f"there is no code of the package '{package}'")
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    assert spec.origin is not None
    return Path(spec.origin)


def _own(group: str) -> list[str]:
    package = importlib.import_module(f"genrelab.{group}")
    return [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]


def _outside(group: str) -> dict[str, list[EntryPoint]]:
    """Return what other packages add to a group by name: one each, but for names that several give."""
    return _entry_points(group, tuple(sys.path))


@cache
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, list[EntryPoint]]:
    found: dict[str, dict[str, EntryPoint]] = {}
    for entry in importlib.metadata.entry_points(group=f"genrelab.{group}"):
        found.setdefault(entry.name, {}).setdefault(entry.value, entry)  # a package may be on the path twice
    return {name: [*each.values()] for name, each in found.items()}


def _imported(group: str, entry: EntryPoint) -> ModuleType:
    what = f"{group.removesuffix('s')} '{entry.name}' of the package {_package(entry)}"
    try:
        module = entry.load()
    except Exception as error:  # whatever another's code does wrong
        raise ConfigError(f"the {what} cannot be imported: {why(error)}") from error
    if not isinstance(module, ModuleType):
        raise ConfigError(f"the {what} must be a module, and its entry point names '{entry.value}'")
    lacking = [name for name in REQUIRED[group] if not hasattr(module, name)]
    if lacking:
        raise ConfigError(f"the {what} lacks {', '.join(lacking)}; see docs/plugins.md")
    return module


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.module.partition(".")[0]


def _clash(group: str, name: str, owners: Sequence[str]) -> str:
    return f"the {group.removesuffix('s')} '{name}' is given by {' and by '.join(owners)}; uninstall or rename one"
