"""compare in this process, on a store of its own: which runs share a table, which are left out or refused, and why."""

import dataclasses
import os
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from genrelab import config
from genrelab.corpus import Clip, Corpus, Fold
from genrelab.data.dvc import DataVersion
from genrelab.errors import ConfigError, DataError
from genrelab.evaluation import comparison
from genrelab.tracking import ledger, runs
from genrelab.training.experiment_data import SplitCorpus

PARAMS = Path("params.yaml").resolve()
TEST = tuple(f"test{i}" for i in range(8))
METRICS = dict.fromkeys(("f1", "precision", "recall", "accuracy_low", "accuracy_high"), 0.5)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with runs of all kinds, in a folder that is the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("compare"))
        for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
            patch.delenv(name)
        yield {
            "earlier": train("svm", 4),
            "svm": train("svm", 6),
            "cnn": train("cnn", 8),
            "tuned": train("cnn", 7, {"space": "units"}, **{"hp.conv1.units": "64"}),
            "preset": train("cnn", 5, {"preset": "thesis-units"}, **{"hp.conv1.units": "32"}),
            "version": train("svm", 8, {"data.table": "old"}),
            "split": train("svm", 8, {"split": "kfold"}),
            "clips": train("svm", 8, {"data.test": "other"}),
            "style": train("svm", 8, {"task": "style"}),
            "other": train("svm", 8, {"dataset": "other"}),
            "unread": train("svm", 8, seed="9", predictions=False),
            "fewer": train("svm", 3, seed="8", clips=TEST[:4]),
            "failed": train("svm", 8, kind="trial"),
        }
        mlflow.set_tracking_uri(None)


def corpus_in_folds(**overrides):
    clips = [Clip(id, id, "ab"[i % 2], "", 30.0, "0") for i, id in enumerate(("train0", "train1", *TEST))]
    loaded = config.load(PARAMS, overrides)
    version = DataVersion(table="table", clips="clips", features="features")
    return SplitCorpus(loaded, Corpus(tuple(clips), ("a", "b")), [Fold(("train0",), ("train1",), TEST)], version)


def train(model, right, tags=None, *, kind="train", clips=TEST, predictions=True, **overrides):
    """Record a run as a training leaves it, with the first `right` clips right, and return its id."""
    data = corpus_in_folds(**overrides)
    wanted = comparison.common_tags(data)
    about = {"model": model, "settings": f"settings of {model}", **wanted, **(tags or {})}
    with runs.run(model, kind, data.config, about) as run_id:
        runs.log_metrics({"test_accuracy": right / 8, **{f"test_{name}": value for name, value in METRICS.items()}})
        true = ["ab"[i % 2] for i in range(len(clips))]
        predicted = [t if i < right else "ba"[i % 2] for i, t in enumerate(true)]
        if predictions:
            runs.log_table(
                pd.DataFrame({"clip": clips, "fold": 0, "true": true, "predicted": predicted}), "predictions"
            )
    return run_id


def test_the_latest_run_of_each_configuration_on_the_same_data_shares_a_table(store):
    found = comparison.compare(corpus_in_folds())
    assert list(found.table.run) == [store[name][:8] for name in ("cnn", "tuned", "svm", "preset")]
    assert list(found.table.name) == ["cnn", "cnn 2", "svm", "cnn 3"]
    assert list(found.table.experiment) == ["baseline", "units", "", ""]
    assert not found.comparable
    assert found.title == "synthetic, genre, split random: 8 test clips"
    assert "none is known" in found.notes[0]


def test_other_runs_on_the_corpus_are_named_with_the_reason(store):
    reasons = {run.run: run.reason for run in comparison.compare(corpus_in_folds()).left_out}
    assert reasons == {
        store["earlier"]: "superseded by a later run of the same configuration",
        store["version"]: "on a different version of the corpus",
        store["split"]: "on a different split",
        store["clips"]: "on different test clips",
        store["style"]: "for a different task",
        store["unread"]: "with unreadable predictions",
        store["fewer"]: "on different test clips",
    }


def test_runs_that_are_named_are_compared_alone_by_the_beginning_of_their_id(store):
    found = comparison.compare(corpus_in_folds(), [store["earlier"][:12], store["cnn"]])
    assert list(found.table.run) == [store["cnn"][:8], store["earlier"][:8]]
    assert found.left_out == []
    twice = comparison.compare(corpus_in_folds(), [store["cnn"][:12], store["cnn"]])
    assert len(twice.table) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("version", r"on a different version of the corpus \(old, not table\)"),
        ("style", r"for a different task \(style, not genre\)"),
        ("split", r"on a different split \(kfold, not random\)"),
        ("clips", "on different test clips"),
        ("other", r"on a different corpus \(other, not synthetic\)"),
    ],
)
def test_a_named_run_on_other_data_is_refused(store, name, message):
    with pytest.raises(DataError, match=message) as caught:
        comparison.compare(corpus_in_folds(), [store["cnn"], store[name]])
    assert store[name] in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_named_runs_must_have_answered_the_same_clips(store):
    with pytest.raises(DataError, match="on different clips"):
        comparison.compare(corpus_in_folds(), [store["cnn"], store["fewer"]])


def test_what_names_no_scored_run_is_one_line(store):
    with pytest.raises(ConfigError, match="no run id begins with '" + "0" * 32):
        comparison.compare(corpus_in_folds(), ["0" * 32])
    with pytest.raises(ConfigError, match="got 'cnn'"):
        comparison.compare(corpus_in_folds(), ["cnn"])
    with pytest.raises(ConfigError, match="got ''"):
        comparison.compare(corpus_in_folds(), [store["cnn"], ""])
    with pytest.raises(ConfigError, match="is not a finished training"):
        comparison.compare(corpus_in_folds(), [store["failed"]])
    with pytest.raises(ConfigError, match=r"has no predictions\.csv"):
        comparison.compare(corpus_in_folds(), [store["unread"]])
    client = mlflow.MlflowClient()
    ids = [*store.values(), *(client.create_run("0").info.run_id for _ in range(17 - len(store)))]
    digit = max("0123456789abcdef", key=lambda digit: sum(id.startswith(digit) for id in ids))  # of 17, two share it
    with pytest.raises(ConfigError, match=f"run ids begin with '{digit}'"):
        comparison.compare(corpus_in_folds(), [digit])


def test_without_a_run_it_says_what_there_is_instead(store):
    with pytest.raises(DataError, match=r"left out: 1 run for a different task.*train one with: .* dataset=other"):
        comparison.compare(corpus_in_folds(dataset="other", task="style", **{"corpora.other.kind": "synthetic"}))


def test_everything_is_logged_and_written(store, capsys):
    data = corpus_in_folds()
    before = ledger.look_up(data.test_part)
    with runs.run("compare", "compare", data.config, {}) as run_id:
        comparison.report(comparison.compare(data), data)
    assert ledger.look_up(data.test_part) == (before.scored, before.compared + 1, 0)
    printed = capsys.readouterr().out
    assert f"ledger: test part scored {before.scored} times before" in printed
    for words in ("group", "Pairs", "Accuracy of each class", "disagree", "left out: ", "41*", "59*"):
        assert words in printed
    folder = Path("reports/synthetic")
    for name in ("leaderboard", "pairs", "per_class", "disagreements", "left_out"):
        written = (folder / f"{name}-genre-random.csv").read_text()
        assert written == runs.read_text(run_id, f"{name}.csv")
    page = (folder / "compare-genre-random.html").read_text()
    assert page == runs.read_text(run_id, "compare.html")
    assert "Confusion matrices" in page
    names = {item.path for item in mlflow.MlflowClient().list_artifacts(run_id)}
    assert {"leaderboard.png", "per_class.png", "leaderboard.txt"} <= names


def test_main_prints_the_leaderboard_alone(store, capsys):
    data = corpus_in_folds()
    with runs.run("main", "main", data.config, {}):
        comparison.leaderboard(data)
    printed = capsys.readouterr().out
    assert "group" in printed
    assert "Pairs" not in printed


def test_runs_of_before_have_the_hash_of_their_config_under_another_tag(store):
    client, version = mlflow.MlflowClient(), DataVersion(table="before", clips="clips", features="features")
    older, newer = (train("svm", right, {"data.table": "before"}) for right in (4, 6))
    client.set_tag(older, "config.uid", client.get_run(older).data.tags["config.hash"])
    client.delete_tag(older, "config.hash")
    found = comparison.compare(dataclasses.replace(corpus_in_folds(), version=version))
    assert list(found.table.run) == [newer[:8]]
    reasons = {run.run: run.reason for run in found.left_out}
    assert reasons[older] == "superseded by a later run of the same configuration"


def test_a_nested_search_is_no_later_run_of_the_model_at_its_defaults(store):
    plain, nested = train("svm", 6, split="artist"), train("svm", 5, {"nested": "5 trials"}, split="artist")
    found = comparison.compare(corpus_in_folds(split="artist"))
    assert list(found.table.run) == [plain[:8], nested[:8]]
