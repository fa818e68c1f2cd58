"""Score models with their recipes on GTZAN's fault-filtered partition: fit on train, judge on valid.

    python benchmarks/recipes.py MELS.npz [--models cnn,crnn,resnet] [--seeds 0,1,2] [--preset recipe]
        [--set training.epochs=10 --set hp.augment.mixup=0.4] [--folds 3] [--save NEW.npz] [--against OLD.npz]

MELS.npz holds `mel`, uint8 (clips, 128 bands, 660 frames), 0...255 over 120 dB; `clip`, such as blues.00000; `part`,
train or valid. Every clip is judged once, by the weights of the last epoch; nothing else looks at it. With `--folds`,
the script ignores valid and divides train by artist into that many folds, to choose between recipes.

Accuracy and log loss are per clip. Then follow plain means of the probabilities: of all models with one seed (an
ensemble calibrates its members first), of a model's seeds, and of all. `--against` takes what another run saved; the
last lines are then each model's mean accuracy over the seeds minus that of the other run, with a 95% interval: paired
by clip and seed, over 2000 resamplings of artists.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from genrelab import config
from genrelab.classifiers import factory, hyperparameters
from genrelab.classifiers.base import Examples, FitSettings
from genrelab.classifiers.slicing import slicing
from genrelab.datasets import _gtzan_facts
from genrelab.metrics import classification
from genrelab.plugins import load

RANGE = 120.0  # dB that 0...255 span
FLOOR = -80.0  # dB, the floor of the feature mel
PARTS = ("train", "valid")


def clips(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return spectrograms in dB, class indices, artists as numbers, and whether each clip is in train."""
    with np.load(path) as saved:
        mel, ids, part = saved["mel"], saved["clip"].tolist(), saved["part"]
    x = np.maximum(mel.astype(np.float32) / 255 * RANGE - RANGE, FLOOR)
    _, y = np.unique([clip.partition(".")[0] for clip in ids], return_inverse=True)
    _, artist = np.unique([_gtzan_facts.artist(clip) or clip for clip in ids], return_inverse=True)
    return x, y, artist, part == PARTS[0]


def judged(module, settings, seed: int, train: Examples, x: np.ndarray) -> np.ndarray:
    """Return the probabilities of clips, from a model fitted on `train`."""
    cut, classes = slicing(settings), int(train.y.max()) + 1
    shape = (train.x.shape[1], cut.width if cut else train.x.shape[2])
    hp = hyperparameters.choose(module, settings.hp, shape, classes)
    model = factory.build(module, hp, shape, classes, seed, cut)
    few = Examples(train.x[:2], train.y[:2])  # a fit needs validation clips; they choose nothing here
    with tempfile.TemporaryDirectory() as state:
        model.fit(train, few, FitSettings(settings.training, seed, Path(state)))
    return model.uncalibrated(x)


def compare(y: np.ndarray, artist: np.ndarray, found: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    """Print how much more of the clips each model has right than in the other run, as the mean over common seeds."""
    if not np.array_equal(y, other.pop("y")):
        raise SystemExit("the other run has judged other clips")
    for model in {name.split()[0]: None for name in found if name in other}:
        names = [name for name in found if name.split()[0] == model and name in other]
        each = [run[name] for run in (other, found) for name in names]
        values = classification.paired(classification.accuracy, y, each, resamplings=2000, seed=0, groups=artist)
        drawn = values[len(names) :].mean(axis=0) - values[: len(names)].mean(axis=0)
        right = [classification.accuracy(y, probabilities) for probabilities in each]
        gain = np.mean(right[len(names) :]) - np.mean(right[: len(names)])
        low, high = np.percentile(drawn, [2.5, 97.5])
        print(f"{model}: {100 * gain:+.1f} ({100 * low:+.1f} to {100 * high:+.1f}), {len(names)} seeds, {len(y)} clips")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mels")
    parser.add_argument("--models", default="cnn,crnn,resnet")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--preset", default="recipe", help="of the models that have it")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another value of params.yaml")
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--save", default="", metavar="FILE", help="write the probabilities there, as .npz")
    parser.add_argument("--against", default="", metavar="FILE", help="what `--save` of another run has written")
    options = parser.parse_args()
    x, y, artist, of_train = clips(options.mels)
    chosen = dict(item.split("=", 1) for item in options.set)
    if options.folds:
        x, y, artist = x[of_train], y[of_train], artist[of_train]
        folds = list(StratifiedGroupKFold(options.folds, shuffle=True, random_state=0).split(x, y, artist))
    else:
        folds = [(np.flatnonzero(of_train), np.flatnonzero(~of_train))]
    where = np.concatenate([test for _, test in folds])

    def report(model: str, seed: str, probabilities: np.ndarray, seconds: str) -> None:
        right = classification.accuracy(y[where], probabilities)
        loss = classification.log_loss(y[where], probabilities)
        print(f"{model:16} {seed:>5} {100 * right:8.1f} {loss:9.3f} {seconds:>8}", flush=True)

    print(f"{len(where)} clips judged\nmodel             seed accuracy  log loss  seconds", flush=True)
    found: dict[str, np.ndarray] = {}
    for model in options.models.split(","):
        module = load("models", model)
        settings = config.load_or_default(chosen)
        settings = settings.with_preset(getattr(module, "PRESETS", {}).get(options.preset, {})).for_model(module)
        for seed in options.seeds.split(","):
            start = time.perf_counter()
            each = [judged(module, settings, int(seed), Examples(x[a], y[a]), x[b]) for a, b in folds]
            found[f"{model} {seed}"] = np.concatenate(each)
            report(model, seed, found[f"{model} {seed}"], f"{time.perf_counter() - start:.0f}")
    models = options.models.split(",")
    if len(models) > 1:
        for seed in options.seeds.split(","):
            report("+".join(models), seed, np.mean([found[f"{model} {seed}"] for model in models], axis=0), "")
    for model in models:
        report(model, "mean", np.mean([p for name, p in found.items() if name.split()[0] == model], axis=0), "")
    report("all", "mean", np.mean([*found.values()], axis=0), "")
    if options.save:
        np.savez(options.save, y=y[where], **found)
    if options.against:
        with np.load(options.against) as saved:
            compare(y[where], artist[where], found, dict(saved))


if __name__ == "__main__":
    main()
