"""The contract of models: shapes, probabilities, seeds, saving, hyperparameters that can be set and searched."""

import math
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import Classifier, Epoch, Examples, FitSettings
from genrelab.config import MODEL_DEFAULTS, Training, load_or_default
from genrelab.errors import ConfigError
from genrelab.models import Paper
from genrelab.plugins import ModelModule

CLASSES = 3
TRAINING = Training(epochs=1, batch_size=6, early_stopping=0, restore_best=False, minutes=0.0)
NEAR = 0.03  # tolerance of probabilities in two precisions
METRICS = {"train_loss", "train_accuracy", "valid_loss", "valid_accuracy"}
Shape = tuple[int, ...] | dict[str, tuple[int, ...]]


class TrainedModel(NamedTuple):
    """A model trained for an epoch on made-up clips."""

    module: ModelModule
    shape: Shape  # of its input
    classifier: Classifier
    epochs: list[Epoch]

    @property
    def x(self) -> np.ndarray:
        """Five clips that it has not seen: float32 (5, *shape)."""
        return np.asarray(examples(self.shape, 5, 2).x)


def check_model(name: str, *, frames: int = 0) -> None:
    """Check a model on made-up input in the shape of its first feature at default parameters.

    `frames` sets the width of that input, if it has time, so that a net trains in less time. Raises AssertionError that
    says what is wrong, ConfigError if there is no such model.
    """
    model = train(name, input_shape(name, frames))
    for check in CHECKS:
        check(model)


def input_shape(name: str, frames: int = 0) -> Shape:
    """Return a model's input shape for its first feature at default parameters, or with that many frames."""
    shapes = {}
    for kind in plugins.load("models", name).FEATURES[0].split("+"):
        feature = plugins.load("features", kind)
        wide = frames and "frames" in feature.Params.model_fields
        shapes[kind] = feature.shape(feature.Params(frames=frames) if wide else feature.Params())
    return shapes if len(shapes) > 1 else next(iter(shapes.values()))


def train(name: str, shape: Shape) -> TrainedModel:
    """Return the model, built with its defaults and trained for an epoch."""
    module = plugins.load("models", name)
    hp = hyperparameters.choose(module, {}, shape, CLASSES)
    classifier = factory.build(module, hp, shape, CLASSES, seed=0)
    epochs: list[Epoch] = []
    with tempfile.TemporaryDirectory() as state:
        classifier.fit(
            examples(shape),
            examples(shape, 6, 1),
            FitSettings(TRAINING, 0, Path(state), epochs.append),
        )
    return TrainedModel(module, shape, classifier, epochs)


def flat(shape: Shape) -> tuple[int, ...]:
    """Return the shape of a clip's array: joined features are one row."""
    return (sum(map(math.prod, shape.values())),) if isinstance(shape, Mapping) else shape


def examples(shape: Shape, n: int = 12, seed: int = 0) -> Examples:
    """Return `n` clips of CLASSES classes in -80...40, which differ in a third of the rows."""
    shape, rng = flat(shape), np.random.default_rng(seed)
    y = np.arange(n) % CLASSES
    x = rng.uniform(-80, 0, (n, *shape))
    x[:, : max(1, shape[0] // 3)] += 20 * y.reshape(-1, *[1] * len(shape))
    return Examples(x.astype(np.float32), y)


def silence(module: ModelModule, shape: Shape) -> np.ndarray:
    """Return a clip of nothing but padding, or of zeros for features without time."""
    kind, *others = module.FEATURES[0].split("+")
    feature = plugins.load("features", kind)
    pad_value = getattr(feature, "pad_value", None)
    value = 0.0 if others or pad_value is None else pad_value(feature.Params())
    return np.full((1, *flat(shape)), value, np.float32)


def says_what_it_is(model: TrainedModel) -> None:
    """It has a docstring with a year, known features, and defaults only for settings that a model may have."""
    doc = model.module.__doc__ or ""
    assert len(doc) > 100, "its docstring must say where it comes from, its input, and its reported figures"
    assert re.search(r"\b(19|20)\d\d\b", doc), "its docstring gives no year of its source"
    features = model.module.FEATURES
    assert features, "its FEATURES are empty"
    unknown = {kind for feature in features for kind in feature.split("+")} - {*plugins.names("features")}
    assert not unknown, f"its FEATURES name {', '.join(sorted(unknown))}, but there is no such feature"
    for key, value in getattr(model.module, "TRAINING_DEFAULTS", {}).items():
        assert key in MODEL_DEFAULTS, f"its TRAINING_DEFAULTS set {key}, may only set {', '.join(MODEL_DEFAULTS)}"
        kind = type(MODEL_DEFAULTS[key])
        assert type(value) is kind, f"TRAINING_DEFAULTS[{key!r}] must be {kind.__name__}, got {value!r}"
    paper = getattr(model.module, "PAPER", None)
    assert paper is None or (isinstance(paper, Paper) and paper.cite and paper.reported), "its PAPER is incomplete"


def gives_probabilities(model: TrainedModel) -> None:
    """They are finite, sum to one, and are the same for a clip alone and among others."""
    p = model.classifier.predict_proba(model.x)
    assert p.shape == (5, CLASSES), f"probabilities have the shape {p.shape}, must have {(5, CLASSES)}"
    assert np.isfinite(p).all(), "probabilities are not finite"
    assert np.allclose(p.sum(axis=1), 1, atol=1e-9), "probabilities do not sum to 1"
    alone = model.classifier.predict_proba(model.x[3:4])[0]
    assert np.allclose(alone, p[3], atol=1e-5), "a clip has different probabilities alone and among others"


def takes_silence(model: TrainedModel) -> None:
    """A clip of nothing but padding has finite probabilities."""
    p = model.classifier.predict_proba(silence(model.module, model.shape))
    assert np.isfinite(p).all(), "the probabilities of silence are not finite"


def embeds(model: TrainedModel) -> None:
    """Its embedding is finite, two-dimensional, and the same for a clip alone and among others."""
    found = model.classifier.embed(model.x)
    assert found.ndim == 2, f"embeddings have {found.ndim} dimensions, must have 2"
    assert len(found) == 5, f"5 clips have {len(found)} embeddings"
    assert np.isfinite(found).all(), "embeddings are not finite"
    alone = model.classifier.embed(model.x[3:4])[0]
    assert np.allclose(alone, found[3], atol=1e-4), "a clip has different embeddings alone and among others"
    probabilities, embeddings = model.classifier.answer(model.x)
    assert np.allclose(embeddings, found, atol=1e-4), "embeddings differ if asked for with probabilities"
    assert np.allclose(probabilities, model.classifier.predict_proba(model.x), atol=1e-4), (
        "probabilities differ if asked for with embeddings"
    )
    assert not np.allclose(found[0], found[1]), "two clips have the same embedding"


def reports_its_epochs(model: TrainedModel) -> None:
    """Epochs are numbered from 1, with finite loss and accuracy of train and valid."""
    numbers = [epoch.number for epoch in model.epochs]
    assert numbers == [*range(1, len(numbers) + 1)], f"its epochs are numbered {numbers}"
    assert numbers, "it reports no epoch"
    for epoch in model.epochs:
        assert set(epoch.metrics) == METRICS, f"an epoch reports {', '.join(epoch.metrics)}"
        assert np.isfinite([*epoch.metrics.values()]).all(), f"epoch {epoch.number} reports {epoch.metrics}"


def lists_its_layers(model: TrainedModel) -> None:
    """It has two layers or more, with names and kinds."""
    layers = model.classifier.layers()
    assert len(layers) >= 2, f"it lists {len(layers)} layer, must list input to output"
    assert all(layer.name and layer.kind for layer in layers), "a layer lacks its name or kind"


def is_the_same_when_loaded(model: TrainedModel) -> None:
    """Saved and loaded, it gives the same probabilities, with its temperature."""
    net, x = model.classifier, model.x
    before = net.predict_proba(x)
    with tempfile.TemporaryDirectory() as folder:
        net.temperature, usual = 2.5, net.temperature
        try:
            net.save(Path(folder))
            after = net.predict_proba(x)
        finally:
            net.temperature = usual
        loaded = factory.load(Path(folder))
        assert loaded.temperature == 2.5, "its temperature is lost when it is saved"
        assert np.allclose(loaded.predict_proba(x), after, atol=1e-6), "loaded, it gives different probabilities"
        assert np.allclose(loaded.uncalibrated(x), before, atol=1e-6), "loaded, it gives others before calibration"
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all(), "the temperature changes its decisions"


def is_the_same_for_the_same_seed(model: TrainedModel) -> None:
    """Trained again with the same seed, it gives the same probabilities."""
    name = model.module.__name__.rpartition(".")[2]
    hp = hyperparameters.choose(model.module, {}, model.shape, CLASSES)
    again = factory.build(model.module, hp, model.shape, CLASSES, seed=0)
    with tempfile.TemporaryDirectory() as state:
        again.fit(examples(model.shape), examples(model.shape, 6, 1), FitSettings(TRAINING, seed=0, state=Path(state)))
    same = np.array_equal(again.predict_proba(model.x), model.classifier.predict_proba(model.x))
    assert same, f"{name} trained again with the same seed gives different probabilities"


def computes_in_bfloat16(model: TrainedModel) -> None:
    """A net trains in bfloat16, and then gives nearly the same probabilities as in float32 with the same weights."""
    if not model.classifier.by_epochs:
        return
    hp = hyperparameters.choose(model.module, {}, model.shape, CLASSES)
    half, single = (_built(model, hp), _built(model, hp))
    training = TRAINING.with_values(precision="bfloat16")
    epochs: list[Epoch] = []
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        half.fit(examples(model.shape), examples(model.shape, 6, 1), FitSettings(training, 0, state, epochs.append))
        half.save(state)
        p, loaded = half.predict_proba(model.x), factory.load(state).predict_proba(model.x)
        assert np.isfinite([*epochs[0].metrics.values()]).all(), f"in bfloat16 it reports {epochs[0].metrics}"
        assert np.allclose(p.sum(axis=1), 1, atol=1e-9), "in bfloat16, probabilities do not sum to 1"
        assert np.allclose(loaded, p, atol=1e-6), "trained in bfloat16 and loaded, it gives different probabilities"
        if not hasattr(half, "net"):
            return  # a pipeline classifies the net's outputs
        half.net.save_weights(state / "net.weights.h5")
        single.net.load_weights(state / "net.weights.h5")
    apart = np.abs(p - single.predict_proba(model.x)).max()
    assert apart < NEAR, f"in bfloat16, probabilities are {apart:.3f} from float32's; see genrelab.layers.precision"


def _built(model: TrainedModel, hp: Any) -> Any:
    return factory.build(model.module, hp, model.shape, CLASSES, seed=0)


def declares_its_hyperparameters(model: TrainedModel) -> None:
    """Each can be set to its default, none to nonsense; spaces pick some of them, presets lie within their ranges."""
    module, shape = model.module, model.shape
    declared = hyperparameters.declared(module, shape, CLASSES)
    assert declared, "it asks hp for nothing, so nothing can be tuned"
    for name, hp in declared.items():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name), f"the hyperparameter '{name}' has an unusable name"
        hyperparameters.checked(hp, hp.default)
        try:
            hyperparameters.checked(hp, -7)
        except ConfigError:
            continue
        raise AssertionError(f"the hyperparameter '{name}' accepts -7")
    for space in getattr(module, "SPACES", {}):
        picked = hyperparameters.searched(module, space, {}, shape, CLASSES).space
        assert picked, f"its space '{space}' picks nothing"
    for preset in getattr(module, "PRESETS", {}):
        settings = load_or_default().with_preset(hyperparameters.preset(module, preset))
        hyperparameters.choose(module, settings.hp, shape, CLASSES)


CHECKS: tuple[Callable[[TrainedModel], Any], ...] = (
    says_what_it_is,
    gives_probabilities,
    takes_silence,
    embeds,
    reports_its_epochs,
    lists_its_layers,
    is_the_same_when_loaded,
    is_the_same_for_the_same_seed,
    computes_in_bfloat16,
    declares_its_hyperparameters,
)
