"""A search in this process: what it reads, what it is known by, what it says."""

import dataclasses
import json

import mlflow
import pytest
from training_data import FOLD, training_data

from genrelab.corpus import Corpus, Fold
from genrelab.errors import ConfigError, DataError, GenreLabError
from genrelab.state import locks
from genrelab.tracking import runs, trials
from genrelab.tuning import report
from genrelab.tuning import search as searching
from genrelab.tuning.inner_folds import inner_folds, keeps_artists_apart

pytestmark = pytest.mark.usefixtures("workplace")


def test_a_search_never_reads_test():
    data = training_data()
    searching.tune(data)
    assert data.read == {*FOLD.train, *FOLD.valid}


def test_in_folds_every_clip_outside_test_is_validated_once_and_test_is_never_read(capsys):
    data = training_data(**{"tuning.folds": "3", "tuning.trials": "1"})
    first = searching.tune(data)
    again = searching.tune(training_data(**{"tuning.folds": "3"}))
    assert "resuming this search: 1 of 2 trials are done" in capsys.readouterr().out
    assert again.best.value >= first.best.value
    assert data.read == {*FOLD.train, *FOLD.valid}
    folds = inner_folds(data, 3, 0)
    assert sorted(clip for fold in folds for clip in fold.valid) == sorted(data.read)
    for fold in folds:
        assert {*fold.train} == data.read - {*fold.valid}
        assert fold.test == ()
        assert {clip.label for clip in data.corpus.clips if clip.id in fold.valid} == {"a", "b"}


@pytest.mark.parametrize("oracle", ["random", "hyperband"])
def test_a_trial_in_folds_has_the_mean_of_its_folds(oracle, capsys):
    model = "cnn" if oracle == "hyperband" else "svm"
    how = {"tuning.oracle": oracle, "tuning.space": "learning_rate" if model == "cnn" else "C", "training.epochs": "2"}
    found = searching.tune(training_data(model=model, **{"tuning.folds": "2", "tuning.objective": "valid_loss", **how}))
    said = capsys.readouterr().out
    assert "each trial is the mean over 2 folds of the 18 clips outside test, by clip" in said
    assert "mean of 2 folds" in said
    best = runs.metrics_of(
        trials.trial_runs(
            searching.Search(
                training_data(model=model, **{"tuning.folds": "2", "tuning.objective": "valid_loss", **how})
            ).key
        )[found.best.trial].info.run_id
    )
    assert best["valid_loss"] == pytest.approx(found.best.value)
    assert best["valid_loss_std"] >= 0
    if oracle == "random":
        alone = [best[f"fold{fold}/best_valid_loss"] for fold in (1, 2)]
        assert sum(alone) / 2 == pytest.approx(best["valid_loss"], abs=1e-6)


def test_inner_folds_are_by_artist_where_the_split_keeps_artists_apart():
    data = training_data()

    def with_artists(artist):
        clips = tuple(dataclasses.replace(clip, artist=artist(clip.id)) for clip in data.corpus.clips)
        return dataclasses.replace(data, corpus=Corpus(clips, data.corpus.classes))

    def side(clip):  # six artists of three clips outside test, others in it
        place = int(clip.removeprefix("train").removeprefix("valid").removeprefix("test"))
        return f"{'in' if clip in FOLD.test else 'out'} {place % 6}"

    apart, mixed = with_artists(side), with_artists(lambda clip: side(clip).split()[1])
    assert keeps_artists_apart(apart)
    assert not keeps_artists_apart(mixed)
    assert not keeps_artists_apart(data)
    for fold in inner_folds(apart, 3, 0):
        assert not {side(clip) for clip in fold.train} & {side(clip) for clip in fold.valid}
    assert len(inner_folds(mixed, 3, 0)[0].valid) == 6


@pytest.mark.parametrize(
    ("folds", "error", "said"),
    [
        ("1", ConfigError, "must be 2 or more, or 0 for the validation part of the split, got 1"),
        ("12", DataError, "tuning.folds is 12, on the clips outside the test part: label 'a' has 9 usable"),
    ],
)
def test_folds_that_cannot_be_are_one_line(folds, error, said):
    with pytest.raises(error, match=said) as caught:
        searching.Search(training_data(**{"tuning.folds": folds}))
    assert len(str(caught.value).splitlines()) == 1


def test_it_goes_on_where_it_was_and_says_what_is_new(capsys):
    first = searching.tune(training_data())
    assert "2 of 2 done" in capsys.readouterr().out
    again = searching.tune(training_data())
    assert "resuming this search: 2 of 2 trials are done" in capsys.readouterr().out
    assert again.best == first.best
    searching.tune(training_data(**{"tuning.trials": "3"}))
    assert "3 of 3 done" in capsys.readouterr().out
    searching.tune(training_data(seed="5"))
    assert "changed since the last such search: seed; starting a new one" in capsys.readouterr().out
    assert report.best_of(first.run_id) == first.best


def test_a_damaged_trial_is_made_again_from_its_run(capsys):
    how = {"tuning.oracle": "hyperband", "tuning.trials": "3", "training.epochs": "2", "tuning.space": "learning_rate"}

    def state(folder):
        return {path.parent.name: json.loads(path.read_text()) for path in folder.glob("oracle/trial_*/trial.json")}

    found = searching.tune(training_data(model="cnn", **how))
    folder = searching.Search(training_data(model="cnn", **how)).folder
    whole = state(folder)
    for number, content in enumerate(("", '{"trial_id": "1", "hyper', None)):
        path = folder / f"oracle/trial_{number}/trial.json"
        path.unlink() if content is None else path.write_text(content)
    again = searching.tune(training_data(model="cnn", **how))
    assert capsys.readouterr().out.count("trial.json was damaged and has been restored from its run") == 3
    assert again.best == found.best
    assert state(folder) == whole


def test_a_damaged_trial_without_a_run_is_named_with_the_cure():
    searching.tune(training_data())
    held = searching.Search(training_data())
    (held.folder / "oracle/trial_0/trial.json").write_text("")
    mlflow.MlflowClient().delete_run(trials.trial_runs(held.key)[1].info.run_id)
    with pytest.raises(DataError, match="holds no JSON object; remove the folder"):
        searching.tune(training_data())


@pytest.mark.parametrize(
    ("overrides", "same"),
    [
        ({"tuning.trials": "9"}, True),
        ({"workers": "1"}, True),
        ({"seed": "1"}, False),
        ({"tuning.space": "C"}, False),
        ({"tuning.oracle": "bayesian"}, False),
        ({"tuning.objective": "valid_f1"}, False),
        ({"tuning.repeats": "2"}, False),
        ({"tuning.folds": "2"}, False),
        ({"training.epochs": "3"}, False),
        ({"slices.seconds": "0.5"}, False),
        ({"slices.seconds": "0.5", "slices.hop": "0.2"}, False),
    ],
)
def test_its_key_is_a_hash_of_what_bears_on_a_trial(overrides, same):
    one, other = searching.Search(training_data()), searching.Search(training_data(**overrides))
    assert (one.key == other.key) is same


def test_a_members_recipe_is_another_search_and_its_absence_is_said(capsys):
    def tuned(**given):
        searching.tune(training_data(model="svm+cnn", **{"tuning.space": "svm.C", "training.epochs": "1"}, **given))
        return capsys.readouterr().out

    tuned(**{"members.svm.slices.seconds": "0.5"})
    assert "changed since the last such search: members; starting a new one" in tuned()


def test_other_data_or_clips_are_another_search():
    turned = Fold(FOLD.valid, FOLD.train, FOLD.test)
    several = (training_data(), training_data(version="2"), training_data(turned))
    assert len({searching.Search(data).key for data in several}) == 3


def test_the_same_search_twice_at_once_is_refused():
    search = searching.Search(training_data())
    with (
        locks.exclusive_lock(search.folder, "a test"),
        pytest.raises(GenreLabError, match="this search is running"),
    ):
        searching.tune(training_data())


def test_a_space_that_holds_less_than_is_asked_for_ends_early(capsys):
    searching.tune(training_data(**{"tuning.space": "kernel", "tuning.trials": "9"}))
    assert "only these 2 configurations" in capsys.readouterr().out


def test_hyperband_needs_epochs():
    with pytest.raises(ConfigError, match="'svm' has none"):
        searching.Search(training_data(**{"tuning.oracle": "hyperband"}))


def test_a_run_that_is_no_search_has_no_winner():
    with pytest.raises(ConfigError, match=r"has no best\.json"):
        report.best_of("0" * 32)
