"""What every model of the catalog keeps: shapes, probabilities, seeds, saving, input it cannot take."""

import functools
import json
import re
from pathlib import Path

import heap
import numpy as np
import pytest
from model_inputs import CLASSES, has_time, part, shape_of
from sklearn.svm import SVC

from genrelab import config, plugins, testing
from genrelab.classifiers import base, factory, hyperparameters
from genrelab.classifiers.base import FitSettings
from genrelab.classifiers.factory import Examples
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.config import Training
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


TRAINING = Training(epochs=1, batch_size=6, early_stopping=0, restore_best=False)


# Of fewer trees the same can be said in less time.
SMALL = {"elbir_forest": {"trees": 100}, "sigtia_dnn_rf": {"trees": 100}}


def built(name: str, shape=None, **overrides):
    module, shape = plugins.load("models", name), shape or shape_of(name)
    hp = hyperparameters.choose(module, overrides, shape, CLASSES)
    return factory.build(module, hp, shape, CLASSES, seed=0)


IN_BFLOAT16 = testing.models.computes_in_bfloat16  # two trainings of each net
SAME_SEED = testing.models.is_the_same_for_the_same_seed  # one more
# Nets are traced for seconds at each training: `make test` trains the thesis's again, all others at night.
OFTEN = [
    name
    if name in ("cnn", "crnn") or plugins.load("models", name).build.__annotations__["return"] is not keras.Model
    else pytest.param(name, marks=pytest.mark.long)
    for name in MODELS
]


def named(check) -> str:
    return check.__name__


def fit(net, train, valid, state: Path):
    epochs = []
    net.fit(train, valid, FitSettings(TRAINING, 0, state, epochs.append))
    return epochs


@pytest.fixture(scope="module", params=MODELS)
def model(request):
    heap.put_aside()  # the graphs that TensorFlow keeps of the last model
    return testing.models.train(request.param, shape_of(request.param))


@pytest.mark.parametrize(
    "check", [check for check in testing.models.CHECKS if check not in (IN_BFLOAT16, SAME_SEED)], ids=named
)
def test_it_keeps_what_models_of_other_packages_must_keep_too(model, check):
    check(model)


@pytest.mark.parametrize("model", OFTEN, indirect=True)
def test_it_is_the_same_for_the_same_seed(model):
    SAME_SEED(model)


@pytest.mark.long
def test_it_computes_in_bfloat16(model):
    IN_BFLOAT16(model)


def test_a_net_computes_in_bfloat16():
    IN_BFLOAT16(testing.models.train("cnn", shape_of("cnn")))


def test_it_says_what_its_paper_reports_and_what_differs(model):
    paper = model.module.PAPER
    assert isinstance(paper, Paper)
    assert paper.cite
    assert paper.reported
    assert all(isinstance(text, str) for text in paper)


def test_a_pipelines_most_probable_class_is_its_decision(model):
    pipeline = getattr(model.classifier, "head", model.classifier)
    if not isinstance(pipeline, SklearnClassifier):
        pytest.skip("a net has no decision beside its softmax")
    given = model.classifier._made_of(model.x) if pipeline is not model.classifier else model.x
    np.testing.assert_array_equal(
        pipeline.pipeline.predict(given), model.classifier.predict_proba(model.x).argmax(axis=1)
    )


def test_support_vector_machines_are_calibrated_in_one_way(model):
    pipeline = getattr(model.classifier, "head", model.classifier)
    if not isinstance(pipeline, SklearnClassifier):
        pytest.skip("a net has no support vectors")
    found = [value for value in pipeline.pipeline.get_params().values() if isinstance(value, SVC)]
    assert not found, "take genrelab.models._svc.PairwiseSVC, whose probabilities agree with the machines' vote"


def test_a_model_of_before_there_were_temperatures_has_none(tmp_path):
    net = built("svm")
    fit(net, part(shape_of("svm")), part(shape_of("svm"), 6, 1), tmp_path)
    net.temperature = 2.5
    net.save(tmp_path)
    (tmp_path / base.TEMPERATURE).unlink()
    assert factory.load(tmp_path).temperature == 1


# Nets whose dense layer has a weight for each place in time: in a wider spectrogram they are other nets.
FLATTENED = {"cnn", "pelchat_cnn"}
# So is a pipeline that is given a fixed number of windows; its own tests look at padding.
BY_WINDOWS = {"sigtia_dnn_rf"}


def test_padding_changes_nothing(model, tmp_path):
    """A clip in a wider spectrogram, which is padded, has the probabilities that it has by itself."""
    name, net, x = model.module.__name__.rpartition(".")[2], model.classifier, model.x
    if not has_time(name):
        pytest.skip("its feature has no time")
    if name in FLATTENED | BY_WINDOWS:
        pytest.skip("it has a fixed width")
    more = testing.models.silence(model.module, model.shape)[:, :, :1].repeat(37, axis=2).repeat(len(x), axis=0)
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


def test_what_padding_holds_changes_nothing(model):
    """Of one width, too, a net cannot tell by which value a short clip was filled up."""
    name, net, x = model.module.__name__.rpartition(".")[2], model.classifier, model.x
    if not has_time(name) or isinstance(net, SklearnClassifier) or name in GIVEN_THE_VALUE:
        pytest.skip("it has no padding, or knows its value")
    short, shorter = x.copy(), x.copy()
    short[:, :, -30:], shorter[:, :, -30:] = -80.0, -100.0
    np.testing.assert_allclose(net.predict_proba(short), net.predict_proba(shorter), atol=1e-4)


def wide_shape_of(name):
    """The shape of its feature, with more frames than the others' tests have."""
    shape = shape_of(name)
    return shape_of(name, frames=shape[-1] + 30) if has_time(name) else shape


# A net's softmax knows no difference between classes: the CNN stands for all where train lacks one.
NETS = [name for name in MODELS if plugins.load("models", name).build.__annotations__["return"] is keras.Model]


# The others are fitted at this width where train lacks a class, below.
@pytest.mark.parametrize("name", NETS)
def test_it_takes_other_widths(name):
    assert built(name, wide_shape_of(name)).net.output_shape == (None, CLASSES)


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
    with pytest.raises(ConfigError, match="'nothing-like-it' is not a space of model"):
        hyperparameters.searched(module, "nothing-like-it", {}, shape, CLASSES)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.usefixtures("declared_once")
def test_its_presets_are_within_its_ranges(name):
    module, shape = plugins.load("models", name), shape_of(name)
    for preset in getattr(module, "PRESETS", {}):
        settings = config.load().with_preset(hyperparameters.preset(module, preset))
        assert hyperparameters.choose(module, settings.hp, shape, CLASSES).values
    with pytest.raises(ConfigError, match=f"model '{name}' has no preset 'none'"):
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
    "augment.equaliser": 10.0,
    "augment.pitch": 0.03,
    "augment.gain": 6.0,
    "augment.noise": 40.0,
    "augment.shift": 0.25,
    "augment.mask": 0.2,
    "augment.mixup": 0.2,
}


@pytest.mark.parametrize("name", [name for name in MODELS if hasattr(plugins.load("models", name), "front")])
def test_a_net_with_the_front_can_change_clips_in_training(name):
    kinds = {layer.kind for layer in built(name, **AUGMENTED).layers()}
    assert {"Equaliser", "PitchShift", "Gain", "AdditiveNoise", "TimeShift", "Masks"} <= kinds


def test_a_net_is_trained_on_changed_clips_and_judges_them_unchanged(tmp_path):
    shape = shape_of("cnn")
    net, x = built("cnn", **AUGMENTED), part(shape, 5, 2).x
    fit(net, part(shape), part(shape, 6, 1), tmp_path / "fit")
    p = net.predict_proba(x)
    np.testing.assert_array_equal(net.predict_proba(x), p)
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(factory.load(tmp_path / "saved").predict_proba(x), p, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", *(name for name in MODELS if name not in NETS)])
def test_a_class_that_train_lacks_does_no_harm(name, tmp_path):
    shape = wide_shape_of(name)
    net, data = built(name, shape, **SMALL.get(name, {})), part(shape)
    kept = data.y != 1
    fit(net, Examples(data.x[kept], data.y[kept]), part(shape, 6, 1), tmp_path / "fit")
    p = net.predict_proba(data.x)
    assert p.shape == (12, CLASSES)
    assert np.isfinite(p).all()
    (tmp_path / "saved").mkdir()
    net.save(tmp_path / "saved")
    np.testing.assert_allclose(factory.load(tmp_path / "saved").predict_proba(data.x), p, atol=1e-6)


@pytest.mark.parametrize("few", [1, 2])
@pytest.mark.parametrize("name", MODELS)
def test_a_class_of_which_train_has_few_clips_does_no_harm(name, few, tmp_path):
    shape = shape_of(name)
    net, data = built(name, **SMALL.get(name, {})), part(shape, 24)
    if not isinstance(net, SklearnClassifier):
        pytest.skip("a net divides train no further")
    kept = np.sort(np.concatenate([np.flatnonzero(data.y != 1), np.flatnonzero(data.y == 1)[:few]]))
    fit(net, Examples(data.x[kept], data.y[kept]), part(shape, 6, 1), tmp_path)
    assert np.isfinite(net.predict_proba(data.x)).all()
