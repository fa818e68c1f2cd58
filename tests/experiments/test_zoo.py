"""zoo: names, budgets, tables. What its processes do is in end_to_end/test_zoo.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from genrelab import config, plugins
from genrelab.errors import ConfigError
from genrelab.experiments import zoo, zoo_report
from genrelab.experiments.zoo_report import About, Row
from genrelab.models import Paper

PAPER = Paper("A & B 1999, On | Everything", "50%", "GTZAN", "much", "little")
METRICS = {
    "test_accuracy": 0.5,
    "test_accuracy_low": 0.4,
    "test_accuracy_high": 0.61,
    "test_f1": 0.45,
    "train_seconds": 12.3,
    "model_bytes": 3 * 2**20,
}
ROWS = [
    Row("worse", PAPER, "1", METRICS, ""),
    Row("broken", PAPER, "", {}, "it broke"),
    Row("better", PAPER, "2", {**METRICS, "test_accuracy": 0.6}, ""),
]
ABOUT = About("mine", "genre", "kfold", 100, 100, 10, 5, 0, "mlflow run . -e zoo -P dataset=mine")


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400), ("", 0)])
def test_a_budget_is_a_time_with_its_unit(text, seconds):
    assert zoo._seconds(text) == seconds


@pytest.mark.parametrize("text", ["20", "0m", "-3m", "20 minutes", "m", "1e3s"])
def test_another_is_refused(text):
    with pytest.raises(ConfigError, match=f"such as 90s, 20m or 1h, got '{text}'"):
        zoo._seconds(text)


def test_the_command_of_a_table_has_what_differs_from_params_yaml():
    assert (
        zoo._command(config.load(), [], "", None)
        == "mlflow run . -e zoo -P dataset=synthetic -P task=genre -P split=random"
    )
    given = {"epochs": "1", "hp.svm.C": "2.5", "features.mel.n_mels": "64", "members.cnn.slices.hop": "1"}
    unseen = {"workers": "1", "training.memory": "0.2", "split": "kfold", "splits.kfold.folds": "3"}
    command = zoo._command(config.load(overrides={**given, **unseen}), ["cnn+svm"], "20m", 3)
    words = command.split("-P ")
    assert words[1:7] == [
        "dataset=synthetic ",
        "task=genre ",
        "split=kfold ",
        "folds=3 ",
        "models=cnn+svm ",
        "budget=20m ",
    ]
    assert {*words[7:]} == {
        "training.epochs=1 ",
        "hp.svm.C=2.5 ",
        "features.mel.n_mels=64 ",
        "members.cnn.slices.hop=1.0",
    }


def test_the_command_has_what_is_given_although_some_models_have_it_by_default():
    assert zoo._command(config.load(overrides={"epochs": "25"}), [], "", None).endswith(" -P training.epochs=25")


def test_without_names_it_is_all_models_whose_feature_params_yaml_names(capsys):
    settings = config.load()
    assert zoo._names(settings, []) == [name for name in plugins.names("models") if name != "probe"]
    assert "probe is left out: params.yaml names no feature embeddings" in capsys.readouterr().out
    with_embeddings = config.load(overrides={"features.embeddings": "{}"})
    assert zoo._names(with_embeddings, []) == plugins.names("models")
    assert zoo._names(settings, ["svm", "cnn+svm", "svm"]) == ["svm", "cnn+svm"]
    with pytest.raises(ConfigError, match="no 'cmn' among the models; did you mean 'cnn'"):
        zoo._names(settings, ["svm", "svm+cmn"])


def test_a_budget_is_shared_among_folds_and_members():
    loaded = config.load(overrides={"split": "kfold"})
    assert zoo._limited(loaded, 600, "cnn").training.minutes == 2
    assert zoo._limited(loaded, 600, "cnn+svm").training.minutes == 1
    assert zoo._limited(config.load(), 600, "cnn").training.minutes == 10


def test_the_table_has_the_best_first_and_failures_with_their_reason_last():
    table = zoo_report.table(ROWS, ABOUT)
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == ["better", "worse", "broken"]
    assert "| A & B 1999 | 50% | **60.0** (40-61) | 45.0 | 12 | 3.0 |" in rows[0]
    assert "Cut short" not in table
    assert "failed: it broke" in rows[2]
    assert len({row.count("|") for row in rows}) == 1
    assert "100 clips of 10 classes, 100 of them tested, each tested once in 5 folds; seed 0" in table
    assert ABOUT.command in table
    assert list(zoo_report.frame(ROWS)["failure"]) == ["", "it broke", ""]


def test_what_a_budget_has_cut_short_stands_apart_and_beside_no_reported_figure():
    words = "cut short by training.minutes = 4 after 28 optimizer steps, 2 of 25 epochs"
    short = Row("short", PAPER._replace(reported="66%"), "3", {**METRICS, "test_accuracy": 0.9}, "", words)
    table = zoo_report.table([*ROWS, short], ABOUT)
    whole, cut = table.split(zoo_report.CUT_SHORT)
    assert "`short`" not in whole
    assert f"| `short` | A & B 1999 | {words} | **90.0** (40-61) |" in cut
    assert "66%" not in table
    assert list(zoo_report.frame([short]).cut_short) == [words]


def test_a_block_is_renewed_in_its_place_and_others_are_left():
    page = zoo_report.put("# Zoo\n\ntext\n", "a", "first\n")
    page = zoo_report.put(page, "b", "other\n")
    again = zoo_report.put(page, "a", "second\n")
    assert "first" not in again
    assert again.index("second") < again.index("other")
    assert again.startswith("# Zoo\n\ntext\n")
    assert zoo_report.put(again, "a", "second\n") == again


def test_every_model_has_its_row_of_systems_and_the_page_is_up_to_date():
    found = zoo_report.systems()
    for name in plugins.names("models"):
        assert f"- **`{name}`**: " in found
    page = Path("docs/zoo.md").read_text(encoding="utf-8")
    assert zoo_report.put(page, "systems", found) == page, "make it so with: python -m genrelab.experiments.zoo_report"


THREADS = """
import importlib, pathlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*[path.read_text().strip() for path in pathlib.Path("/proc/self/task").glob("*/comm")])
"""


@pytest.mark.skipif(zoo.START != "forkserver", reason="processes are not copied here")
@pytest.mark.parametrize(("names", "started"), [(zoo.HEAVY, False), (["genrelab.layers.keras_backend"], True)])
def test_what_processes_are_copied_from_has_no_threads_of_tensorflow(names, started):
    """A copy would wait for them without end: it has none."""
    command = [sys.executable, "-c", THREADS, *names]
    threads = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert any(name.startswith("tf_") for name in threads) == started
