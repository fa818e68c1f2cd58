"""A model as a scikit-learn estimator on arrays, without a corpus, a run or a registry."""

import contextlib
import io
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import BATCH, Epoch, Examples, FitSettings
from genrelab.classifiers.choosing import ChosenClassifier
from genrelab.config import MODEL_DEFAULTS, Scalar, Training, load_or_default, validate
from genrelab.errors import ConfigError
from genrelab.features._base import JOIN, Feature, Shape
from genrelab.metrics import calibration
from genrelab.plugins import ModelModule

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from sklearn.utils import Tags


class Classifier(ClassifierMixin, BaseEstimator):
    """A genrelab model as a scikit-learn estimator on arrays.

    Each clip is the whole feature that the model takes: for `mel`, a spectrogram in dB of shape (bands, frames); for
    features without time, a row of numbers; for joined features, their numbers one after another in one row. A feature
    in dB is a float32 array. The model standardises by the clips that it is fitted on.

    Parameters:
        model: a module of models/, such as cnn, crnn or svm; `genrelab.names("models")` lists them.
        seed: of weights, shuffling and dropout, 0 or more.
        epochs: of a net, 1 or more; None: the model's default, or else 25.
        batch_size: clips, 1 or more; None: the model's default, or else 20.
        early_stopping: stop after this many epochs without a lower validation loss; 0: never.
        restore_best: keep the epoch with the lowest validation loss instead of the last.
        hp: hyperparameters by name, such as {"conv1.units": 64}; the others keep the model's defaults.
        verbose: print a line per epoch.
        precision: of a net's computations: float32, bfloat16, or auto, the faster of the two on this machine.

    Attributes:
        classes_: the labels in the order of the probability columns, shape (classes,).
        n_features_in_: the length of the second axis of x.
        history_: metrics by name, one mapping per epoch.

    Notes:
        Without `validation_data`, the model trains on all clips, the last epoch counts, and probabilities are not
        calibrated; early stopping and `restore_best` are then an error. With it, probabilities are calibrated on it
        (temperature scaling), as in `genrelab.train`. Some models cut slices by default in `genrelab.train`; here,
        they train on the arrays as they are.

        scikit-learn's `check_estimator` passes rows of a few numbers, (clips, numbers). A model on spectrograms takes
        them as spectrograms of one frame, and `Classifier("svm")` passes all of its checks. It cannot run on nets,
        whose convolutions need more bands and frames than such rows have (a ModelError), nor on models that pick
        columns of their feature, such as shakya_svm. Sample weights are not supported.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> y = np.array(["disco", "jazz"] * 8)
        >>> x = rng.uniform(-80, 0, (16, 12, 30)).astype(np.float32)
        >>> x[y == "jazz", :6] += 30
        >>> clf = gl.Classifier("svm", hp={"C": 1.0}).fit(x, y)
        >>> clf.predict_proba(x).shape, clf.classes_.tolist(), clf.score(x, y)
        ((16, 2), ['disco', 'jazz'], 1.0)
    """

    def __init__(
        self,
        model: str = "cnn",
        *,
        seed: int = 0,
        epochs: int | None = None,
        batch_size: int | None = None,
        early_stopping: int = 0,
        restore_best: bool = False,
        hp: Mapping[str, Scalar] | None = None,
        verbose: bool = False,
        precision: str = "float32",
    ) -> None:
        self.model = model
        self.seed = seed
        self.epochs = epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.restore_best = restore_best
        self.hp = hp
        self.verbose = verbose
        self.precision = precision

    def fit(self, x: "ArrayLike", y: "ArrayLike", validation_data: "tuple[ArrayLike, ArrayLike] | None" = None) -> Self:
        """Fit the model.

        Parameters:
            x: clips, float32 (clips, *feature shape).
            y: labels, (clips,), of two classes or more.
            validation_data: (x, y) for early stopping, `restore_best` and calibration; all of its labels must occur in
                y. None: see the class.

        Returns:
            The estimator itself.

        Raises:
            ConfigError: the model, a hyperparameter or a training parameter is wrong.
            ModelError: the model cannot take arrays of this shape, or the training diverged.
            ValueError: x is not an array of finite numbers, or y does not hold one label per clip.
        """
        if validation_data is None and (self.early_stopping or self.restore_best):
            raise ConfigError("early_stopping and restore_best need validation_data; pass it to fit")
        clips, labels = validate_data(self, x, y, dtype=np.float32, allow_nd=True, ensure_min_samples=2)
        check_classification_targets(labels)
        self.classes_, targets = np.unique(column_or_1d(labels, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has only one class, {self.classes_[0]!r}; a classifier needs two or more")
        module = plugins.load("models", self.model)
        self._rank = _rank(module)
        clips = self._clips(clips)
        shape, n_classes = self._input_shape(module, clips), len(self.classes_)
        chosen = hyperparameters.choose(module, dict(self.hp or {}), shape, n_classes)
        net = factory.build(module, chosen, shape, n_classes, self.seed)
        if isinstance(net, ChosenClassifier) and validation_data is None:
            raise ConfigError(f"model '{self.model}' chooses among pipelines on validation_data; pass it to fit")
        train = Examples(clips, targets.astype(np.int64))
        # Without validation clips, nobody looks at the validation figures, so compute them on few clips.
        valid = self._validation(validation_data) if validation_data else Examples(train.x[:BATCH], train.y[:BATCH])
        self.history_: list[dict[str, float]] = []

        def on_epoch(epoch: Epoch) -> None:
            self.history_.append(epoch.metrics)

        said = contextlib.nullcontext() if self.verbose else contextlib.redirect_stdout(io.StringIO())
        with tempfile.TemporaryDirectory() as state, said:
            net.fit(train, valid, FitSettings(self._training(module), self.seed, Path(state), on_epoch))
        if validation_data:
            net.temperature = calibration.fit(valid.y, net.uncalibrated(valid.x))
        self._net = net
        return self

    def predict_proba(self, x: "ArrayLike") -> np.ndarray:
        """Return class probabilities.

        Parameters:
            x: clips, float32 (clips, *feature shape).

        Returns:
            Shares of 1, float64 (clips, classes), in the order of `classes_`.

        Raises:
            ValueError: the clips of x differ in shape from those that the model was fitted on.
        """
        check_is_fitted(self, "_net")
        clips = self._clips(validate_data(self, x, dtype=np.float32, allow_nd=True, reset=False))
        if clips.shape[1:] != self._shape:
            raise ValueError(f"x has clips of shape {clips.shape[1:]}; the model was fitted on {self._shape}")
        return np.asarray(self._net.predict_proba(clips), np.float64)

    def predict(self, x: "ArrayLike") -> np.ndarray:
        """Return the most probable label of each clip, shape (clips,); parameters and errors as in `predict_proba`."""
        probabilities = self.predict_proba(x)  # raises if nothing has been fitted
        labels: np.ndarray = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _clips(self, x: np.ndarray) -> np.ndarray:
        """Return rows of numbers as spectrograms of one frame if the model takes spectrograms."""
        return x[..., np.newaxis] if x.ndim == 2 < self._rank else x

    def _input_shape(self, module: ModelModule, x: np.ndarray) -> Shape:
        self._shape = x.shape[1:]
        name = module.FEATURES[0]
        if JOIN not in name:
            return self._shape
        joined = Feature.of(load_or_default(), name).input_shape
        size = sum(math.prod(one) for one in joined.values()) if isinstance(joined, dict) else 0
        if self._shape != (size,):
            raise ConfigError(f"model '{self.model}' takes {name}, {size} numbers per clip; x has {self._shape}")
        return joined

    def _training(self, module: ModelModule) -> Training:
        own = {**MODEL_DEFAULTS, **getattr(module, "TRAINING_DEFAULTS", {})}
        return validate(
            Training,
            {
                "epochs": own["training.epochs"] if self.epochs is None else self.epochs,
                "batch_size": own["training.batch_size"] if self.batch_size is None else self.batch_size,
                "early_stopping": self.early_stopping,
                "restore_best": self.restore_best,
                "minutes": 0,
                "precision": self.precision,
            },
            "",
        )

    def _validation(self, given: "tuple[ArrayLike, ArrayLike]") -> Examples:
        x, y = self._clips(np.asarray(given[0], np.float32)), np.asarray(given[1])
        unknown = sorted({*y.tolist()} - {*self.classes_.tolist()})
        if x.shape[1:] != self._shape or len(x) != len(y):
            raise ValueError(
                f"validation_data must be clips of shape {self._shape} and their labels, got {x.shape} and {y.shape}"
            )
        if unknown:
            raise ValueError(f"validation_data has labels that y does not have: {', '.join(map(str, unknown))}")
        return Examples(x, np.searchsorted(self.classes_, y).astype(np.int64))

    def __sklearn_tags__(self) -> "Tags":
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_net")


def _rank(module: ModelModule) -> int:
    """Return the number of axes of a model's input arrays, including the clip axis."""
    kind, *others = module.FEATURES[0].split(JOIN)
    feature = plugins.load("features", kind)
    return 2 if others else 1 + len(feature.shape(feature.Params()))
