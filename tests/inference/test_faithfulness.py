"""Taking away what an explanation names: far below random where it is right, above where it is wrong."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from genrelab import plots
from genrelab.inference import faithfulness, occlusion

BANDS, FRAMES = 32, 100
PLANTED = slice(8, 16), slice(40, 60)


def heeds_the_planted(x):
    """A model that calls a spectrogram the first class while the planted region varies as noise does."""
    p = 1 / (1 + np.exp(-3 * (x[:, *PLANTED].std(axis=(1, 2)) - 4)))
    return np.stack([p, 1 - p], axis=1)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(-40, 6, (BANDS, FRAMES)).astype(np.float32)


def test_what_a_planted_model_heeds_is_gone_at_once_when_named_and_late_at_random(noise):
    relevance = occlusion.relevance(heeds_the_planted, noise, 0, FRAMES)
    found = faithfulness.remove(heeds_the_planted, noise, relevance, 0, FRAMES)
    before = heeds_the_planted(noise[None])[0, 0]
    assert found.named[0] == pytest.approx(before)
    np.testing.assert_allclose(found.random[:, 0], before)
    np.testing.assert_allclose(found.random[:, -1], found.named[-1], atol=1e-6)  # in the end all is gone
    assert found.named[2] < 0.1 < 0.9 < found.random[:, 2].mean()  # a tenth of the sound taken away
    assert found.gain > 4 * found.spread
    assert found.gain > 0.4


def test_the_opposite_explanation_is_worse_than_chance_and_an_empty_one_no_better(noise):
    relevance = occlusion.relevance(heeds_the_planted, noise, 0, FRAMES)
    assert faithfulness.remove(heeds_the_planted, noise, -relevance, 0, FRAMES).gain < -0.2
    gains = [
        faithfulness.remove(heeds_the_planted, noise, rng.normal(size=noise.shape), 0, FRAMES).gain
        for rng in map(np.random.default_rng, range(10))
    ]
    assert abs(np.mean(gains)) < 0.15


@pytest.mark.parametrize("frames", [7, 61, FRAMES])
def test_the_tiles_cover_the_sound_once_and_relevance_is_even_in_each(noise, frames):
    covered = np.zeros(noise.shape)
    relevance = occlusion.relevance(heeds_the_planted, noise, 0, frames)
    for tile in occlusion.tiles(BANDS, frames, FRAMES):
        covered[tile] += 1
        assert np.ptp(relevance[tile]) < 1e-9
    assert (covered[:, :frames] == 1).all()
    assert (covered[:, frames:] == 0).all()


def test_padding_stays_and_the_same_seed_takes_the_same_away(noise):
    noise[:, 60:] = -80
    asked = []

    def watched(x):
        asked.append(x.copy())
        return np.full((len(x), 2), 0.5)

    one, other = (faithfulness.remove(watched, noise, np.zeros(noise.shape), 0, 60) for _ in range(2))
    assert (np.concatenate(asked)[:, :, 60:] == -80).all()
    np.testing.assert_array_equal(np.concatenate(asked[: len(asked) // 2]), np.concatenate(asked[len(asked) // 2 :]))
    assert one.gain == other.gain == 0


def test_its_curves_stand_below_the_picture():
    share = np.linspace(0, 1, 5)
    curves = plots.RemovalCurves(share, 1 - share, np.tile(1 - share / 2, (3, 1)))
    figure = plots.explanation(
        np.zeros((BANDS, FRAMES)),
        np.zeros((BANDS, FRAMES)),
        start=0.0,
        frame_seconds=0.05,
        f_min=0,
        f_max=11025,
        title="a.mp3: jazz",
        note="n",
        removal=curves,
    )
    below = next(axes for axes in figure.axes if axes.get_xlabel().startswith("removed"))
    assert below.get_ylim() == (0, 100)
    random, named = below.lines
    assert list(named.get_ydata()) == [100, 75, 50, 25, 0]
    assert list(random.get_ydata()) == [100, 87.5, 75, 62.5, 50]
    FigureCanvasAgg(figure).draw()
