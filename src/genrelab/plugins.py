"""Find plug-ins by name: the module `genrelab.models.cnn` is the model `cnn`; there is no other registration.

A group is a sub-package (`datasets`, `encoders`, `features`, `models`, `splits`); its public names are its modules.
Other packages extend a group through an entry point `genrelab.<group>` that names one of their modules; docs/plugins.md
has an example.
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
    """Base protocol: every plug-in is a module."""

    __name__: str
    __doc__: str | None


class ModelModule(Plugin, Protocol):
    """A model; it may also have TRAINING_DEFAULTS, SPACES, PRESETS and PAPER."""

    FEATURES: tuple[str, ...]  # kinds that it accepts, the default first; `timbre+rhythm` takes both at once

    def build(self, hp: Any, input_shape: Any, n_classes: int) -> Any:
        """Return a compiled Keras net, a scikit-learn pipeline, or a genrelab.models.Staged."""
        ...


class FeatureModule(Plugin, Protocol):
    """A feature; if its last axis is time, it also has `seconds`, `frame_rate` and `pad_value`.

    It may also have `blocks(params)`, the names and sizes of the parts of its single row; `made_from(params)`, a digest
    of what its values depend on besides the audio, the parameters and the code; `lookup(clip, params)`, the feature of
    a clip by id, or None if it must be computed from the audio; and `check(clips, params)`, which raises a DataError if
    a feature that is looked up lacks one of the clips.
    """

    Params: Any  # a genrelab.config.Section with `sample_rate`

    def shape(self, params: Any) -> tuple[int, ...]:
        """Return the shape of one clip's feature."""
        ...

    def extract(self, samples: "np.ndarray", params: Any) -> "np.ndarray":
        """Return the feature of mono samples at `params.sample_rate`: float32 of `shape`."""
        ...


class EncoderModule(Plugin, Protocol):
    """A pretrained net whose layer outputs for each clip form the feature `embeddings`."""

    LICENCE: str  # of the weights
    SOURCE: str  # origin of the weights, in one line that also says what features.embeddings.path must name
    SHA256: str  # of the weights; "": unknown, so they are a local file, features.embeddings.path
    SAMPLE_RATE: int  # Hz; 0: set by features.embeddings.sample_rate
    FRAME_SECONDS: float  # of audio per vector of a layer; 0: depends on the weights
    DEFAULT_LAYERS: tuple[str, ...]  # used unless others are named; (): the last

    def at_hand(self, path: "Path | None") -> str:
        """Ensure that the weights are available and return their SHA-256; DataError, with a remedy, if they are not."""
        ...

    def layers(self, path: "Path | None") -> dict[str, int]:
        """Return the layers from input to output, each with the size of its vectors."""
        ...

    def encode(self, samples: "np.ndarray", path: "Path | None") -> "dict[str, np.ndarray]":
        """Return each layer's vectors for mono samples, one per frame: float32 (frames, numbers), one frame or more."""
        ...


class SplitModule(Plugin, Protocol):
    """A way to split a corpus."""

    Params: Any

    def folds(self, corpus: "Corpus", params: Any) -> "list[Fold]":
        """Return one fold, or several that together test each clip once."""
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
# Modules found by name without an entry point, (group, name) -> module: those bundled with a loaded model.
_carried: dict[tuple[str, str], str] = {}

GROUPS = tuple(sorted(REQUIRED))


def names(group: str) -> list[str]:
    """Return the names of all plug-ins of a group, from genrelab and other packages, without importing them.

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
        raise ConfigError(f"there is no plug-in group '{group}'{suggest(group, GROUPS)}")
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

    Raises ConfigError, in one line, if the name does not exist (with the nearest match), if two packages provide it, or
    if an external plug-in cannot be imported or lacks what its group requires.
    """
    known = names(group)
    if name not in known:
        raise ConfigError(f"there is no '{name}' among the {group}{suggest(str(name), known)}")
    if group == "models":  # models import Keras, which must start quietly
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
    """Return the external plug-ins among `wanted` (group -> names): group, name, module and package of each."""
    found = []
    for group, names_of_group in wanted.items():
        for name in names_of_group:
            module = load(group, name).__name__
            if not module.startswith(f"genrelab.{group}."):
                package = next(map(_package, _outside(group).get(name, [])), module.partition(".")[0])
                found.append({"group": group, "name": name, "module": module, "package": package})
    return found


def carry(plugins: Sequence[Mapping[str, str]]) -> None:
    """Register `plugins`, as returned by `foreign`, under their names unless they are installed.

    Their code must be importable. Only for servers, which run the code bundled with a registered version.
    """
    for plugin in plugins:
        if plugin["name"] not in names(plugin["group"]):
            _carried[plugin["group"], plugin["name"]] = plugin["module"]


def packages() -> set[str]:
    """Return the importable top-level packages of all external plug-ins."""
    installed = {
        entry.module.partition(".")[0] for group in REQUIRED for each in _outside(group).values() for entry in each
    }
    return installed | {module.partition(".")[0] for module in _carried.values()}


def code_of(package: str) -> Path:
    """Return the folder of an importable top-level package, or the file of a module."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ConfigError(f"cannot find the code of the package '{package}'")
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    assert spec.origin is not None
    return Path(spec.origin)


def _own(group: str) -> list[str]:
    package = importlib.import_module(f"genrelab.{group}")
    return [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")]


def _outside(group: str) -> dict[str, list[EntryPoint]]:
    """Return the entry points of other packages in a group, by name: one per name unless several provide it."""
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
    except Exception as error:  # external code may raise anything
        raise ConfigError(f"the {what} cannot be imported: {why(error)}") from error
    if not isinstance(module, ModuleType):
        raise ConfigError(f"the {what} must be a module, but its entry point names '{entry.value}'")
    lacking = [name for name in REQUIRED[group] if not hasattr(module, name)]
    if lacking:
        raise ConfigError(f"the {what} lacks {', '.join(lacking)}; see docs/plugins.md")
    return module


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.module.partition(".")[0]


def _clash(group: str, name: str, owners: Sequence[str]) -> str:
    return f"the {group.removesuffix('s')} '{name}' is provided by {' and by '.join(owners)}; uninstall or rename one"
