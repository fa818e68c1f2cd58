"""Relevance by occlusion: it is where a model looks, and nowhere else."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from genrelab import plots
from genrelab.inference import occlusion

BANDS, FRAMES = 32, 100


def looks_at(bands: slice, frames: slice, sign: float = 1.0):
    """A model that calls a spectrogram the first class the more it varies in one region."""

    def probabilities(x: np.ndarray) -> np.ndarray:
        z = sign * (x[:, bands, frames].std(axis=(1, 2)) - 3)
        p = 1 / (1 + np.exp(-z))
        return np.stack([p, 1 - p], axis=1)

    return probabilities


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(-40, 6, (BANDS, FRAMES)).astype(np.float32)


@pytest.mark.parametrize(("bands", "frames"), [((0, 8), (0, 10)), ((16, 24), (40, 60)), ((24, 32), (90, 100))])
def test_it_is_where_the_model_looks(noise, bands, frames):
    found = occlusion.relevance(looks_at(slice(*bands), slice(*frames)), noise, 0, FRAMES)
    assert found.shape == noise.shape
    low, first = np.unravel_index(found.argmax(), found.shape)
    assert bands[0] <= low < bands[1]
    assert frames[0] <= first < frames[1]
    inside = found[slice(*bands), slice(*frames)]
    far = found.copy()
    far[max(0, bands[0] - 8) : bands[1] + 8, max(0, frames[0] - 10) : frames[1] + 10] = 0
    assert inside.min() > 0
    assert np.abs(far).max() < 1e-9


def test_what_speaks_for_one_class_speaks_against_the_other(noise):
    model = looks_at(slice(0, 8), slice(0, 10))
    for_it, against = (occlusion.relevance(model, noise, label, FRAMES) for label in (0, 1))
    np.testing.assert_allclose(for_it, -against, atol=1e-5)


def test_padding_is_not_blanked(noise):
    asked = []

    def watched(x):
        asked.append(x.copy())
        return np.full((len(x), 2), 0.5)

    noise[:, 60:] = -80
    found = occlusion.relevance(watched, noise, 0, 60)
    assert (np.concatenate(asked)[:, :, 60:] == -80).all()
    assert (found == 0).all()


@pytest.mark.parametrize("frames", [1, 7, FRAMES])
def test_every_point_of_the_sound_is_blanked_in_some_region(noise, frames):
    covered = np.zeros(noise.shape)
    for region in occlusion._regions(BANDS, frames, FRAMES):
        covered[region] += 1
    assert (covered[:, :frames] >= 1).all()
    assert (covered[:, frames:] == 0).all()


def test_silence_and_certainty_are_taken():
    silence = np.full((BANDS, FRAMES), -80, np.float32)
    found = occlusion.relevance(lambda x: np.tile([1.0, 0.0], (len(x), 1)), silence, 0, FRAMES)
    assert np.isfinite(found).all()


def picture(relevance, **words):
    settings = {"start": 30.0, "frame_seconds": 0.05, "f_min": 0, "f_max": 11025, "title": "a.mp3: jazz", "note": "n"}
    decibels = np.random.default_rng(1).uniform(-80, 0, (BANDS, FRAMES))
    return plots.explanation(decibels, relevance, **{**settings, **words})


def test_its_picture_is_in_seconds_and_hertz():
    figure = picture(np.random.default_rng(2).normal(size=(BANDS, FRAMES)))
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (Hz)")
    assert axes.get_xlim() == (30.0, 35.0)
    assert {"512", "4096"} <= {label.get_text() for label in axes.get_yticklabels()}
    assert "for it" in bar.get_ylabel()
    shown = axes.images[1]
    assert shown.norm.vmin == -shown.norm.vmax  # what speaks for and against weighs alike
    FigureCanvasAgg(figure).draw()


def test_a_picture_without_relevance_is_drawn_and_of_other_shapes_is_an_error():
    FigureCanvasAgg(picture(np.zeros((BANDS, FRAMES)))).draw()
    with pytest.raises(ValueError, match="one shape"):
        picture(np.zeros((BANDS, 3)))
