"""What every model of the catalog keeps: shapes, probabilities, seeds, saving, input it cannot take."""

import re
from pathlib import Path

import numpy as np
import pytest

from genrelab import catalog, classifier, hyperparameters
from genrelab.classifier import Part
from genrelab.config import Training
from genrelab.errors import ConfigError, ModelError

MODELS = catalog.names("models")
SHAPE = (128, 160)  # the thesis's bands and a quarter of its frames
CLASSES = 3
TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)


def part(n: int = 12, seed: int = 0, shape=SHAPE) -> Part:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % CLASSES
    x = rng.uniform(-80, 0, (n, *shape))
    x[:, :40] += 20 * y[:, None, None]
    return Part(x.astype(np.float32), y)


def built(name: str, shape=SHAPE, **overrides):
    module = catalog.load("models", name)
    hp = hyperparameters.choose(module, overrides, shape, CLASSES)
    return classifier.build(module, hp, shape, CLASSES, seed=0)


def fitted(name: str, state: Path):
    net = built(name)
    epochs = []
    net.fit(part(), part(6, 1), training=TRAINING, seed=0, state=state, on_epoch=epochs.append)
    return net, epochs


@pytest.fixture(scope="module", params=MODELS)
def trained(request, tmp_path_factory):
    return request.param, *fitted(request.param, tmp_path_factory.mktemp(request.param))


def test_its_docstring_says_where_it_is_from(trained):
    doc = catalog.load("models", trained[0]).__doc__
    assert len(doc) > 100
    assert any(str(year) in doc for year in range(1995, 2030))


def test_its_features_are_known(trained):
    features = catalog.load("models", trained[0]).FEATURES
    assert features
    assert set(features) <= set(catalog.names("features"))


def test_probabilities_are_finite_and_sum_to_one(trained):
    p = trained[1].predict_proba(part(5, 2).x)
    assert p.shape == (5, CLASSES)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


def test_a_clip_is_judged_alike_alone_and_among_others(trained):
    x = part(5, 2).x
    np.testing.assert_allclose(trained[1].predict_proba(x[3:4])[0], trained[1].predict_proba(x)[3], atol=1e-5)


def test_its_embedding_is_finite_and_a_clips_own(trained):
    x = part(5, 2).x
    found = trained[1].embed(x)
    assert found.ndim == 2
    assert len(found) == 5
    assert np.isfinite(found).all()
    np.testing.assert_allclose(trained[1].embed(x[3:4])[0], found[3], atol=1e-4)
    assert not np.allclose(found[0], found[1])


def test_silence_is_taken(trained):
    assert np.isfinite(trained[1].predict_proba(np.full((1, *SHAPE), -80, np.float32))).all()


def test_its_epochs_tell_loss_and_accuracy_of_train_and_valid(trained):
    (epoch,) = trained[2]
    assert set(epoch.figures) == {"train_loss", "train_accuracy", "valid_loss", "valid_accuracy"}
    assert all(np.isfinite(value) for value in epoch.figures.values())


def test_saved_and_loaded_it_says_the_same(trained, tmp_path):
    trained[1].save(tmp_path)
    x = part(5, 2).x
    np.testing.assert_allclose(classifier.load(tmp_path).predict_proba(x), trained[1].predict_proba(x), atol=1e-6)


def test_its_temperature_is_a_part_of_it(trained, tmp_path):
    x, net = part(5, 2).x, trained[1]
    before = net.predict_proba(x)
    net.temperature = 2.5
    try:
        net.save(tmp_path)
        after = net.predict_proba(x)
    finally:
        net.temperature = 1.0
    loaded = classifier.load(tmp_path)
    assert loaded.temperature == 2.5
    np.testing.assert_allclose(loaded.predict_proba(x), after, atol=1e-6)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    np.testing.assert_allclose(loaded.uncalibrated(x), before, atol=1e-6)
    (tmp_path / classifier.TEMPERATURE).unlink()  # as models of before there were temperatures
    np.testing.assert_allclose(classifier.load(tmp_path).predict_proba(x), before, atol=1e-6)


def test_the_same_seed_gives_the_same_classifier(trained, tmp_path):
    again, _ = fitted(trained[0], tmp_path)
    x = part(5, 2).x
    np.testing.assert_array_equal(again.predict_proba(x), trained[1].predict_proba(x))


def test_its_layers_are_listed(trained):
    layers = trained[1].layers()
    assert len(layers) >= 2
    assert all(layer.name and layer.kind for layer in layers)


@pytest.mark.parametrize("name", MODELS)
def test_it_takes_other_sizes(name):
    x = part(2, shape=(96, 100)).x
    net = built(name, (96, 100))
    if isinstance(net, classifier.SklearnClassifier):
        net.pipeline.fit(part(12, shape=(96, 100)).x, part(12).y)
    assert net.predict_proba(x).shape == (2, CLASSES)


@pytest.mark.parametrize("name", MODELS)
def test_every_hyperparameter_can_be_set_and_an_unknown_or_impossible_one_cannot(name):
    module = catalog.load("models", name)
    space = hyperparameters.choose(module, {}, SHAPE, CLASSES)
    module.build(space, SHAPE, CLASSES)
    assert space.space
    for hp in space.space:
        chosen = hyperparameters.choose(module, {hp.name: hp.default}, SHAPE, CLASSES)
        assert chosen.values[hp.name] == hp.default
        with pytest.raises(ConfigError, match=hp.name):
            hyperparameters.choose(module, {hp.name: -7}, SHAPE, CLASSES)
    with pytest.raises(ConfigError, match="did you mean"):
        hyperparameters.choose(module, {space.space[0].name + "x": 1}, SHAPE, CLASSES)


@pytest.mark.parametrize("name", MODELS)
def test_its_spaces_pick_hyperparameters_and_leave_the_rest(name):
    module = catalog.load("models", name)
    everything = {hp.name for hp in hyperparameters.searched(module, "all", {}, SHAPE, CLASSES).space}
    assert everything
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", word) for word in everything)
    for space in getattr(module, "SPACES", {}):
        picked = {hp.name for hp in hyperparameters.searched(module, space, {}, SHAPE, CLASSES).space}
        assert picked
        assert picked <= everything
        fixed = {next(iter(picked)): "anything"}
        with pytest.raises(ConfigError, match="leave out one"):
            hyperparameters.searched(module, space, fixed, SHAPE, CLASSES)
    with pytest.raises(ConfigError, match="'nothing-like-it' is no space of model"):
        hyperparameters.searched(module, "nothing-like-it", {}, SHAPE, CLASSES)


@pytest.mark.parametrize("name", MODELS)
def test_its_presets_are_within_its_ranges(name):
    module = catalog.load("models", name)
    for preset in getattr(module, "PRESETS", {}):
        chosen = hyperparameters.choose(module, hyperparameters.preset(module, preset), SHAPE, CLASSES)
        assert chosen.values
    with pytest.raises(ConfigError, match=f"no preset 'none' of model '{name}'"):
        hyperparameters.preset(module, "none")


@pytest.mark.parametrize("name", ["cnn"])
@pytest.mark.parametrize("shape", [(128, 10), (4, 660)])
def test_input_that_a_net_cannot_take_is_an_error_of_one_line(name, shape):
    with pytest.raises(ModelError, match=r"cannot take input of shape \(") as caught:
        built(name, shape)
    assert "\n" not in str(caught.value)


def test_the_thesiss_nets_have_the_thesiss_shapes():
    cnn = {layer.name: layer.output_shape for layer in built("cnn", (128, 660)).layers()}
    assert (cnn["pool1"], cnn["pool2"], cnn["dense"]) == ((63, 164, 32), (30, 40, 64), (64,))
    crnn = {layer.name: layer.output_shape for layer in built("crnn", (128, 660)).layers()}
    assert [crnn[f"pool{i}"] for i in (1, 2, 3, 4)] == [(64, 330, 64), (16, 165, 128), (4, 82, 128), (1, 41, 128)]
    assert (crnn["sequence"], crnn["gru1"], crnn["gru2"]) == ((41, 128), (41, 32), (32,))
    assert crnn["genre"] == (CLASSES,)


AUGMENTED = {
    "augment.gain": 6.0,
    "augment.noise": 40.0,
    "augment.shift": 0.25,
    "augment.mask": 0.2,
    "augment.mixup": 0.2,
}


@pytest.mark.parametrize("name", [name for name in MODELS if hasattr(catalog.load("models", name), "front")])
def test_a_net_can_be_trained_on_changed_clips_and_judges_them_unchanged(name, tmp_path):
    net, x = built(name, **AUGMENTED), part(5, 2).x
    net.fit(part(), part(6, 1), training=TRAINING, seed=0, state=tmp_path / "fit", on_epoch=lambda epoch: None)
    assert {"Gain", "AdditiveNoise", "TimeShift", "Masks"} <= {layer.kind for layer in net.layers()}
    p = net.predict_proba(x)
    np.testing.assert_array_equal(net.predict_proba(x), p)
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(classifier.load(tmp_path / "saved").predict_proba(x), p, atol=1e-6)
    assert {layer.kind for layer in built(name).layers()}.isdisjoint({"Gain", "AdditiveNoise", "TimeShift", "Masks"})


@pytest.mark.parametrize("name", MODELS)
def test_a_class_that_train_lacks_does_no_harm(name, tmp_path):
    net, data = built(name), part(12)
    kept = data.y != 1
    train = Part(data.x[kept], data.y[kept])
    net.fit(train, part(6, 1), training=TRAINING, seed=0, state=tmp_path / "fit", on_epoch=lambda epoch: None)
    p = net.predict_proba(data.x)
    assert p.shape == (12, CLASSES)
    assert np.isfinite(p).all()
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(classifier.load(tmp_path / "saved").predict_proba(data.x), p, atol=1e-6)
