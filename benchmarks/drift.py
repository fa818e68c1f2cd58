"""Measure how well drift separates foreign sounds from held-out clips of a model's corpus, and compare distances.

    python benchmarks/drift.py models:/gtzan_mini-genre/1 [models:/...] [--foreign synthetic] [--choose]

For each model, compares its test clips with its validation clips (which should look alike: AUC 0.5), and foreign sounds
with its test clips: the corpora that `--foreign` names, and 20 sounds each of noise of several colours, of speech-like
syllables and of chords of sines. `--choose` compares distances instead, and looks at no test clip: it prints the AUC of
each distance between validation clips and the same foreign sounds; the mean over all models counts.
It uses the features that the project in the current folder has stored.
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.spatial.distance import cdist
from sklearn.covariance import LedoitWolf

from genrelab import config, corpus
from genrelab.data import feature_store
from genrelab.evaluation import evaluate
from genrelab.evaluation.evaluate import ScoredPart
from genrelab.features._base import Feature, join
from genrelab.metrics import two_samples

SECONDS, MADE = 30, 20
Distance = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # of x, given train and its classes


def noise(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return noise whose power falls as a power of the frequency, with an exponent between 0 and 2."""
    spectrum = np.fft.rfft(rng.normal(size=SECONDS * rate))
    hz = np.maximum(np.fft.rfftfreq(SECONDS * rate, 1 / rate), 20)
    return np.fft.irfft(spectrum / hz ** rng.uniform(0, 1), SECONDS * rate)


def chord(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return a sum of three sines."""
    t = np.arange(SECONDS * rate) / rate
    return sum(np.sin(2 * np.pi * hz * t) for hz in rng.uniform(100, 3000, 3))


def speech(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return speech-like syllables: pulses of a moving pitch, or noise, through formants, with pauses."""
    found = np.zeros(0)
    while len(found) < SECONDS * rate:
        n, kind = int(rng.uniform(0.12, 0.3) * rate), rng.random()
        if kind < 0.15:
            found = np.append(found, np.zeros(n))
            continue
        if kind < 0.35:
            source, formants = rng.normal(size=n), [(rng.uniform(3000, 6000), 800)]
        else:
            pitch = rng.uniform(90, 220) * np.linspace(1, rng.uniform(0.8, 1.2), n)
            source = np.diff(np.floor(np.cumsum(pitch / rate)), prepend=0)
            formants = [(rng.uniform(300, 800), 80), (rng.uniform(900, 2300), 120), (2600, 160)]
        for hz, width in formants:
            r = np.exp(-np.pi * width / rate)
            source = lfilter([1 - r], [1, -2 * r * np.cos(2 * np.pi * hz / rate), r * r], source)
        found = np.append(found, np.hanning(n) * source / np.abs(source).max())
    return found[: SECONDS * rate] + 1e-4 * rng.normal(size=SECONDS * rate)


def made(feature: Feature) -> dict[str, np.ndarray]:
    """Return the features of synthetic sounds, by kind."""
    found = {}
    for name, make in (("noise", noise), ("speech-like", speech), ("chords of sines", chord)):
        sounds = [[make(np.random.default_rng(i), rate) for rate in feature.sample_rates] for i in range(MADE)]
        found[name] = np.stack(
            [
                feature.extract(
                    {
                        rate: (0.5 * y / np.abs(y).max()).astype(np.float32)
                        for rate, y in zip(feature.sample_rates, own, strict=True)
                    }
                )
                for own in sounds
            ]
        )
    return found


def stored(name: str, feature: Feature, ids: list[str]) -> np.ndarray:
    """Return the stored features of a corpus's clips."""
    return join([feature_store.read(corpus.folder(name) / f"features/{kind}.zarr", ids) for kind in feature.kinds])


def nearest(metric: str, k: int, *, standardised: bool = False) -> Distance:
    """Return the function that computes the mean distance to the k nearest training clips."""

    def distance(x: np.ndarray, train: np.ndarray, labels: np.ndarray) -> np.ndarray:
        mean, deviation = train.mean(axis=0), train.std(axis=0)
        deviation = np.maximum(deviation, 0.1 * deviation.mean())
        if standardised:
            x, train = (x - mean) / deviation, (train - mean) / deviation
        return np.sort(cdist(x, train, metric), axis=1)[:, :k].mean(axis=1)

    return distance


def mahalanobis(x: np.ndarray, train: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the Mahalanobis distance to the nearest class mean, using the shrunk within-class covariance."""
    means = np.stack([train[labels == label].mean(axis=0) for label in np.unique(labels)])
    within = np.concatenate(
        [train[labels == label] - train[labels == label].mean(axis=0) for label in np.unique(labels)]
    )
    inverse = LedoitWolf(assume_centered=True).fit(within).precision_
    return cdist(x, means, "mahalanobis", VI=inverse).min(axis=1)


def whitened(x: np.ndarray, train: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean Mahalanobis distance to the 10 nearest training clips, using the shrunk covariance of all."""
    inverse = LedoitWolf().fit(train).precision_
    return np.sort(cdist(x, train, "mahalanobis", VI=inverse), axis=1)[:, :10].mean(axis=1)


DISTANCES: dict[str, Distance] = {
    **{f"standardised, {k} nearest": nearest("euclidean", k, standardised=True) for k in (1, 5, 10)},
    **{f"euclidean, {k} nearest": nearest("euclidean", k) for k in (1, 5, 10)},
    **{f"cosine, {k} nearest": nearest("cosine", k) for k in (1, 10)},
    "Mahalanobis, classes": mahalanobis,
    "Mahalanobis, 10 nearest": whitened,
}


def main() -> None:
    """Print one table per model, or one table of distances."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="addresses of registered versions of one corpus and feature")
    parser.add_argument("--foreign", default="synthetic", help="other corpora, with commas between")
    parser.add_argument("--choose", action="store_true")
    asked = parser.parse_args()
    scored = [evaluate.part_to_score(config.load(), uri, "") for uri in asked.models]
    foreign = made(scored[0].model.feature)
    for name in asked.foreign.split(","):
        foreign[f"corpus {name}"] = stored(name, scored[0].model.feature, list(corpus.read(name).ids))
    if asked.choose:
        table = sum(choice(one, foreign) for one in scored) / len(scored)
        table["mean"] = table.mean(axis=1)
        print(table.sort_values("mean", ascending=False).round(2).to_markdown())
    else:
        for uri, one in zip(asked.models, scored, strict=True):
            print(f"\n{uri}: {one.model.about['model']}, split {one.model.about['split']}\n")
            print(figures(one, foreign).to_markdown(index=False))


def choice(one: ScoredPart, foreign: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the AUC between validation clips and foreign sounds, one row per distance, one column per source."""
    about, embed = one.model.about, one.model.classifier.embed
    split, params = one.data.config.split_params(about["split"])
    fold = split.folds(corpus.read(about["dataset"]), params)[0]
    train, valid = (embed(one.data.features(ids)).astype(float) for ids in (fold.train, fold.valid))
    labels = one.data.corpus.targets(fold.train)
    embedded = {name: embed(x).astype(float) for name, x in foreign.items()}
    return pd.DataFrame(
        {
            source: {
                name: two_samples.auc(distance(valid, train, labels), distance(x, train, labels))
                for name, distance in DISTANCES.items()
            }
            for source, x in embedded.items()
        }
    )


def figures(one: ScoredPart, foreign: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return one row per source: its drift, and how well it separates from the test clips."""
    known, embed = one.model.reference, one.model.classifier.embed
    assert known, "the model was registered before models kept what they were trained on"
    test = known.distances(embed(one.data.features(one.ids)))
    rows = [("its validation clips", known.valid, ""), ("its test clips", test, _area(known.valid, test))]
    rows += [(name, found := known.distances(embed(x)), _area(test, found)) for name, x in foreign.items()]
    return pd.DataFrame(
        [
            {
                "sounds": name,
                "n": len(found),
                "median drift": f"{np.median(found):.2f}",
                "beyond 1": f"{100 * (found > 1).mean():.0f}%",
                "AUC (95%)": area,
            }
            for name, found, area in rows
        ]
    )


def _area(one: np.ndarray, other: np.ndarray) -> str:
    low, high = two_samples.auc_interval(one, other, resamplings=2000, seed=0)
    return f"{two_samples.auc(one, other):.2f} ({low:.2f}-{high:.2f})"


if __name__ == "__main__":
    main()
