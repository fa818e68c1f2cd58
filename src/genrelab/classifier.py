"""Keras and scikit-learn models behind one protocol: fit, predict_proba, save, load.

A classifier owns its preprocessing (normalisation is a layer or a pipeline step, fitted on the training part alone),
so that serving cannot differ from training. Inputs are features as the store holds them: float32,
shape (clips, *feature shape); targets are class indices, int, shape (clips,). Its probabilities are those of the
fitted model at a temperature, which is saved beside the model; see genrelab.temperature.
"""

import dataclasses
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from genrelab import metrics, temperature
from genrelab.config import Training
from genrelab.errors import ModelError
from genrelab.slicing import Slicing

BATCH = 32  # clips predicted at a time
TEMPERATURE = "temperature.json"
SLICES = "slices.json"
CLASSES = "classes.json"  # their number, which a pipeline does not know if some were missing from its training
MIXUP = "augment.mixup"  # the hyperparameter that says how strongly clips are mixed in training
TRUSTED = ("sklearn.", "genrelab.models.")  # whose classes a saved pipeline may be made of


class Part(NamedTuple):
    """One part of a fold in numbers: features (clips, *shape) and class indices (clips,); or so of `unit`s."""

    x: np.ndarray
    y: np.ndarray
    unit: str = "clip"


class Epoch(NamedTuple):
    """What is known at the end of an epoch: its number from 1, figures by name, seconds taken."""

    number: int
    figures: dict[str, float]
    seconds: float


class Layer(NamedTuple):
    """One step of a model: name, kind, output shape without the batch axis (None: unknown), parameters."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    parameters: int


class Classifier(Protocol):
    """What training, serving and tuning need of a model, of whatever family."""

    temperature: float  # 1 until it is set

    def fit(
        self,
        train: Part,
        valid: Part,
        *,
        training: Training,
        seed: int,
        state: Path,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        """Fit on `train`, watching `valid`; `state` is a folder from which an interrupted fit goes on."""
        ...

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities at the temperature, float64 (clips, classes)."""
        ...

    def uncalibrated(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities as the fitted model gives them, float64 (clips, classes)."""
        ...

    def embed(self, x: np.ndarray) -> np.ndarray:
        """Return what the last step, which decides on the class, is given of each clip: float32 (clips, size)."""
        ...

    def layers(self) -> list[Layer]:
        """Return the steps from input to output."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted model into an existing folder."""
        ...


def build(
    module: Any,
    hp: Any,
    input_shape: tuple[int, ...],
    n_classes: int,
    seed: int,
    slicing: Slicing | None = None,
) -> Classifier:
    """Build the model of a module of models/ at the hyperparameters `hp`, with seeded weights.

    With `slicing`, `input_shape` is that of a slice; the classifier takes whole clips and cuts them itself.
    """
    from genrelab import hyperparameters
    from genrelab.backend import keras

    keras.utils.clear_session()  # what an earlier training in this process has left
    keras.utils.set_random_seed(seed)
    model = hyperparameters.build(module, hp, input_shape, n_classes)
    if isinstance(model, keras.Model):
        whole: Classifier = KerasClassifier(model, mixup=hp.values.get(MIXUP, 0.0))
    else:
        whole = SklearnClassifier(model, n_classes)
    return Sliced(whole, slicing) if slicing else whole


def load(folder: Path) -> Classifier:
    """Load what `save` wrote; nothing that is not in the folder or in this package is executed."""
    loaded = _load(folder)
    path = folder / SLICES
    if path.exists():
        loaded = Sliced(loaded, Slicing(**json.loads(path.read_text(encoding="utf-8"))))
    path = folder / TEMPERATURE
    if path.exists():  # models of before there were temperatures have none
        loaded.temperature = float(json.loads(path.read_text(encoding="utf-8"))["temperature"])
    return loaded


def _load(folder: Path) -> Classifier:
    if (path := folder / KerasClassifier.FILE).exists():
        return KerasClassifier(_load_net(path))
    if (path := folder / SklearnClassifier.FILE).exists():
        pipeline, classes = _load_pipeline(path), folder / CLASSES
        # Models of before the number was saved have seen every class.
        known = classes.exists()
        return SklearnClassifier(pipeline, json.loads(classes.read_text()) if known else len(pipeline.classes_))
    raise ModelError(f"{folder} holds neither {KerasClassifier.FILE} nor {SklearnClassifier.FILE}")


def _load_net(path: Path) -> Any:
    """Load a Keras net in safe mode, which takes no code, and no class but Keras's own and those of layers.py."""
    from genrelab import layers  # noqa: F401  whose classes Keras then knows by name
    from genrelab.backend import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path} holds what Keras does not load safely: {' '.join(str(error).split())}") from None


def _load_pipeline(path: Path) -> Any:
    """Load a scikit-learn pipeline whose classes are scikit-learn's or this package's."""
    import skops.io

    try:
        unknown = skops.io.get_untrusted_types(file=path)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ModelError(f"{path} is not a saved pipeline: {error}") from None
    foreign = [kind for kind in unknown if not kind.startswith(TRUSTED)]
    if foreign:
        raise ModelError(f"{path} holds {', '.join(foreign)}, which is neither scikit-learn's nor genrelab's")
    return skops.io.load(path, trusted=unknown)


class _Tempered:
    """What the families share: the temperature."""

    temperature = 1.0

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities at the temperature."""
        return temperature.apply(self.uncalibrated(x), self.temperature)

    def uncalibrated(self, x: np.ndarray) -> np.ndarray:
        """Return class probabilities as the fitted model gives them."""
        raise NotImplementedError

    def _save_temperature(self, folder: Path) -> None:
        text = json.dumps({"temperature": self.temperature})
        (folder / TEMPERATURE).write_text(text, encoding="utf-8")


class KerasClassifier(_Tempered):
    """A compiled Keras net that ends in a softmax."""

    FILE = "model.keras"

    def __init__(self, net: Any, mixup: float = 0.0) -> None:
        self.net, self.mixup = net, mixup

    def fit(
        self,
        train: Part,
        valid: Part,
        *,
        training: Training,
        seed: int,
        state: Path,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        """Fit epoch by epoch; see genrelab.fitting."""
        from genrelab.fitting import fit

        fit(self.net, train, valid, training=training, seed=seed, state=state, on_epoch=on_epoch, mixup=self.mixup)

    def uncalibrated(self, x: np.ndarray) -> np.ndarray:
        """Return softmax outputs, made to sum to 1 in double precision."""
        probabilities = self._outputs(self.net, x).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def embed(self, x: np.ndarray) -> np.ndarray:
        """Return the penultimate layer's output."""
        from genrelab.backend import keras

        return self._outputs(keras.Model(self.net.inputs, self.net.layers[-1].input), x).reshape(len(x), -1)

    @staticmethod
    def _outputs(net: Any, x: np.ndarray) -> np.ndarray:
        batches = range(0, len(x), BATCH)
        return np.concatenate([np.asarray(net.predict_on_batch(x[i : i + BATCH][..., np.newaxis])) for i in batches])

    def layers(self) -> list[Layer]:
        """Return the net's layers."""
        return [
            Layer(layer.name, type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
            for layer in self.net.layers
        ]

    def save(self, folder: Path) -> None:
        """Write model.keras, without the optimizer's state, and the temperature."""
        self.net.save(folder / self.FILE, include_optimizer=False)
        self._save_temperature(folder)


class SklearnClassifier(_Tempered):
    """A scikit-learn pipeline with predict_proba, which takes the features unflattened."""

    FILE = "model.skops"

    def __init__(self, pipeline: Any, n_classes: int) -> None:
        self.pipeline, self.n_classes = pipeline, n_classes

    def fit(
        self,
        train: Part,
        valid: Part,
        *,
        training: Training,
        seed: int,
        state: Path,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        """Fit in one go, as a single epoch."""
        seeds = {name: seed for name in self.pipeline.get_params() if name.split("__")[-1] == "random_state"}
        self.pipeline.set_params(**seeds)
        start = time.perf_counter()
        try:
            self.pipeline.fit(train.x, train.y)
        except ValueError as error:
            raise ModelError(f"the pipeline cannot be fitted to these clips: {str(error).splitlines()[0]}") from error
        seconds = time.perf_counter() - start
        figures = {}
        for name, part in (("train", train), ("valid", valid)):
            probabilities = self.predict_proba(part.x)
            figures[f"{name}_loss"] = metrics.log_loss(part.y, probabilities)
            figures[f"{name}_accuracy"] = metrics.accuracy(part.y, probabilities)
        on_epoch(Epoch(1, figures, seconds))

    def uncalibrated(self, x: np.ndarray) -> np.ndarray:
        """Return the pipeline's probabilities; 0 for classes that it was not trained on."""
        probabilities = np.zeros((len(x), self.n_classes))
        probabilities[:, self.pipeline.classes_] = self.pipeline.predict_proba(x)
        return probabilities

    def embed(self, x: np.ndarray) -> np.ndarray:
        """Return what the last estimator is given."""
        return np.asarray(self.pipeline[:-1].transform(x), dtype=np.float32).reshape(len(x), -1)

    def layers(self) -> list[Layer]:
        """Return the pipeline's steps; their output shapes and sizes are not known."""
        return [Layer(name, type(step).__name__, (), 0) for name, step in self.pipeline.steps]

    def save(self, folder: Path) -> None:
        """Write model.skops, which unlike a pickle runs no code when it is read, classes.json and the temperature."""
        import skops.io

        skops.io.dump(self.pipeline, folder / self.FILE)
        (folder / CLASSES).write_text(json.dumps(self.n_classes), encoding="utf-8")
        self._save_temperature(folder)


class Sliced(_Tempered):
    """A classifier of slices as one of clips: cuts each clip, and puts its slices' answers together."""

    def __init__(self, inner: Classifier, slicing: Slicing) -> None:
        self.inner, self.slicing = inner, slicing

    def fit(
        self,
        train: Part,
        valid: Part,
        *,
        training: Training,
        seed: int,
        state: Path,
        on_epoch: Callable[[Epoch], None],
    ) -> None:
        """Fit on the slices; the figures of its epochs are those of slices."""
        parts = [self.cut(part) for part in (train, valid)]
        self.inner.fit(*parts, training=training, seed=seed, state=state, on_epoch=on_epoch)

    def cut(self, part: Part) -> Part:
        """Return the slices of a part's clips."""
        slices, owner = self.slicing.cut(part.x)
        return Part(slices, part.y[owner], "slice")

    def of_slices(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the probabilities of the clips' slices (slices, classes), and the row of each slice's clip in `x`."""
        slices, owner = self.slicing.cut(x)
        return self.inner.uncalibrated(slices), owner

    def uncalibrated(self, x: np.ndarray) -> np.ndarray:
        """Return clips' probabilities, those of their slices put together."""
        return self.slicing.together(*self.of_slices(x))

    def embed(self, x: np.ndarray) -> np.ndarray:
        """Return the mean of what the slices of a clip become."""
        slices, owner = self.slicing.cut(x)
        found = self.inner.embed(slices)
        return np.stack([found[owner == clip].mean(axis=0) for clip in range(len(x))])

    def layers(self) -> list[Layer]:
        """Return those of the classifier of slices."""
        return self.inner.layers()

    def save(self, folder: Path) -> None:
        """Write the classifier of slices, how clips are cut, and the temperature of the clips' probabilities."""
        self.inner.save(folder)
        (folder / SLICES).write_text(json.dumps(dataclasses.asdict(self.slicing)), encoding="utf-8")
        self._save_temperature(folder)
