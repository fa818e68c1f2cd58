"""Tables of a comparison on cases worked by hand; what is printed and what the page holds."""

import re

import numpy as np
import pandas as pd
import pytest

from genrelab.corpus import Clip, Corpus, Fold
from genrelab.evaluation import html, tables, terminal, thesis_results
from genrelab.evaluation.tables import Drawing, Entry, LeftOut

METRICS = {
    "test_accuracy": 0.5,
    "test_accuracy_low": 0.25,
    "test_accuracy_high": 0.75,
    "test_f1": 0.4,
    "test_precision": 0.3,
    "test_recall": 0.5,
    "train_seconds": 12.0,
}


def entry(model, predicted, true, *, experiment="", **metrics):
    clips = [f"clip{i:02}" for i in range(len(true))]
    answers = pd.DataFrame({"true": list(true), "predicted": list(predicted)}, index=pd.Index(clips, name="clip"))
    accuracy = float((answers.true == answers.predicted).mean())
    found = {**METRICS, "test_accuracy": accuracy, "test_accuracy_low": accuracy, "test_accuracy_high": accuracy}
    return Entry(model, "epochs 25", f"{model:0<32}", experiment, {**found, **metrics}, answers)


def drawn_by(one, artists):
    """How intervals are drawn on the clips of an entry, of which these artists (by clip) are known."""
    clips = [Clip(id, id, label, artists.get(id, ""), 30.0, "") for id, label in one.answers.true.items()]
    return Drawing(Corpus(tuple(clips), tuple(sorted(set(one.answers.true)))), 200, 0)


def compared(*entries, left_out=(), notes=(), comparable=True, classes="abc", artists=None):
    drawing = drawn_by(entries[0], artists or {})
    return tables.compare("title", entries, list(classes), left_out, notes, comparable=comparable, drawing=drawing)


TRUE = "aaaaaaaabbbbbbbb"
GOOD = entry("good", TRUE, TRUE)
FAIR = entry("fair", "aaaaaaabbbbbbbaa", TRUE)
POOR = entry("poor", "bbbbbbbbaaaaaabb", TRUE)


def test_the_leaderboard_is_ordered_by_accuracy_then_f1_and_tells_equal_models_apart():
    better = FAIR._replace(run="f" * 32, metrics={**FAIR.metrics, "test_f1": 0.9})
    board = compared(POOR, FAIR, better, GOOD).table
    assert list(board.name) == ["good", "fair", "fair 2", "poor"]
    assert list(board.run) == ["good0000", "ffffffff", "fair0000", "poor0000"]
    assert board.accuracy.tolist() == [1, 13 / 16, 13 / 16, 2 / 16]
    assert board.train_seconds.tolist() == [12] * 4
    # An older run lacks these.
    assert board[["f1_low", "top3", "parameters", "model_bytes", "predict_ms"]].isna().all(axis=None)


def test_pairs_are_counted_and_tested_clip_by_clip():
    pairs = compared(GOOD, FAIR, POOR).pairs.set_index(["one", "other"])
    counts = ["both", "only_one", "only_other", "neither"]
    assert pairs.loc[("good", "fair"), counts].tolist() == [13, 3, 0, 0]
    assert pairs.loc[("good", "poor"), counts].tolist() == [2, 14, 0, 0]
    assert pairs.loc[("fair", "poor"), counts].tolist() == [0, 13, 2, 1]
    p = [2 / 2**3, 2 / 2**14, 2 * (1 + 15 + 105) / 2**15]
    assert pairs.p.tolist() == pytest.approx(p)
    assert pairs.p_holm.tolist() == pytest.approx([p[0], 3 * p[1], 2 * p[2]])
    assert pairs.differ.tolist() == [False, True, True]


def test_pairs_have_the_paired_interval_of_their_difference():
    pairs = compared(GOOD, FAIR, POOR).pairs.set_index(["one", "other"])
    assert pairs.difference.tolist() == pytest.approx([3 / 16, 14 / 16, 11 / 16])
    assert pairs.f1_difference.iloc[1] == pytest.approx(1 - 2 * 2 / (8 + 10) / 2)
    for name in ("difference", "f1_difference"):
        assert (pairs[f"{name}_low"] < pairs[name]).all()
        assert (pairs[name] <= pairs[f"{name}_high"]).all()
    alike = compared(GOOD, GOOD).pairs.iloc[0]
    assert (
        alike.difference == 0 < alike.difference_high == -alike.difference_low == pytest.approx(1 - 0.025 ** (1 / 16))
    )
    found = compared(GOOD, FAIR)
    shown = terminal.points(*found.pairs[["difference", "difference_low", "difference_high"]].iloc[0])
    assert shown.startswith("+18.8 (")
    assert shown in terminal.details(found)
    assert shown in html.page(found)


def test_where_artists_are_known_models_are_tested_by_artist_and_that_is_said():
    clips = GOOD.answers.index
    artists = {clip: "Nina" if clip in clips[7:14] else "Otis" for clip in clips} | {clips[15]: "", clips[14]: ""}
    found = compared(GOOD, FAIR, artists=artists)  # FAIR has 7, 14 and 15 wrong: one of Nina's, two of nobody's
    assert found.pairs.p.tolist() == [2 / 2**3]
    together = compared(GOOD, POOR, artists=dict.fromkeys(clips, "Nina"))
    assert together.pairs.p.tolist() == [1]
    assert (together.units, found.units, compared(GOOD).units) == ("1 artist", "4 artists", "16 clips")
    for text in (terminal.leaderboard(found), html.page(found)):
        assert "exact permutation test by artist, 4 artists" in " ".join(text.split())
    assert "McNemar's exact test, 16 clips" in " ".join(terminal.leaderboard(compared(GOOD, FAIR)).split())


def test_models_that_do_not_differ_share_a_letter():
    assert compared(GOOD, FAIR, POOR).table.group.tolist() == ["a", "a", "b"]


def test_answers_are_matched_by_clip_in_whatever_order_they_stand():
    turned = FAIR._replace(answers=FAIR.answers.iloc[::-1])
    assert compared(GOOD, turned).pairs.equals(compared(GOOD, FAIR).pairs)


def test_accuracy_of_each_class_that_occurs():
    table = compared(GOOD, FAIR).per_class
    assert table.to_dict("list") == {
        "class": ["a", "b"],
        "clips": [8, 8],
        "good": [1.0, 1.0],
        "fair": [7 / 8, 6 / 8],
    }


def test_clips_on_which_models_disagree_those_that_fewest_have_right_first():
    table = compared(entry("x", "aab", "abb"), entry("y", "bab", "abb"), entry("z", "cab", "abb")).disagreements
    assert table.to_dict("list") == {
        "clip": ["clip00"],
        "true": ["a"],
        "right": [1],
        "x": ["a"],
        "y": ["b"],
        "z": ["c"],
    }
    assert list(compared(GOOD, FAIR).disagreements["clip"]) == ["clip07", "clip14", "clip15"]
    wrong = compared(entry("x", "aba", "aab"), entry("y", "acc", "aab")).disagreements  # both wrong, in two ways
    assert (list(wrong["clip"]), list(wrong.right)) == (["clip01", "clip02"], [0, 0])


def test_one_model_alone_has_no_pair_and_no_disagreement():
    found = compared(GOOD)
    assert found.pairs.empty
    assert found.disagreements.empty
    assert found.table.group.tolist() == ["a"]
    text = terminal.leaderboard(found) + terminal.details(found)
    assert "Pairs" not in text
    assert "share a letter" not in text
    assert not re.search("Pairs, clip by clip|Where models disagree|Runs left out", html.page(found))


@pytest.mark.parametrize(
    ("model", "task", "space", "changed", "experiment"),
    [
        ("cnn", "genre", "", False, "baseline"),
        ("crnn", "style", "", False, "styles"),
        ("cnn", "genre", "", True, ""),
        ("cnn", "genre", "both", True, "both"),
        ("cnn", "style", "both", False, ""),
        ("cnn", "genre", "conv1.units", False, ""),
        ("svm", "genre", "", False, ""),
        ("cnn", "mood", "", False, ""),
    ],
)
def test_which_experiment_of_the_thesis_a_training_repeats(model, task, space, changed, experiment):
    assert tables.experiment(model, task, space, changed=changed) == experiment


def test_the_thesiss_accuracy_stands_beside_ours():
    board = compared(entry("cnn", "ab", "ab", experiment="both"), entry("svm", "ab", "ab")).table.set_index("name")
    assert board.thesis_accuracy["cnn"] == thesis_results.REPORTED["both", "cnn"].accuracy / 100
    assert np.isnan(board.thesis_accuracy["svm"])


def test_what_was_cut_short_is_named_and_stands_beside_no_figure_of_the_thesis():
    words = "cut short by training.minutes = 4 after 28 optimizer steps, 2 of 25 epochs"
    short = entry("crnn", "ab", "ab", experiment="both")._replace(cut_short=words)
    found = compared(entry("cnn", "ab", "ab", experiment="both"), short)
    board = found.table.set_index("name")
    assert board.cut_short.to_dict() == {"cnn": "", "crnn": words}
    assert np.isnan(board.thesis_accuracy["crnn"])
    for text in (terminal.leaderboard(found), html.page(found)):
        assert f"crnn was {words}" in " ".join(text.split())


def test_on_another_corpus_it_is_marked_as_not_comparable():
    for comparable, shown in ((True, "70"), (False, "70*")):
        found = compared(entry("cnn", "ab", "ab", experiment="both"), comparable=comparable)
        for text in (terminal.leaderboard(found), html.page(found)):
            assert re.search(rf"[ >]{re.escape(shown)}[ <]", text)
            assert ("not comparable" in text) is not comparable


def corpus_of(**artists):
    return Corpus(tuple(Clip(id, id, "a", artist, 30.0, id) for id, artist in artists.items()), ("a",))


def test_the_share_of_test_clips_whose_artist_is_in_train():
    fold = Fold(("t1", "t2"), ("v",), ("x", "y", "z"))

    def about(x, y, z, t1="Nina", t2=""):
        return tables.about_artists(corpus_of(t1=t1, t2=t2, v="Ray", x=x, y=y, z=z), [fold])

    assert "67% of the test clips share their artist with train" in about("Nina", "Nina", "Otis")
    assert "50% of the 2 of 3 test clips with a known artist share" in about("Nina", "", "Otis")
    assert "none of the test clips shares its artist with train" in about("Ray", "Otis", "Otis")
    assert "none is known" in about("", "", "", t1="")


def test_what_is_left_out_is_counted_by_reason():
    runs = [LeftOut("cnn", "1", "for a different task"), LeftOut("svm", "2", "on a different split")]
    assert tables.left_out_summary([]) == ""
    assert tables.left_out_summary(runs[:1]) == "left out: 1 run for a different task"
    many = runs[:1] * 12 + runs[1:]
    assert tables.left_out_summary(many) == "left out: 12 runs for a different task, 1 on a different split"


GENRES = ["classical", "electronic", "rhythm and blues"]


def many(models=30, clips=60):
    rng = np.random.default_rng(0)
    true = np.array(GENRES)[rng.integers(0, 3, clips)]
    return [
        entry(
            f"model{i % 4}", np.where(rng.random(clips) < 0.6, true, "classical"), true, predict_ms=1.0, parameters=1e6
        )
        for i in range(models)
    ]


def test_what_is_printed_is_no_wider_than_a_terminal():
    left_out = [LeftOut("model", f"{i:08}", "on a different version of the corpus") for i in range(9)]
    found = compared(*many(), classes=GENRES, left_out=left_out, notes=["a sentence " * 20], comparable=False)
    text = f"{terminal.leaderboard(found)}\n{terminal.details(found)}"
    assert max(map(len, text.splitlines())) <= 120
    assert "... and 420 more pairs" in text
    assert re.search(r"and \d+ more models", text)
    assert "left out: 9 runs on a different version of the corpus" in text
    assert "model 00000000, model 00000001, model 00000002, model 00000003 and 5 more" in text


def test_figures_that_an_older_run_lacks_are_dashes():
    line = next(line for line in terminal.leaderboard(compared(GOOD)).splitlines() if line.startswith("good"))
    assert "nan" not in line.lower()
    assert re.search(r"40\.0 \(-\) +a +- +12 +- +- +- +epochs 25", line)
    assert "nan" not in re.sub(r"<[^>]*>", " ", html.page(compared(GOOD))).lower().split()


def test_settings_are_broken_between_them():
    text = "epochs 25, seed 0, conv1.units 64, learning_rate 2.1e-4"
    assert terminal.settings_text(text).split("\n") == [
        "epochs 25,",
        "seed 0,",
        "conv1.units 64,",
        "learning_rate",
        "2.1e-4",
    ]


def test_the_page_is_whole_escaped_and_asks_nothing_of_anybody():
    evil = "<script>alert('x')</script>&\""
    entries = [entry(evil, [evil, "a"], [evil, "a"])._replace(settings=evil), entry("cnn", "aa", [evil, "a"])]
    found = tables.compare(
        evil,
        entries,
        [evil, "a"],
        [LeftOut(evil, evil, evil)],
        [evil],
        comparable=True,
        drawing=drawn_by(entries[0], {}),
    )
    text = html.page(found)
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;") >= 8
    assert "://" not in text
    assert not re.search(r"(src|href)=", text)


def test_the_page_holds_every_row_that_the_terminal_leaves_out():
    entries = many()
    found = compared(*entries, classes=GENRES)
    text = html.page(found)
    matrices = 30 * (1 + 3)
    assert text.count("<tr>") == 5 + 2 * 30 + 435 + 3 + len(found.disagreements) + matrices


def test_confusions_count_the_clips_of_each_true_class_by_their_answer():
    table = compared(FAIR, classes="abc").confusions["fair"]
    assert table.to_numpy().tolist() == [[7, 1, 0], [2, 6, 0], [0, 0, 0]]
    assert list(table.index) == list(table.columns) == ["a", "b", "c"]
    assert "--share: 0.875" in html.page(compared(FAIR))


def test_the_page_begins_with_what_the_leaderboard_says():
    assert html.lead(compared(GOOD).table) == "good classifies 100.0% of the test clips correctly (95%: 100-100)."
    assert "than every other model" in html.lead(compared(GOOD, POOR).table)
    assert "does not differ significantly from fair." in html.lead(compared(GOOD, FAIR, POOR).table)


def test_a_clip_on_which_models_disagree_can_be_heard_where_its_file_is():
    text = html.page(compared(GOOD, FAIR), {"clip07": "../../data/a/clips/x%20y.wav"})
    assert text.count("<audio") == 1
    assert 'src="../../data/a/clips/x%20y.wav"' in text
