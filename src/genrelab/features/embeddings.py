"""Frozen embeddings: layer outputs of one or more pretrained nets for a clip, or vectors of your own.

A net is an encoder, a module of encoders/: `encoder: MSD_musicnn`, or several joined by +, whose vectors are
concatenated. `layers` names the layers to take: `all`, several joined by +, or "" for the encoder's own choice. Layers
are concatenated, or averaged (`combine: mean`) if all have the same size. A layer gives one vector per frame of the
encoder; `pooling` reduces a clip's vectors to one: their mean, mean and standard deviation, or maximum.

`vectors` names an .npz file instead, with one vector per clip: an array under each clip's id, or the arrays `ids` and
`vectors`, (clips,) and (clips, numbers). A model on these can judge only the corpus's clips.

Encoders whose weights are a local file read it from `path`. If `sha256` is given, it is the digest of that file (or of
`vectors`), and any other file is refused; it also lets DVC see that the file has changed.

Shape: (numbers,); `blocks` tells which numbers belong to which layer.

Source: Castellon et al. 2021, "Codified audio language modeling learns useful representations for music information
retrieval"; Yuan et al. 2023, "MARBLE: Music Audio Representation Benchmark for Universal Evaluation".
"""

import functools
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from genrelab import plugins
from genrelab.config import Section
from genrelab.errors import ConfigError, DataError, suggest
from genrelab.state import code, digests, npz
from genrelab.state.home import named_path

FOLLOWS_LEVEL = "the pretrained nets were trained on absolute levels"
JOIN = "+"
UNUSED_RATE = 22050  # Hz; a placeholder, as no sound is read when vectors are looked up
IDS, VECTORS = "ids", "vectors"  # arrays of an .npz file without one array per clip


class Params(Section):
    """Parameters of frozen embeddings."""

    encoder: str = "MSD_musicnn"  # modules of encoders/, joined by +
    layers: str = ""  # layers of these, joined by +; all; "": each encoder's own choice
    combine: Literal["concatenate", "mean"] = "concatenate"  # of an encoder's layers
    pooling: Literal["mean", "mean_std", "max"] = "mean"  # over an encoder's frames
    path: str = ""  # weights of an encoder that reads a local file
    vectors: str = ""  # an .npz file of vectors by clip, instead of an encoder
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")  # of the file at path or vectors; "": any
    sample_rate: int = Field(0, ge=0)  # Hz; 0: the encoder's own

    @model_validator(mode="before")
    @classmethod
    def _rate_of_the_encoders(cls, data: Any) -> Any:
        encoder = data.get("encoder", "MSD_musicnn")
        if data.get("vectors") or not isinstance(encoder, str):
            return {**data, "sample_rate": data.get("sample_rate") or UNUSED_RATE}
        own = {name: plugins.load("encoders", name).SAMPLE_RATE for name in encoder.split(JOIN)}
        rates = sorted({rate for rate in own.values() if rate})
        if len(rates) > 1:
            heard = ", ".join(f"{name} {rate} Hz" for name, rate in own.items())
            raise ValueError(f"encoders joined with + must have the same sample rate: {heard}")
        asked = data.get("sample_rate") or 0
        if rates and asked not in (0, *rates):
            raise ValueError(f"sample_rate must be {rates[0]} Hz, the rate of {encoder}, got {asked}")
        if not rates and not asked:
            raise ValueError(f"encoder {encoder} needs sample_rate, the rate that its weights expect")
        return {**data, "sample_rate": asked or rates[0]}

    @model_validator(mode="after")
    def _one_file(self) -> "Params":
        if self.vectors and self.path:
            raise ValueError("vectors and path are both given; your own vectors need no encoder weights")
        if self.path and len(self.encoders) > 1:
            raise ValueError(f"path is the file of one encoder, but {self.encoder} names several")
        if len({*self.encoders}) < len(self.encoders):
            raise ValueError(f"encoder must have each name once, got {self.encoder}")
        return self

    @property
    def encoders(self) -> list[str]:
        """The encoders' names, in order; none if vectors are given."""
        return [] if self.vectors else self.encoder.split(JOIN)


def blocks(params: Params) -> dict[str, int]:
    """Return the parts of a clip's row, in order: encoder.layer (or encoder, if layers are averaged) and its size."""
    if params.vectors:
        return {VECTORS: next(iter(_vectors(*_at_hand(params)).values())).size}
    found = {}
    for name, sizes in _picked(params).items():
        each = 2 if params.pooling == "mean_std" else 1
        if params.combine == "mean":
            if len({*sizes.values()}) > 1:
                raise ConfigError(
                    f"features.embeddings.combine: mean needs layers of one size, but those of {name} have "
                    f"{', '.join(f'{layer} {size}' for layer, size in sizes.items())}; concatenate them, or name others"
                )
            found[name] = each * next(iter(sizes.values()))
        else:
            found |= {f"{name}.{layer}": each * size for layer, size in sizes.items()}
    return found


def shape(params: Params) -> tuple[int, ...]:
    """Return (numbers,)."""
    return (sum(blocks(params).values()),)


def made_from(params: Params) -> str:
    """Return a digest of the weights and the encoders' code, or of the vectors; DataError if a file is missing."""
    if params.vectors:
        return _at_hand(params)[1]
    each = {}
    for name in params.encoders:
        module = plugins.load("encoders", name)
        each[name] = [module.at_hand(_weights(params, name)), code.digest(module.__name__)]
        _check_digest(params, each[name][0])
    return hashlib.sha256(json.dumps(each).encode()).hexdigest()


def check(clips: Sequence[str], params: Params) -> None:
    """Raise DataError if vectors of your own lack one of the clips."""
    if not params.vectors:
        return
    found = _vectors(*_at_hand(params))
    missing = [clip for clip in clips if clip not in found]
    if missing:
        raise DataError(
            f"features.embeddings.vectors: {params.vectors} has no vector for {len(missing)} of the corpus's "
            f"{len(clips)} clips, such as '{missing[0]}'; its ids look like '{next(iter(found))}'"
        )


def lookup(clip: str, params: Params) -> np.ndarray | None:
    """Return a clip's vector from your own file, float32 (numbers,); None if an encoder computes it from the sound."""
    return _vectors(*_at_hand(params))[clip] if params.vectors else None


def extract(samples: np.ndarray, params: Params) -> np.ndarray:
    """Return the embedding of `samples` (mono, at the encoder's rate): float32 (numbers,)."""
    if params.vectors:
        raise DataError(
            "features.embeddings.vectors only has vectors of a corpus's clips: a model on them works with train and "
            "evaluate, but cannot predict sound files"
        )
    found: list[np.ndarray] = []
    for name, sizes in _picked(params).items():
        module = plugins.load("encoders", name)
        frames = module.encode(samples, _weights(params, name))
        pooled = [_pooled(frames[layer], params.pooling) for layer in sizes]
        found += [np.mean(pooled, axis=0)] if params.combine == "mean" else pooled
    return np.concatenate(found).astype(np.float32, copy=False)


def _picked(params: Params) -> dict[str, dict[str, int]]:
    """Return the layers to take from each encoder, with their sizes."""
    there = {name: plugins.load("encoders", name).layers(_weights(params, name)) for name in params.encoders}
    if params.layers == "all":
        return there
    asked = params.layers.split(JOIN) if params.layers else []
    known = [layer for sizes in there.values() for layer in sizes]
    for layer in asked:
        if layer not in known:
            raise ConfigError(f"{params.encoder} has no layer '{layer}'{suggest(layer, dict.fromkeys(known))}")
    found = {}
    for name, sizes in there.items():
        own = plugins.load("encoders", name).DEFAULT_LAYERS or (list(sizes)[-1],)
        wanted = asked or own
        found[name] = {layer: sizes[layer] for layer in sizes if layer in wanted}
        if not found[name]:
            raise ConfigError(
                f"features.embeddings.layers: {name} has none of {params.layers}; it has {', '.join(sizes)}"
            )
    return found


def _pooled(frames: np.ndarray, how: str) -> np.ndarray:
    """Pool the vectors of the frames, (frames, numbers), into one."""
    if how == "max":
        return frames.max(axis=0)
    mean = frames.mean(axis=0)
    return np.concatenate([mean, frames.std(axis=0)]) if how == "mean_std" else mean


def _weights(params: Params, name: str) -> Path | None:
    """Return the local file of an encoder's weights; None if the encoder fetches its own."""
    module = plugins.load("encoders", name)
    if module.SHA256:
        if params.path:
            raise ConfigError(f"features.embeddings.path must stay empty: encoder {name} fetches its own weights")
        return None
    if not params.path:
        raise ConfigError(f"features.embeddings.path must name the weights of encoder {name}: {module.SOURCE}")
    return _existing(params.path, "path")


def _existing(text: str, key: str) -> Path:
    path = named_path(text)
    if not path.is_file():
        raise DataError(f"features.embeddings.{key}: there is no file {path}")
    return path


def _at_hand(params: Params) -> tuple[Path, str]:
    """Return the file of vectors and its SHA-256."""
    path = _existing(params.vectors, "vectors")
    found = _digest(path, path.stat().st_mtime_ns)
    _check_digest(params, found)
    return path, found


@functools.lru_cache(maxsize=8)
def _digest(path: Path, changed: int) -> str:
    return digests.of_file(path)


def _check_digest(params: Params, found: str) -> None:
    if params.sha256 and found != params.sha256:
        name = params.vectors or params.path or params.encoder
        raise DataError(f"features.embeddings: {name} has SHA-256 {found}, not {params.sha256}")


@functools.lru_cache(maxsize=2)
def _vectors(path: Path, digest: str) -> dict[str, np.ndarray]:
    """Return the vectors of an .npz file by clip: all of one size, finite, float32."""
    where = f"features.embeddings.vectors: {path}"
    arrays = npz.read(path, where)
    if {*arrays} == {IDS, VECTORS}:
        ids, rows = arrays[IDS], arrays[VECTORS]
        if ids.ndim != 1 or rows.ndim != 2 or len(ids) != len(rows):
            raise DataError(
                f"{where} must have ids (clips,) and vectors (clips, numbers), got {ids.shape} and {rows.shape}"
            )
        if len({*map(str, ids)}) < len(ids):
            raise DataError(f"{where} has an id twice")
        arrays = dict(zip(map(str, ids), rows, strict=True))
    if not arrays:
        raise DataError(f"{where} holds no array")
    size = next(iter(arrays.values())).size
    for clip, vector in arrays.items():
        if vector.ndim != 1 or not size or vector.size != size or not np.issubdtype(vector.dtype, np.number):
            raise DataError(
                f"{where} must have a row of {size or 'some'} numbers for each clip, but that of '{clip}' is "
                f"{vector.dtype} of shape {vector.shape}"
            )
        if np.iscomplexobj(vector) or not (np.abs(vector) <= np.finfo(np.float32).max).all():
            raise DataError(f"{where} must have finite numbers (float32), but those of '{clip}' are not")
    return {clip: vector.astype(np.float32) for clip, vector in arrays.items()}
