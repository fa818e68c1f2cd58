"""The probe: its grid, its parts, and what is searched."""

import numpy as np
import pytest
from model_inputs import part

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import Examples, FitSettings
from genrelab.config import Training
from genrelab.errors import ConfigError
from genrelab.features._base import ArrayShape
from genrelab.models._columns import EvenBlocks, blocks_of

PROBE = plugins.load("models", "probe")
TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)


def row(*blocks: tuple[str, int]) -> ArrayShape:
    shape = ArrayShape((sum(size for _, size in blocks),))
    shape.blocks = blocks
    return shape


def built(shape, **hp):
    return factory.build(PROBE, hyperparameters.choose(PROBE, hp, shape, 3), shape, 3, seed=0)


def fit(one, train, valid, state):
    one.fit(train, valid, FitSettings(TRAINING, 0, state))
    return one


def test_the_grid_has_three_kinds_of_heads_and_one_can_be_named():
    grid = built((6,)).pipelines
    assert {name.split()[0] for name in grid} == {"linear", "knn", "mlp"}
    for head, kind in {"linear": "LogisticRegression", "knn": "Neighbours", "mlp": "HiddenLayer"}.items():
        assert type(built((6,), head=head).pipeline[-1]).__name__ == kind
    assert built((6,), head="linear", C=0.5).pipeline[-1].C == 0.5


def test_parts_are_those_of_the_features_and_one_can_be_probed_alone(tmp_path):
    shape = {"embeddings": row(("a.x", 2), ("a.y", 3), ("b.x", 1)), "ssd": (2, 2)}
    assert blocks_of(shape) == {
        "embeddings": {"a.x": [0, 1], "a.y": [2, 3, 4], "b.x": [5]},
        "ssd": {"ssd": [6, 7, 8, 9]},
    }
    named = hyperparameters.declared(PROBE, shape, 3)["inputs"]
    assert named.values == ["all", "embeddings", "a", "a.x", "a.y", "b", "b.x", "ssd"]
    assert hyperparameters.declared(PROBE, shape["embeddings"], 3)["inputs"].values == ["all", *named.values[2:-1]]
    assert hyperparameters.declared(PROBE, (4,), 3)["inputs"].values == ["all"]
    train, valid = part((10,)), part((10,), 6, 1)
    alone = fit(built(shape, inputs="a.y", head="linear"), train, valid, tmp_path)
    other = train.x.copy()
    other[:, [0, 1, *range(5, 10)]] = 7
    np.testing.assert_array_equal(alone.predict_proba(other), alone.predict_proba(train.x))
    other[:, 3] = 7
    assert not np.allclose(alone.predict_proba(other), alone.predict_proba(train.x))
    with pytest.raises(
        ConfigError, match=r"'hp\.inputs' must be one of all, embeddings, a, a.x, a.y, b, b.x, ssd, got 'c'"
    ):
        built(shape, inputs="c")


def test_balanced_blocks_add_as_much_to_distances_whatever_their_size():
    x = np.random.default_rng(0).normal(size=(500, 12))
    found = EvenBlocks([2, 10]).transform(x)
    assert (found[:, :2] ** 2).sum(axis=1).mean() == pytest.approx((found[:, 2:] ** 2).sum(axis=1).mean(), rel=0.1)
    assert (found**2).sum(axis=1).mean() == pytest.approx(12, rel=0.1)


def test_test_has_no_say_and_validation_decides(tmp_path):
    """Of a class whose clips lie in two places, neighbours know more than a plane."""
    rng = np.random.default_rng(0)

    def clips(n):
        y = np.arange(n) % 2
        x = rng.normal(0, 0.3, (n, 8))
        angle = np.where(y, 0, np.pi / 2) + np.pi * rng.integers(0, 2, n)
        x[:, 0] += 3 * np.cos(angle)
        x[:, 1] += 3 * np.sin(angle)
        return Examples(x.astype("f4"), y)

    one = fit(built((8,)), clips(40), clips(40), tmp_path)
    assert not one.choice["kept"].startswith("linear")
    assert (one.predict_proba(clips(40).x).argmax(axis=1) == np.arange(40) % 2).mean() > 0.9


def test_fewer_clips_than_neighbours_are_all_of_them(tmp_path):
    one = fit(built((6,), head="knn", k=20), part((6,), 5), part((6,), 6, 1), tmp_path)
    assert np.isfinite(one.predict_proba(part((6,), 4, 2).x)).all()
