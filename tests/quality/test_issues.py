"""From what is known of clips to what is wrong with them."""

import numpy as np
import pandas as pd
import pytest
from training_data import PARAMS

from genrelab import config
from genrelab.corpus import Clip, Corpus, Fold
from genrelab.quality import issues
from genrelab.quality.label_issues import LabelIssues
from genrelab.quality.near_duplicates import Match

LIMITS = config.load(PARAMS).audit


def survey(n: int = 20, **changes) -> pd.DataFrame:
    table = pd.DataFrame({"clip": [f"c{i:02d}" for i in range(n)], "rate": 22050, "channels": 1, "seconds": 30.0})
    table = table.assign(peak_db=-1.0, loudness=-14.0, dc=0.0, clipped=0.0, silence=0.0, tempo=120.0)
    for column, (row, value) in changes.items():
        table.loc[row, column] = value
    return table


def rows(table: pd.DataFrame):
    return issues.of_sounds(table, ["rock"] * len(table), LIMITS)


def test_a_sound_corpus_has_no_findings():
    assert rows(survey()) == []


@pytest.mark.parametrize(
    ("column", "value", "kind", "evidence"),
    [
        ("clipped", 0.02, "clipped", "2% of its samples are cut off"),
        ("dc", -0.05, "dc_shift", "its mean is -0.050 of full scale"),
        ("silence", 4.0, "silence", "4.0 of its 30.0 s are silent"),
        ("rate", 44100, "wrong_rate", "44100 Hz; most have 22050"),
        ("seconds", 12.0, "wrong_length", "12.00 s; most have 30.00"),
    ],
)
def test_each_fault_is_found_at_its_clip(column, value, kind, evidence):
    assert rows(survey(**{column: (3, value)})) == [("c03", "rock", kind, evidence, "")]


def test_lengths_and_rates_that_vary_are_no_fault():
    table = survey()
    table["seconds"] = np.linspace(100, 300, 20)
    table.loc[:9, "rate"] = 44100
    assert rows(table) == []


def clip(name: str, label: str, artist: str) -> Clip:
    return Clip(name, "", label, artist, 30.0, "")


CORPUS = Corpus(
    (clip("a", "pop", "X"), clip("b", "pop", "X"), clip("c", "rock", "Y"), clip("d", "rock", ""), clip("e", "pop", "")),
    ("pop", "rock"),
)
FOLD = Fold(("a", "d"), ("c",), ("b", "e"))


def test_near_duplicates_say_where_the_split_and_the_labels_have_them():
    found = issues.near_duplicates([Match(0, 2, -1.25, 40, 0.5), Match(0, 3, 2.0, 9, 0.2)], CORPUS, [FOLD])
    assert [row[:3] + row[4:] for row in found] == [
        ("c", "rock", "near_duplicate", "a"),
        ("d", "rock", "near_duplicate", "a"),
    ]
    assert found[0][3] == (
        "40 landmarks agree, 50% of those in the overlap; begins 1.2 s before a; the split separates them; "
        "labelled rock and pop"
    )
    assert "two sides" not in found[1][3]
    assert "begins 2.0 s after a" in found[1][3]


def test_artists_on_both_sides_are_found_and_unknown_ones_are_none():
    assert issues.artists_on_both_sides(CORPUS, [FOLD]) == [
        ("b", "pop", "artist_on_both_sides", "1 other clip of X in train or validation, such as a", "a")
    ]
    assert issues.artists_on_both_sides(CORPUS, [Fold(("a", "b"), ("d",), ("c", "e"))]) == []


def test_suspects_are_those_that_another_class_fits_so_many_times_better():
    p = np.array([[0.1, 0.9], [0.4, 0.6], [0.2, 0.8], [np.nan, np.nan], [1.0, 0.0]])
    other, ratio = np.array([1, 1, 0, -1, 1]), np.array([9.0, LIMITS.suspect - 0.1, 0.25, np.nan, 0.0])
    doubted = LabelIssues(p, other, ratio, 0.5, 0)
    evidence = "rock with 90%, pop with 10%: relative to each class's mean, rock fits 9 times better"
    assert issues.label_issues(doubted, CORPUS, LIMITS) == [("a", "pop", "label_suspect", evidence, "")]


def test_what_was_left_out_is_listed_first_with_its_reason():
    table = pd.DataFrame(
        [
            ["x", "x.wav", "pop", "", 0.0, "", "unreadable", "is not a sound"],
            ["a", "a.wav", "pop", "", 3.0, "", "ok", ""],
        ],
        columns=["id", "path", "label", "artist", "seconds", "sha256", "status", "reason"],
    )
    out = issues.left_out(table)
    assert out == [("x", "pop", "unreadable", "x.wav: is not a sound", "")]
    found = issues.table_of([("a", "pop", "clipped", "", ""), *out, ("a", "pop", "dc_shift", "", "")])
    assert list(found["finding"]) == ["unreadable", "clipped", "dc_shift"]
    assert issues.counts(found) == {"unreadable": 1, "clipped": 1, "dc_shift": 1}


def test_every_reason_for_leaving_a_clip_out_is_a_kind():
    from typing import get_args

    from genrelab.data.audio import Fault

    assert {*get_args(Fault), "duplicate"} <= set(issues.KINDS)
