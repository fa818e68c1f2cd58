"""The contract of features: shape, type and finite values for any sound, and no change with the level."""

from collections.abc import Callable

import numpy as np

from genrelab import plugins
from genrelab.plugins import FeatureModule

SECONDS = 3


def check_feature(name: str) -> None:
    """Check a feature at its default parameters.

    Raises AssertionError that says what is wrong, ConfigError if there is no such feature.
    """
    feature = plugins.load("features", name)
    for check in CHECKS:
        check(feature)


def sounds(rate: int) -> dict[str, np.ndarray]:
    """Return sounds that features meet, and some that they should not: float32 samples, mono, at `rate` Hz."""
    rng = np.random.default_rng(0)
    time = np.arange(SECONDS * rate) / rate
    found = {
        "noise": rng.normal(0, 0.2, SECONDS * rate),
        "a sine": np.sin(2 * np.pi * 440 * time),
        "silence": np.zeros(rate),
        "a click": np.eye(1, rate, 100)[0],
        "one sample": np.ones(1),
        "40 s of noise": rng.normal(0, 0.2, 40 * rate),
        "faint noise": rng.normal(0, 1e-5, rate),
        "noise beyond full scale": rng.normal(0, 100, rate),
    }
    return {name: sound.astype(np.float32) for name, sound in found.items()}


def tones(seconds: float, rate: int) -> np.ndarray:
    """Return two tones that come and go twice a second, over a little noise: something for each feature to describe."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.003, len(time))
    beats = np.sin(2 * np.pi * time) ** 8
    return (beats * (0.3 * np.sin(2 * np.pi * 440 * time) + 0.1 * np.sin(2 * np.pi * 3000 * time)) + noise).astype("f4")


def has_a_docstring_and_defaults(feature: FeatureModule) -> None:
    """`Params` can be made without arguments and has a sample rate; the docstring names a source."""
    assert "Source" in (feature.__doc__ or ""), "its docstring names no source (Source: ...)"
    params = feature.Params()
    assert "sample_rate" in type(params).model_fields, "its Params have no sample_rate"
    assert params.sample_rate > 0, f"its sample_rate must be above 0 Hz, got {params.sample_rate}"
    assert type(params).model_validate(params.model_dump()) == params, "its Params change when dumped and read again"


def gives_finite_values_of_its_shape(feature: FeatureModule) -> None:
    """Any sound gives a finite float32 array of the promised shape."""
    params = feature.Params()
    shape = feature.shape(params)
    for name, sound in sounds(params.sample_rate).items():
        found = feature.extract(sound, params)
        assert found.shape == shape, f"{name} gives the shape {found.shape}, but shape(params) promises {shape}"
        assert found.dtype == np.float32, f"{name} gives {found.dtype}, must give float32"
        assert np.isfinite(found).all(), f"{name} gives values that are not finite"


def is_a_pure_function(feature: FeatureModule) -> None:
    """The same sound gives the same values, and is not changed."""
    params = feature.Params()
    sound = sounds(params.sample_rate)["noise"]
    before = sound.copy()
    first, second = feature.extract(sound, params), feature.extract(sound, params)
    assert np.array_equal(first, second), "the same sound gives different values the second time"
    assert np.array_equal(sound, before), "it changes the samples passed to it"


def says_what_its_frames_are(feature: FeatureModule) -> None:
    """A feature of frames has `seconds`, `frame_rate` and `pad_value` that agree with what `extract` does."""
    params = feature.Params()
    lacking = [name for name in ("seconds", "frame_rate", "pad_value") if not hasattr(feature, name)]
    if len(lacking) == 3:
        assert "frames" not in type(params).model_fields, f"it has frames in Params, but lacks {', '.join(lacking)}"
        return
    assert not lacking, f"its last axis is time, but it lacks {', '.join(lacking)}"
    rate, pad_value = feature.frame_rate(params), feature.pad_value(params)  # type: ignore[attr-defined]
    width = feature.shape(params)[-1] / rate
    seconds = feature.seconds(params)  # type: ignore[attr-defined]
    assert np.isclose(seconds, width), f"seconds is {seconds:g}, but its frames last {width:g} s by frame_rate"
    noise = np.random.default_rng(0).normal(0, 0.2, SECONDS * params.sample_rate).astype(np.float32)
    found = feature.extract(noise, params)
    sounding = np.flatnonzero((found != pad_value).any(axis=0))
    assert len(sounding), "noise gives nothing but padding"
    wanted = min(SECONDS * rate, feature.shape(params)[-1])
    assert sounding[0] == 0, f"a sound begins at frame {sounding[0]}, must begin at 0"
    assert abs(len(sounding) - wanted) <= 2, f"{SECONDS} s fill {len(sounding)} frames, must fill {wanted:.0f}"
    assert (found[:, sounding[-1] + 1 :] == pad_value).all(), f"a short sound is not padded with {pad_value}"


def follows_no_level_or_says_why(feature: FeatureModule) -> None:
    """A sound gives the same values at any level, unless the module's FOLLOWS_LEVEL says why not."""
    params = feature.Params()
    y = tones(8, params.sample_rate)
    plain = feature.extract(y, params)
    reason = getattr(feature, "FOLLOWS_LEVEL", "")
    for gain in (-80, -40, 20):
        same = np.allclose(feature.extract(y * np.float32(10 ** (gain / 20)), params), plain, rtol=1e-3, atol=1e-2)
        assert same or reason, f"a gain of {gain} dB changes its values; say why in FOLLOWS_LEVEL"
        assert not (same and reason), f"FOLLOWS_LEVEL says that it follows the level, but {gain} dB change nothing"


CHECKS: tuple[Callable[[FeatureModule], None], ...] = (
    has_a_docstring_and_defaults,
    gives_finite_values_of_its_shape,
    is_a_pure_function,
    says_what_its_frames_are,
    follows_no_level_or_says_why,
)
