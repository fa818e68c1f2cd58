"""Figures under alterations: paired with the unaltered clips, the same for the same seed."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import RATE, chords
from training_data import PARAMS

from genrelab import config, plots
from genrelab.classifiers.saved_model import SavedModel
from genrelab.corpus import Clip, Corpus, folder
from genrelab.data import feature_store
from genrelab.data.dvc import DataVersion
from genrelab.data.feature_store import Sound
from genrelab.evaluation.evaluate import ScoredPart
from genrelab.experiments import robustness, robustness_html
from genrelab.experiments.alterations import ALTERATIONS, Alteration
from genrelab.experiments.robustness import UNALTERED
from genrelab.features._base import Feature
from genrelab.tracking.ledger import Part
from genrelab.training.experiment_data import SplitFeatures

EVIL = "<b>&\"'"
LABELS = np.arange(40) % 2


def probabilities(right):
    predicted = np.where(np.arange(40) < right, LABELS, 1 - LABELS)
    return np.eye(2)[predicted] * 0.8 + 0.1


def table(**answers):
    every = {UNALTERED: probabilities(36), **{name: probabilities(right) for name, right in answers.items()}}
    return robustness.figures(every, LABELS, np.arange(40), resamplings=200, seed=0)


def test_changes_are_against_the_unaltered_clips_with_paired_intervals():
    found = table(**{"MP3, 32 kbit/s": 36, "2% faster": 20}).set_index("alteration")
    assert list(found["kind"]) == ["", "codec", "speed"]
    assert found.loc[UNALTERED, ["accuracy", "accuracy_change", "answers_changed"]].tolist() == [0.9, 0, 0]
    same, worse = found.loc["MP3, 32 kbit/s"], found.loc["2% faster"]
    assert same["accuracy_change"] == 0
    assert worse["accuracy_change"] == pytest.approx(-0.4)
    assert worse["answers_changed"] == pytest.approx(0.4)
    assert worse["accuracy_change_low"] < -0.4 < worse["accuracy_change_high"] < 0
    assert worse["f1_change_low"] < worse["f1_change"] < worse["f1_change_high"] < 0


def test_a_feature_of_an_altered_sound_is_the_same_for_the_same_seed(tmp_path):
    soundfile.write(tmp_path / "a.wav", chords(2.0, seed=0, rate=RATE), RATE)
    feature = Feature.of(config.load(PARAMS, {"features.mel.frames": "40"}))

    def altered(name, seed=0):
        return robustness.altered_feature(feature, tmp_path / "a.wav", name, seed)

    name = "white noise, 20 dB below"
    assert altered(name).shape == feature.shape
    np.testing.assert_array_equal(altered(name), altered(name))
    assert not np.array_equal(altered(name), altered(name, seed=1))
    assert not np.array_equal(altered(name), altered("white noise, 40 dB below"))


def test_the_page_names_the_worst_and_escapes_what_it_is_given():
    found = table(**{"MP3, 32 kbit/s": 36, "2% faster": 20})
    html = robustness_html.page(EVIL, found, b"png", [EVIL])
    assert "90.0% of 40 unaltered clips right; 1 of 2 alterations clearly cost accuracy; the worst, 2% faster" in html
    assert EVIL not in html
    assert "-40.0 (" in html


def test_the_picture_has_a_row_an_alteration():
    found = pd.DataFrame([{"kind": one.kind, "alteration": name} for name, one in ALTERATIONS.items()])
    for figure in ("accuracy", "f1"):
        for end, value in (("", -0.1), ("_low", -0.2), ("_high", 0.0)):
            found[f"{figure}_change{end}"] = value
    drawn = plots.robustness(found, "svm")
    assert len(drawn.axes[0].get_yticks()) == len(ALTERATIONS)
    assert drawn.axes[0].get_xlabel() == "change, percentage points"
    with pytest.raises(ValueError, match="at least one alteration"):
        plots.robustness(found[:0], "svm")
    with pytest.raises(ValueError, match="f1_change_low must not be above"):
        plots.robustness(found.assign(f1_change_low=0.5), "svm")


class Loud:
    """A classifier of two classes by the mean level; it is killed when it is asked for the `dies`-th time."""

    def __init__(self, dies=0):
        self.asked, self.dies = 0, dies

    def predict_proba(self, x):
        self.asked += 1
        if self.asked == self.dies:
            raise KeyboardInterrupt
        loud = 1 / (1 + np.exp(-x.mean(axis=(1, 2)) / 50))
        return np.stack([loud, 1 - loud], axis=1)


def test_what_a_kill_interrupts_goes_on_with_the_alterations_that_are_left(fresh_store, monkeypatch, tmp_path):
    names = ["as it is", "white noise, 20 dB below", "2% faster"]
    nothing = {"as it is": Alteration("none", lambda samples, rate, rng: samples)}
    monkeypatch.setattr(robustness, "ALTERATIONS", {name: {**nothing, **ALTERATIONS}[name] for name in names})
    settings = config.load(PARAMS, {"features.mel.frames": "40"})
    clips = tuple(Clip(f"c{i}", f"c{i}.wav", "ab"[i % 2], "", 1.0, "") for i in range(4))
    folder("synthetic").mkdir(parents=True)
    for i, clip in enumerate(clips):
        soundfile.write(folder("synthetic") / clip.path, chords(1.0, seed=i, rate=RATE), RATE)
    feature, target = Feature.of(settings), folder("synthetic") / "features/mel.zarr"
    sounds = [Sound(clip.id, folder("synthetic") / clip.path, "") for clip in clips]
    feature_store.write(target, sounds, "mel", feature.params["mel"], partial=tmp_path / "partial", workers=1)
    data = SplitFeatures(settings, Corpus(clips, ("a", "b")), [], DataVersion("t", "c", "f"), feature)

    def answers(classifier):
        scored = ScoredPart(
            SavedModel({}, classifier, feature),
            data,
            tuple(clip.id for clip in clips),
            0,
            Part("t", "genre", "random", "d"),
        )
        return robustness.answers_of(scored, "0" * 32, 1)

    with pytest.raises(KeyboardInterrupt):
        answers(Loud(dies=3))  # the unaltered clips, then two alterations
    resumed, whole = Loud(), Loud()
    found = answers(resumed)
    assert resumed.asked == 3
    assert list(found) == [UNALTERED, *names]
    expected = answers(whole)
    assert whole.asked == 4
    for name, probabilities in expected.items():
        np.testing.assert_array_equal(found[name], probabilities)
    np.testing.assert_array_equal(found["as it is"], found[UNALTERED])  # altered sounds go the way of stored ones
    assert not np.array_equal(found["white noise, 20 dB below"], found[UNALTERED])
