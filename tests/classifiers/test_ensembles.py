"""Several models as one."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from genrelab import config, plugins
from genrelab.classifiers import ensemble_spec, factory, hyperparameters
from genrelab.classifiers.base import Examples, FitSettings
from genrelab.classifiers.ensemble_spec import Ensemble
from genrelab.classifiers.ensembles import MemberInput
from genrelab.config import Training
from genrelab.data.streamed import Streamed
from genrelab.errors import ConfigError
from genrelab.features._base import Feature

SMALL = {"features.mel.frames": "60", "features.mel.n_mels": "128", "epochs": "1"}
TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)


def built(name: str, **hp):
    loaded = config.load(overrides=SMALL)
    module = ensemble_spec.load(name, loaded)
    shape = Feature.of(ensemble_spec.takes(module, name, loaded)).input_shape
    chosen = hyperparameters.choose(module, hp, shape, 3)
    return factory.build(module, chosen, shape, 3, seed=0)


def part(n: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    x = rng.uniform(-80, -20, (n, 128, 60))
    x[:, :40] += 15 * y[:, None, None]
    return Examples(x.astype(np.float32), y)


def fitted(name: str, state, **hp):
    net, epochs = built(name, **hp), []
    net.fit(part(24, 0), part(12, 1), FitSettings(TRAINING, 0, state, epochs.append))
    return net, epochs


@pytest.fixture(scope="module")
def mean(tmp_path_factory):
    return fitted("cnn+svm", tmp_path_factory.mktemp("mean"))


class Watch:
    """Notes the clips that an ensemble's members are fitted on, and those that they are asked about in between."""

    def __init__(self, net):
        self.inner = net.rebuild
        self.seen: list[set[bytes]] = []  # by each member, in their order
        self.asked: list[tuple[set[bytes], int]] = []  # the clips, and the member fitted last
        self.fitting = False

    def rebuild(self, i):
        member = self.inner(i)
        fit, predict = member.fit, member.predict_proba

        def fit_noted(train, valid, how):
            self.seen.append({row.tobytes() for row in train.x})
            self.fitting = True
            fit(train, valid, how)  # in which some look at their own figures
            self.fitting = False

        def predict_noted(x):
            if not self.fitting:
                self.asked.append(({row.tobytes() for row in x}, len(self.seen) - 1))
            return predict(x)

        member.fit, member.predict_proba = fit_noted, predict_noted
        return member


class Stack(NamedTuple):
    net: Any
    seen: list[set[bytes]]
    asked: list[tuple[set[bytes], int]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    net = built("cnn+svm", combine="stack")
    watch = Watch(net)
    net.rebuild = watch.rebuild
    net.fit(part(24, 0), part(12, 1), FitSettings(TRAINING, seed=0, state=tmp_path_factory.mktemp("stack")))
    return Stack(net, watch.seen, [*watch.asked])


def test_it_is_the_mean_of_its_members_calibrated_probabilities(mean):
    net, epochs = mean
    x = part(6, 2).x
    cnn, svm = net.members
    assert cnn.temperature != 1
    np.testing.assert_allclose(net.uncalibrated(x), (cnn.predict_proba(x) + svm.predict_proba(x)) / 2)
    assert [(epoch.number, epoch.steps, epoch.cut_short) for epoch in epochs] == [(1, 2, False)]  # the net's steps


def test_features_that_are_streamed_give_the_same(stack):
    net, x = stack.net, part(6, 2).x
    np.testing.assert_allclose(net.uncalibrated(Streamed(x.shape, x.__getitem__)), net.uncalibrated(x), atol=1e-6)
    row = MemberInput("some", [(0, 2), (5, 9)], (3, 2))
    flat = np.arange(40.0).reshape(4, 10)
    np.testing.assert_array_equal(row.of(Streamed(flat.shape, flat.__getitem__))[:], row.of(flat))


def test_stacked_it_is_a_regression_on_what_they_say_of_clips_they_have_not_seen(stack, mean):
    net, x = stack.net, part(6, 2).x
    p = net.uncalibrated(x)
    assert p.shape == (6, 3)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    said = net._log_probs(net.members, x)
    np.testing.assert_allclose(p, net.head.uncalibrated(said))
    assert not np.allclose(p, mean[0].uncalibrated(x), atol=1e-3)


def test_the_regression_has_seen_no_clip_through_a_member_that_was_fitted_on_it(stack):
    assert len(stack.seen) == 2 * 3
    train = {row.tobytes() for row in part(24, 0).x}
    of_train = [clips for clips, _ in stack.asked if clips & train]
    assert len(set().union(*of_train)) == 24
    for clips, last in stack.asked:
        fold = slice(last - last % 2, last + 1)
        assert all(not clips & known for known in stack.seen[fold])


@pytest.mark.parametrize("which", ["mean", "stack"])
def test_saved_and_loaded_it_says_the_same(which, tmp_path, request):
    net = request.getfixturevalue(which)[0]
    x = part(6, 2).x
    net.save(tmp_path)
    again = factory.load(tmp_path)
    np.testing.assert_allclose(again.predict_proba(x), net.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(again.embed(x), net.embed(x), atol=1e-4)
    assert {layer.name.split(".")[0] for layer in again.layers()} == {"cnn", "svm"}


def test_each_members_hyperparameters_are_under_its_name():
    net = built("cnn+svm", **{"cnn.conv1.units": 48, "svm.kernel": "linear"})
    assert next(layer for layer in net.layers() if layer.name == "cnn.conv1").output_shape[-1] == 48
    assert net.members[1].pipeline.get_params()["svm__kernel"] == "linear"
    with pytest.raises(ConfigError, match=r"unknown hyperparameter 'hp\.conv1\.units'; did you mean 'cnn"):
        built("cnn+svm", **{"conv1.units": 48})


def test_each_member_has_its_own_slices_and_recipe(monkeypatch):
    from genrelab.models import svm

    monkeypatch.setattr(svm, "TRAINING_DEFAULTS", {"slices.seconds": 1.0, "training.epochs": 3}, raising=False)
    loaded = config.load(overrides={"features.mel.frames": "60"})
    cnn, other = ensemble_spec.load("cnn+svm", loaded).members
    assert (cnn.slicing, other.slicing.width) == (None, 21)
    assert (cnn.training.epochs, other.training.epochs) == (25, 3)


def test_a_preset_is_that_of_the_members_that_know_it():
    given = config.load(overrides={"hp.crnn.conv1.units": "48", "members.cnn.training.epochs": "2"})
    values = hyperparameters.preset(ensemble_spec.load("cnn+crnn+resnet", given), "recipe")
    settled = given.with_preset(values)
    recipes = {name: plugins.load("models", name).PRESETS["recipe"] for name in ("cnn", "crnn")}
    members = {member.name: member for member in ensemble_spec.load("cnn+crnn+resnet", settled).members}
    assert members["cnn"].training.epochs == 2  # what is given beside it counts
    assert members["cnn"].training.batch_size == recipes["cnn"]["training.batch_size"]
    assert members["crnn"].training.epochs == recipes["crnn"]["training.epochs"]
    assert (settled.hp["crnn.conv1.units"], settled.hp["crnn.conv2.units"]) == (48, recipes["crnn"]["conv2.units"])
    alone = ensemble_spec.load("cnn+resnet", config.load()).members[1]
    assert members["resnet"] == alone  # it has none of that name


def test_what_is_given_for_all_members_counts_beside_a_preset():
    given = config.load(overrides={"epochs": "3"})
    settled = given.with_preset(hyperparameters.preset(ensemble_spec.load("crnn+svm", given), "recipe"))
    crnn, svm = ensemble_spec.load("crnn+svm", settled).members
    assert (crnn.training.epochs, svm.training.epochs) == (3, 3)
    assert (crnn.slicing.width > 0, svm.slicing) == (True, None)


def test_a_preset_that_no_member_knows_is_said():
    with pytest.raises(ConfigError, match=r"model 'cnn\+svm' has no preset 'recipes'; did you mean 'recipe'"):
        hyperparameters.preset(ensemble_spec.load("cnn+svm", config.load()), "recipes")


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("cnn+svm", "members.crnn.training.epochs", r"^members\.crnn\.training\.epochs: ensemble 'cnn\+svm' has no"),
        ("cnn", "members.cnn.training.epochs", r"^members\.cnn\.training\.epochs: model 'cnn' is not an ensemble"),
        ("cnn+svm", "members.cn.training.epochs", r"there is no 'cn' among the models; did you mean 'cnn'"),
        ("cnn+svm", "members.cnn.training.epoch", r"per member; did you mean 'training\.epochs'"),
        ("cnn+svm", "members.cnn.conv1.units", r"Hyperparameters are hp\.cnn\.conv1\.units"),
        ("cnn+svm", "members.cnn.slices.hop", r"^members\.cnn: parameter 'slices\.hop': it is 3, but there are no sl"),
    ],
)
def test_a_members_recipe_that_is_none_is_said(name, given, message):
    with pytest.raises(ConfigError, match=message):
        ensemble_spec.load(name, config.load(overrides={given: "3"}))


@pytest.mark.parametrize(
    ("given", "value", "message"),
    [
        ("members.cnn.training.epochs", "none", r"^members\.cnn: parameter 'training\.epochs' is wrong"),
        (
            "members.cnn.training.epochs",
            ".inf",
            r"'members\.cnn\.training\.epochs' is wrong: it must be a finite number",
        ),
        (
            "members.cnn.training.epochs",
            "[1]",
            r"'members\.cnn\.training\.epochs' is wrong: it must be a finite number, a word",
        ),
        ("hp.cnn.conv1.units", "[1]", r"'hp\.cnn\.conv1\.units' is wrong: it must be a finite number, a word"),
    ],
)
def test_a_value_that_a_member_cannot_have_is_said(given, value, message):
    with pytest.raises(ConfigError, match=message):
        ensemble_spec.load("cnn+svm", config.load(overrides={given: value}))


def test_a_members_recipe_is_part_of_the_configs_hash_however_it_is_written():
    def hashed(**members):
        return config.load(overrides={f"members.cnn.{name}": value for name, value in members.items()}).config_hash

    assert hashed() == hashed(**{"training.epochs": ""}) == config.load().config_hash
    assert hashed(**{"training.epochs": "3"}) == hashed(epochs="3") == hashed(**{"training.epochs": "3.0"})
    assert hashed(**{"slices.seconds": "3"}) == hashed(**{"slices.seconds": "3.0"})
    assert len({hashed(), hashed(epochs="3"), hashed(**{"slices.seconds": "3"})}) == 3


@pytest.mark.parametrize(
    ("name", "message"), [("cnn+cnn", "each model once"), ("cnn+cmn", "no 'cmn' among the models; did you mean 'cnn'")]
)
def test_names_that_make_none_are_said(name, message):
    with pytest.raises(ConfigError, match=message):
        Ensemble(name, config.load())
