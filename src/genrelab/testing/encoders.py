"""The contract of encoders: facts about the weights, and finite vectors of the promised sizes for any sound."""

import re
from pathlib import Path

import numpy as np

from genrelab import plugins
from genrelab.plugins import EncoderModule
from genrelab.testing.features import sounds


def check_encoder(name: str, path: Path | None = None, sample_rate: int = 0) -> None:
    """Check an encoder: what it declares and, with its weights, the vectors that it gives for sounds.

    `path` is the local weights file, for an encoder that fetches none; tiny random weights suffice. `sample_rate`, in
    Hz, is for an encoder that leaves it open. Raises AssertionError that says what is wrong, ConfigError if there is no
    such encoder, DataError if its weights cannot be obtained.
    """
    encoder = plugins.load("encoders", name)
    says_where_its_weights_are_from(encoder)
    assert re.fullmatch(r"[0-9a-f]{64}", encoder.at_hand(path)), "at_hand must return the weights' SHA-256"
    gives_finite_vectors(encoder, path, encoder.SAMPLE_RATE or sample_rate)


def says_where_its_weights_are_from(encoder: EncoderModule) -> None:
    """Source, licence, checksum, rate and frames are declared; the docstring names a source."""
    assert "Source" in (encoder.__doc__ or ""), "its docstring names no source (Source: ...)"
    assert encoder.LICENCE, "its LICENCE is empty"
    assert encoder.SOURCE and "\n" not in encoder.SOURCE, "its SOURCE must be one line"
    assert re.fullmatch(r"([0-9a-f]{64})?", encoder.SHA256), (
        f"its SHA256 must be 64 hex digits or '', got {encoder.SHA256!r}"
    )
    assert encoder.SAMPLE_RATE >= 0, f"its SAMPLE_RATE must be in Hz, or 0 for any, got {encoder.SAMPLE_RATE}"
    assert encoder.FRAME_SECONDS >= 0, f"its FRAME_SECONDS must be at least 0, got {encoder.FRAME_SECONDS}"


def gives_finite_vectors(encoder: EncoderModule, path: Path | None, sample_rate: int) -> None:
    """Any sound gives one or more vectors per layer, of the promised size, and the same ones the second time."""
    assert sample_rate, "its sample rate is left open; pass one to check_encoder"
    sizes = encoder.layers(path)
    assert sizes, "it has no layers"
    assert all(re.fullmatch(r"[^+\s]+", layer) for layer in sizes), "names of layers must not contain + or spaces"
    unknown = {*encoder.DEFAULT_LAYERS} - {*sizes}
    assert not unknown, f"DEFAULT_LAYERS names {', '.join(sorted(unknown))}, but it has no such layer"
    for name, sound in sounds(sample_rate).items():
        if len(sound) > 5 * sample_rate:
            sound = sound[: 12 * sample_rate]  # several frames; more would add nothing
        before = sound.copy()
        found = encoder.encode(sound, path)
        assert {*found} == {*sizes}, f"{name} gives the layers {', '.join(found)}, must give {', '.join(sizes)}"
        for layer, vectors in found.items():
            assert vectors.ndim == 2 and len(vectors) and vectors.shape[1] == sizes[layer], (
                f"{name} gives {layer} of shape {vectors.shape}, must give (frames, {sizes[layer]})"
            )
            assert vectors.dtype == np.float32, f"{name} gives {layer} as {vectors.dtype}, must give float32"
            assert np.isfinite(vectors).all(), f"{name} gives {layer} with values that are not finite"
        assert np.array_equal(sound, before), "it changes the samples passed to it"
        if name == "noise":
            again = encoder.encode(sound, path)
            same = all(np.array_equal(found[layer], again[layer]) for layer in sizes)
            assert same, "the same sound gives different vectors the second time"
