"""GTZAN's fault-filtered partition on corpora that hold all, some or none of GTZAN."""

import pytest
from corpora import GTZAN, IDS, corpus

from genrelab.datasets import _gtzan_facts as facts
from genrelab.errors import DataError
from genrelab.splits import fault_filtered

PARAMS = fault_filtered.Params()


def some(ids, name="{}"):
    return corpus([(name.format(id), id.split(".")[0], "") for id in ids])


def test_of_gtzan_it_has_443_197_and_290_clips_and_nothing_to_say(warnings_said):
    (fold,) = fault_filtered.folds(GTZAN, PARAMS)
    assert (len(fold.train), len(fold.valid), len(fold.test)) == (443, 197, 290)
    assert "blues.00029" in fold.train
    assert "rock.00038" in fold.valid
    assert "jazz.00099" in fold.test
    assert warnings_said() == []


def test_clips_are_found_by_path(warnings_said):
    (fold,) = fault_filtered.folds(some(IDS, "music/{}.wav"), PARAMS)
    assert len(fold.test) == 290
    assert "music/jazz.00099.wav" in fold.test
    assert warnings_said() == []


def test_what_is_missing_is_said_once(warnings_said):
    ids = [id for id in IDS if id not in {"blues.00029", "blues.00012", "rock.00010", "hiphop.00001"}]
    for _ in range(2):
        fault_filtered.folds(some(ids), PARAMS)
    assert warnings_said() == [
        "split fault_filtered: 3 of its 930 clips are not in this corpus (1 of 443 train, 0 of 197 valid, 2 of 290 "
        "test)"
    ]


def test_labels_that_cannot_be_learnt_are_named(warnings_said):
    ids = [id for id in IDS if facts.part(id) != "train" or id.startswith("rock")]
    fault_filtered.folds(some(ids), PARAMS)
    assert warnings_said()[1:] == [
        "split fault_filtered: train has no clip of blues, classical, country, disco, hiphop, jazz, metal, pop and 1 "
        "more; no model can learn them here"
    ]


def test_other_clips_are_left_out(warnings_said):
    (fold,) = fault_filtered.folds(corpus([*((id, "x", "") for id in IDS), ("polka.00001", "polka", "")]), PARAMS)
    assert "polka.00001" not in {*fold.train, *fold.valid, *fold.test}
    assert warnings_said()[0] == "split fault_filtered: 1 of 1001 clips are not GTZAN's; they are left out"


def test_clips_of_other_artists_are_not_gtzans_whatever_their_names():
    with pytest.raises(DataError, match="divides GTZAN's clips; this corpus has none"):
        fault_filtered.folds(corpus([(id, "x", "someone else") for id in IDS]), PARAMS)
    fault_filtered.folds(corpus([(id, "x", facts.artist(id).upper()) for id in IDS]), PARAMS)


def test_a_corpus_without_gtzan_and_a_part_without_clips_are_errors():
    with pytest.raises(DataError, match=r"divides GTZAN's clips; this corpus has none, such as blues\.00000"):
        fault_filtered.folds(some(["song one", "blues.00100"]), PARAMS)
    with pytest.raises(DataError, match="no clip for valid: this corpus has none of the partition's clips there"):
        fault_filtered.folds(some([id for id in IDS if facts.part(id) != "valid"]), PARAMS)
