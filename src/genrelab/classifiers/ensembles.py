"""Several classifiers as one: the mean of their calibrated probabilities, or a logistic regression on them."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genrelab.classifiers.base import Classifier, Epoch, Examples, FitSettings, Layer, TemperatureScaled, only_epoch
from genrelab.classifiers.pipelines import SklearnClassifier
from genrelab.config import Training
from genrelab.console import say
from genrelab.data.streamed import Array, Streamed
from genrelab.metrics import calibration

MEMBERS = "ensemble.json"
STACK = "stack"  # the folder of the regression
FOLDS = 3  # of train, for the predictions that the regression is fitted on
LEAST = 1e-6  # lower bound of probabilities, applied before the logarithm


class MemberInput(NamedTuple):
    """A member's input: (from, to) columns of the joined features ([]: all), reshaped to `shape`."""

    name: str
    places: list[tuple[int, int]]
    shape: tuple[int, ...]

    def of(self, x: Array) -> Array:
        """Return the member's own input from joined features `x`."""
        if not self.places:
            return x
        return x.map(self._pick, self.shape) if isinstance(x, Streamed) else self._pick(x)

    def _pick(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([x[:, start:end] for start, end in self.places], axis=1).reshape(len(x), *self.shape)


class Ensemble(TemperatureScaled):
    """Classifiers, each with its member_input; `head` is fitted on their probabilities, or None for their mean."""

    by_epochs = False

    def __init__(
        self,
        member_inputs: list[MemberInput],
        members: list[Classifier],
        head: SklearnClassifier | None,
        trainings: list[Training] | None = None,
        rebuild: Callable[[int], Classifier] | None = None,
    ) -> None:
        """Take each member's training parameters and `rebuild`, which builds a member again; only `fit` needs them."""
        self.member_inputs, self.members, self.head = member_inputs, members, head
        self.trainings, self.rebuild = trainings or [], rebuild

    def fit(self, train: Examples, valid: Examples, how: FitSettings) -> None:
        """Fit the head, then each member by its own recipe, calibrated on `valid`; report a single epoch."""
        start = time.perf_counter()
        epochs = self._fit_head(self.head, train, valid, how) if self.head else []
        for i, member in enumerate(self.members):
            say(f"member {i + 1} of {len(self.members)}: {self.member_inputs[i].name}")
            epochs += self._fit_member(i, member, train, valid, how.seed, how.state / str(i))
        epoch = only_epoch(self.uncalibrated, train, valid, time.perf_counter() - start)
        steps, cut_short = sum(own.steps for own in epochs), any(own.cut_short for own in epochs)
        how.on_epoch(epoch._replace(steps=steps, cut_short=cut_short))

    def _fit_member(
        self, i: int, member: Classifier, train: Examples, valid: Examples, seed: int, state: Path
    ) -> list[Epoch]:
        """Fit a member and calibrate it; return its epochs."""
        epochs: list[Epoch] = []
        own, own_valid = (part._replace(x=self.member_inputs[i].of(part.x)) for part in (train, valid))
        member.fit(own, own_valid, FitSettings(self.trainings[i], seed, state, epochs.append))
        if valid.y.ndim == 1:  # tags have thresholds instead
            member.temperature = calibration.fit(valid.y, member.uncalibrated(own_valid.x))
        return epochs

    def _fit_head(self, head: SklearnClassifier, train: Examples, valid: Examples, how: FitSettings) -> list[Epoch]:
        """Fit the regression on the members' out-of-fold predictions for train; return the members' epochs."""
        assert self.rebuild is not None
        epochs: list[Epoch] = []
        said = np.zeros((len(train.y), len(self.members) * head.n_classes))
        order = np.argsort(train.y, kind="stable")  # by class, so that each fold gets its share of every class
        folds = [np.sort(order[k::FOLDS]) for k in range(FOLDS)]
        for k, out in enumerate(folds):
            rest = np.setdiff1d(np.arange(len(train.y)), out)
            inner = train.take(rest)
            fresh = []
            for i, member_input in enumerate(self.member_inputs):
                say(f"fold {k + 1} of {FOLDS} of train, {member_input.name}")
                member = self.rebuild(i)
                epochs += self._fit_member(i, member, inner, valid, how.seed, how.state / f"fold-{k}-{i}")
                fresh.append(member)
            said[out] = self._log_probs(fresh, train.take(out).x)
        learnt = Examples(said, train.y)
        head.fit(learnt, learnt, FitSettings(how.training, how.seed, how.state))
        return epochs

    def _log_probs(self, members: list[Classifier], x: Array) -> np.ndarray:
        """Return the members' calibrated log-probabilities side by side, (clips, members * classes)."""
        each = [
            member.predict_proba(member_input.of(x))
            for member, member_input in zip(members, self.member_inputs, strict=True)
        ]
        return np.log(np.maximum(np.concatenate(each, axis=1), LEAST))

    def uncalibrated(self, x: Array) -> np.ndarray:
        """Return the mean of the members' calibrated probabilities, or the regression's output for them."""
        if self.head:
            return self.head.uncalibrated(self._log_probs(self.members, x))
        each = [
            member.predict_proba(member_input.of(x))
            for member, member_input in zip(self.members, self.member_inputs, strict=True)
        ]
        return np.mean(each, axis=0)

    def embed(self, x: Array) -> np.ndarray:
        """Return the members' calibrated log-probabilities."""
        return self._log_probs(self.members, x).astype(np.float32)

    def layers(self) -> list[Layer]:
        """Return the members' layers, each under its member's name."""
        return [
            layer._replace(name=f"{member_input.name}.{layer.name}")
            for member_input, member in zip(self.member_inputs, self.members, strict=True)
            for layer in member.layers()
        ]

    def save(self, folder: Path) -> None:
        """Write each member into its own folder, the member_inputs, and the regression if there is one."""
        for i, member in enumerate(self.members):
            (folder / str(i)).mkdir()
            member.save(folder / str(i))
        if self.head:
            (folder / STACK).mkdir()
            self.head.save(folder / STACK)
        text = json.dumps([member_input._asdict() for member_input in self.member_inputs])
        (folder / MEMBERS).write_text(text, encoding="utf-8")
        self.save_temperature(folder)


def member_inputs(folder: Path) -> list[MemberInput]:
    """Return the member_inputs of a saved ensemble."""
    found = json.loads((folder / MEMBERS).read_text(encoding="utf-8"))
    return [MemberInput(one["name"], [tuple(place) for place in one["places"]], tuple(one["shape"])) for one in found]
