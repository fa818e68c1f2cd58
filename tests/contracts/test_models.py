"""What every model of the catalog keeps: shapes, probabilities, seeds, saving, input it cannot take."""

import functools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from model_inputs import CLASSES, has_time, part, shape_of, silence
from sklearn.svm import SVC

from genrelab import plugins
from genrelab.classifiers import base, factory, hyperparameters
from genrelab.classifiers.factory import Examples
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.config import Training, load
from genrelab.errors import ConfigError, ModelError
from genrelab.layers.keras_backend import keras
from genrelab.models import Paper

MODELS = plugins.names("models")


DECLARED_ONCE = functools.cache(lambda module, shape, n: hyperparameters_of(module, json.loads(shape), n))
DECLARED = hyperparameters.declared


def hyperparameters_of(module, shape, n_classes):
    return DECLARED(module, shape if isinstance(shape, dict) else tuple(shape), n_classes)


@pytest.fixture
def declared_once(monkeypatch):
    """Remember what a model declares: it declares by being built, and would be built for each question."""
    monkeypatch.setattr(
        hyperparameters, "declared", lambda module, shape, n: DECLARED_ONCE(module, json.dumps(shape), n)
    )


TRAINING = Training(epochs=1, batch_size=8, early_stopping=0, restore_best=False)


def built(name: str, shape=None, **overrides):
    module, shape = plugins.load("models", name), shape or shape_of(name)
    hp = hyperparameters.choose(module, overrides, shape, CLASSES)
    return factory.build(module, hp, shape, CLASSES, seed=0)


def fit(net, train, valid, state: Path):
    epochs = []
    net.fit(train, valid, training=TRAINING, seed=0, state=state, on_epoch=epochs.append)
    return epochs


def fitted(name: str, state: Path):
    net, shape = built(name), shape_of(name)
    return net, fit(net, part(shape), part(shape, 6, 1), state)


@pytest.fixture(scope="module", params=MODELS)
def trained(request, tmp_path_factory):
    return request.param, *fitted(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture
def x(trained):
    return part(shape_of(trained[0]), 5, 2).x


def test_its_docstring_says_where_it_is_from(trained):
    doc = plugins.load("models", trained[0]).__doc__
    assert len(doc) > 100
    assert any(str(year) in doc for year in range(1995, 2030))


def test_its_features_are_known(trained):
    features = plugins.load("models", trained[0]).FEATURES
    assert features
    assert {kind for feature in features for kind in feature.split("+")} <= set(plugins.names("features"))


def test_it_says_what_its_paper_reports_and_what_differs(trained):
    paper = plugins.load("models", trained[0]).PAPER
    assert isinstance(paper, Paper)
    assert paper.cite
    assert paper.reported
    assert all(isinstance(text, str) for text in paper)


def test_its_recipe_is_of_settings_that_a_model_may_have(trained):
    recipe = getattr(plugins.load("models", trained[0]), "TRAINING_DEFAULTS", {})
    known = load().model_copy()
    for key, value in recipe.items():
        section, _, name = key.partition(".")
        assert section in ("slices", "training")
        assert type(getattr(getattr(known, section), name)) is type(value)


def test_probabilities_are_finite_and_sum_to_one(trained, x):
    p = trained[1].predict_proba(x)
    assert p.shape == (5, CLASSES)
    assert np.isfinite(p).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-9)


def test_a_clip_is_judged_alike_alone_and_among_others(trained, x):
    np.testing.assert_allclose(trained[1].predict_proba(x[3:4])[0], trained[1].predict_proba(x)[3], atol=1e-5)


def test_its_embedding_is_finite_and_a_clips_own(trained, x):
    found = trained[1].embed(x)
    assert found.ndim == 2
    assert len(found) == 5
    assert np.isfinite(found).all()
    np.testing.assert_allclose(trained[1].embed(x[3:4])[0], found[3], atol=1e-4)
    assert not np.allclose(found[0], found[1])


def test_a_pipelines_most_probable_class_is_its_decision(trained, x):
    pipeline = getattr(trained[1], "head", trained[1])
    if not isinstance(pipeline, SklearnClassifier):
        pytest.skip("a net has no decision beside its softmax")
    given = trained[1]._made_of(x) if pipeline is not trained[1] else x
    np.testing.assert_array_equal(pipeline.pipeline.predict(given), trained[1].predict_proba(x).argmax(axis=1))


def test_support_vector_machines_are_calibrated_in_one_way(trained):
    pipeline = getattr(trained[1], "head", trained[1])
    if not isinstance(pipeline, SklearnClassifier):
        pytest.skip("a net has no support vectors")
    found = [value for value in pipeline.pipeline.get_params().values() if isinstance(value, SVC)]
    assert not found, "take genrelab.models._svc.PairwiseSVC, whose probabilities agree with the machines' vote"


def test_silence_is_taken(trained):
    found = trained[1].predict_proba(silence(trained[0], shape_of(trained[0])))
    assert np.isfinite(found).all()


def test_its_epochs_tell_loss_and_accuracy_of_train_and_valid(trained):
    assert [epoch.number for epoch in trained[2]] == [*range(1, len(trained[2]) + 1)]
    for epoch in trained[2]:
        assert set(epoch.metrics) == {"train_loss", "train_accuracy", "valid_loss", "valid_accuracy"}
        assert all(np.isfinite(value) for value in epoch.metrics.values())


def test_saved_and_loaded_it_says_the_same(trained, x, tmp_path):
    trained[1].save(tmp_path)
    np.testing.assert_allclose(factory.load(tmp_path).predict_proba(x), trained[1].predict_proba(x), atol=1e-6)


def test_its_temperature_is_a_part_of_it(trained, x, tmp_path):
    net = trained[1]
    before = net.predict_proba(x)
    net.temperature = 2.5
    try:
        net.save(tmp_path)
        after = net.predict_proba(x)
    finally:
        net.temperature = 1.0
    loaded = factory.load(tmp_path)
    assert loaded.temperature == 2.5
    np.testing.assert_allclose(loaded.predict_proba(x), after, atol=1e-6)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    np.testing.assert_allclose(loaded.uncalibrated(x), before, atol=1e-6)


def test_a_model_of_before_there_were_temperatures_has_none(tmp_path):
    net = built("svm")
    fit(net, part(shape_of("svm")), part(shape_of("svm"), 6, 1), tmp_path)
    net.temperature = 2.5
    net.save(tmp_path)
    (tmp_path / base.TEMPERATURE).unlink()
    assert factory.load(tmp_path).temperature == 1


def test_the_same_seed_gives_the_same_classifier(trained, x, tmp_path):
    again, _ = fitted(trained[0], tmp_path)
    np.testing.assert_array_equal(again.predict_proba(x), trained[1].predict_proba(x))


def test_its_layers_are_listed(trained):
    layers = trained[1].layers()
    assert len(layers) >= 2
    assert all(layer.name and layer.kind for layer in layers)


# Nets whose dense layer has a weight for each place in time: in a wider spectrogram they are other nets.
FLATTENED = {"cnn", "pelchat_cnn"}
# So is a pipeline that is given a fixed number of windows; its own tests look at padding.
BY_WINDOWS = {"sigtia_dnn_rf"}


def test_padding_changes_nothing(trained, x, tmp_path):
    """A clip in a wider spectrogram, which is padded, has the probabilities that it has by itself."""
    name, net, _ = trained
    if not has_time(name):
        pytest.skip("its feature has no time")
    if name in FLATTENED | BY_WINDOWS:
        pytest.skip("it has a fixed width")
    more = silence(name, shape_of(name))[:, :, :1].repeat(37, axis=2).repeat(len(x), axis=0)
    wide = np.concatenate([x, more], axis=2)
    own = net
    if not isinstance(net, SklearnClassifier):
        own = built(name, (x.shape[1], wide.shape[2]))
        narrow_net, wide_net = (getattr(one, "below", one).net for one in (net, own))
        narrow_net.save_weights(tmp_path / "net.weights.h5")
        wide_net.load_weights(tmp_path / "net.weights.h5")
        if hasattr(net, "head"):
            own.head = net.head
    np.testing.assert_allclose(own.predict_proba(wide), net.predict_proba(x), atol=0.02)


# Padding by its value: 0 of cepstra, which SoundingFrames knows, and of pretrained nets' spectrograms.
GIVEN_THE_VALUE = {"deepak_lstm", "deepak_lstm_svm", "liang_transfer"}


def test_what_padding_holds_changes_nothing(trained, x):
    """Of one width, too, a net cannot tell by which value a short clip was filled up."""
    name, net, _ = trained
    if not has_time(name) or isinstance(net, SklearnClassifier) or name in GIVEN_THE_VALUE:
        pytest.skip("it has no padding, or knows its value")
    short, shorter = x.copy(), x.copy()
    short[:, :, -30:], shorter[:, :, -30:] = -80.0, -100.0
    np.testing.assert_allclose(net.predict_proba(short), net.predict_proba(shorter), atol=1e-4)


@pytest.mark.parametrize("name", [name for name in MODELS if has_time(name)])
def test_it_takes_other_widths(name, tmp_path):
    shape = shape_of(name, frames=shape_of(name)[-1] + 30)
    net = built(name, shape)
    if isinstance(net, KerasClassifier):
        assert net.net.output_shape == (None, CLASSES)
        return
    fit(net, part(shape), part(shape, 6, 1), tmp_path)
    assert net.predict_proba(part(shape, 2).x).shape == (2, CLASSES)


@pytest.mark.parametrize("name", ["cnn", "crnn", "svm"])
def test_it_takes_other_numbers_of_bands(name, tmp_path):
    net, data = built(name, (96, 100)), part((96, 100))
    fit(net, data, data, tmp_path)
    assert net.predict_proba(data.x).shape == (12, CLASSES)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("declared_once")
def test_every_hyperparameter_can_be_set_and_an_unknown_or_impossible_one_cannot(name):
    module, shape = plugins.load("models", name), shape_of(name)
    space = hyperparameters.choose(module, {}, shape, CLASSES)
    module.build(space, shape, CLASSES)
    assert space.space
    for hp in space.space:
        chosen = hyperparameters.choose(module, {hp.name: hp.default}, shape, CLASSES)
        assert chosen.values[hp.name] == hp.default
        with pytest.raises(ConfigError, match=hp.name):
            hyperparameters.choose(module, {hp.name: -7}, shape, CLASSES)
    with pytest.raises(ConfigError, match="did you mean"):
        hyperparameters.choose(module, {space.space[0].name + "x": 1}, shape, CLASSES)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("declared_once")
def test_its_spaces_pick_hyperparameters_and_leave_the_rest(name):
    module, shape = plugins.load("models", name), shape_of(name)
    everything = {hp.name for hp in hyperparameters.searched(module, "all", {}, shape, CLASSES).space}
    assert everything
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", word) for word in everything)
    for space in getattr(module, "SPACES", {}):
        picked = {hp.name for hp in hyperparameters.searched(module, space, {}, shape, CLASSES).space}
        assert picked
        assert picked <= everything
        fixed = {next(iter(picked)): "anything"}
        with pytest.raises(ConfigError, match="leave out one"):
            hyperparameters.searched(module, space, fixed, shape, CLASSES)
    with pytest.raises(ConfigError, match="'nothing-like-it' is no space of model"):
        hyperparameters.searched(module, "nothing-like-it", {}, shape, CLASSES)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("declared_once")
def test_its_presets_are_within_its_ranges(name):
    module, shape = plugins.load("models", name), shape_of(name)
    for preset in getattr(module, "PRESETS", {}):
        chosen = hyperparameters.choose(module, hyperparameters.preset(module, preset), shape, CLASSES)
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


@pytest.mark.parametrize("name", [name for name in MODELS if hasattr(plugins.load("models", name), "front")])
def test_a_net_with_the_front_can_change_clips_in_training(name):
    assert {"Gain", "AdditiveNoise", "TimeShift", "Masks"} <= {
        layer.kind for layer in built(name, **AUGMENTED).layers()
    }


def test_a_net_is_trained_on_changed_clips_and_judges_them_unchanged(tmp_path):
    shape = shape_of("cnn")
    net, x = built("cnn", **AUGMENTED), part(shape, 5, 2).x
    fit(net, part(shape), part(shape, 6, 1), tmp_path / "fit")
    p = net.predict_proba(x)
    np.testing.assert_array_equal(net.predict_proba(x), p)
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(factory.load(tmp_path / "saved").predict_proba(x), p, atol=1e-6)


# A net's softmax knows no difference between classes: the CNN stands for all.
@pytest.mark.parametrize(
    "name",
    ["cnn", *(n for n in MODELS if plugins.load("models", n).build.__annotations__["return"] is not keras.Model)],
)
def test_a_class_that_train_lacks_does_no_harm(name, tmp_path):
    shape = shape_of(name)
    net, data = built(name), part(shape)
    kept = data.y != 1
    fit(net, Examples(data.x[kept], data.y[kept]), part(shape, 6, 1), tmp_path / "fit")
    p = net.predict_proba(data.x)
    assert p.shape == (12, CLASSES)
    assert np.isfinite(p).all()
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(factory.load(tmp_path / "saved").predict_proba(data.x), p, atol=1e-6)
