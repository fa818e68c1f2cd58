"""The pages of zoo, leakage and replicate."""

import pandas as pd

from genrelab.experiments import leakage_html, replication_html, replication_report, zoo_html
from genrelab.experiments.replication_report import Ours, ReplicationSettings
from genrelab.experiments.zoo_report import OWN, About, Row
from genrelab.models import Paper

EVIL = "<b>&\"'"
FIGURES = {
    "test_accuracy": 0.5,
    "test_accuracy_low": 0.25,
    "test_accuracy_high": 0.75,
    "test_f1": 0.4,
    "train_seconds": 12.0,
    "model_bytes": 2.0**20,
}
ABOUT = About("mine", "genre", "random", 100, 20, 3, 1, 0, f"mlflow run . {EVIL}")


def test_the_zoo_has_the_best_model_first_and_its_failures_apart():
    better = {**FIGURES, "test_accuracy": 0.6, "train_seconds": 30.0}
    rows = [
        Row("cnn", OWN, "1" * 32, FIGURES, ""),
        Row(
            "svm",
            Paper(cite="Li 2003, A title", reported="74%", data="GTZAN", left_open=EVIL, differs=""),
            "2" * 32,
            better,
            "",
        ),
        Row("crnn", OWN, "", {}, EVIL),
        Row("resnet", OWN._replace(reported="66%"), "3" * 32, {**FIGURES, "test_accuracy": 0.7}, "", "after 28 steps"),
    ]
    html = zoo_html.page(rows, ABOUT)
    said = "svm has the highest accuracy of 2: 60.0% (95%: 25-75); the interval of one other overlaps its own."
    said += " 1 cut short by the budget. 1 failed."
    assert said in html
    assert html.index("<td>svm</td>") < html.index("<td>cnn</td>")
    assert html.index("<td>cnn</td>") < html.index("<h2>Cut short</h2>") < html.index("<td>resnet</td>")
    assert "after 28 steps" in html
    assert "66%" not in html
    assert EVIL not in html
    assert "Li 2003" in html
    html = zoo_html.page(rows[:1], ABOUT)
    assert "Models that failed" not in html
    assert "departs from its paper" not in html


def test_leakage_begins_with_the_gaps():
    means = pd.DataFrame(
        {
            "accuracy": [0.9, 0.6, 0.5],
            "low": [0.8, 0.5, 0.4],
            "high": [1.0, 0.7, 0.6],
            "f1": [0.9, 0.6, 0.5],
            "clip_accuracy": [0.95, 0.7, 0.6],
            "clip_in_train": [1.0, 0.0, 0.0],
            "artist_in_train": [1.0, 0.8, 0.0],
            "train": [100, 100, 100],
        },
        index=["slices at random", "clips at random", "artists apart"],
    )
    trainings = pd.DataFrame([{"divided": EVIL, "seed": 0, "train": 100, "test": 20, "accuracy": 0.5, "f1": 0.4}])
    gaps = {"slices at random": (0.4, 0.3, 0.5), "clips at random": (0.1, -0.1, 0.2)}
    html = leakage_html.page("cnn", means, gaps, trainings, [EVIL])
    assert "Slices at random: +40.0 points of accuracy against artists apart (95%: +30.0 to +50.0); it flatters" in html
    assert "may be chance" in html
    assert "95.0" not in html  # slices of one clip stand on both sides: there is no whole clip to be right on
    assert EVIL not in html


def test_replication_says_how_many_of_the_thesiss_figures_lie_in_our_intervals():
    ours = {("baseline", "cnn"): Ours(0.41, 0.35, 0.47, 0.4, 0.4, 0.4, 200, {"jazz": 10}, {"jazz": 20}, "1" * 32)}
    settings = ReplicationSettings("gtzan", 999, 10, "random", 700, 100, 199, 25, 20, 20, 0, fast=False)
    html = replication_html.page(ours, settings)
    assert "1 of 1 accuracies reported in the thesis lie inside" in html
    assert html.count("<h2>Table ") == 5
    assert replication_report.conditions(settings) in html
