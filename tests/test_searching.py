"""A search in this process: what it reads, what it is known by, what it says."""

import os
from pathlib import Path
from typing import ClassVar

import mlflow
import numpy as np
import pytest

from genrelab import config, searching
from genrelab.corpus import Clip, Corpus, Fold
from genrelab.errors import ConfigError, GenreLabError
from genrelab.features import mel
from genrelab.preparing import Prepared
from genrelab.versions import DataVersion

PARAMS = Path("params.yaml").resolve()
FOLD = Fold(
    tuple(f"train{i}" for i in range(12)), tuple(f"valid{i}" for i in range(6)), tuple(f"test{i}" for i in range(6))
)


class Watched(Prepared):
    """Made-up features of two classes that are easy to tell apart; it notes which clips are read."""

    read: ClassVar[set[str]] = set()

    def features(self, ids):
        self.read.update(ids)
        rng = np.random.default_rng(0)
        x = rng.uniform(-80, 0, (len(ids), *self.input_shape)).astype(np.float32)
        x[:, :40] += 20 * self.corpus.targets(ids)[:, None, None]
        return x


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """What `preparing.prepare` returns for overrides, in an empty folder with a store of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    before = mlflow.get_tracking_uri()
    clips = [
        Clip(id, Path(id), "ab"[i % 2], "", 30.0, "0") for part in (FOLD.train, FOLD.valid, FOLD.test)
        for i, id in enumerate(part)
    ]  # fmt: skip

    def made(**overrides):
        settings = {"features.mel.frames": "60", "tuning.refit": "false", "tuning.trials": "2", **overrides}
        loaded = config.load(PARAMS, settings)
        params = mel.Params(**loaded.features["mel"])
        version = DataVersion(table="table", clips="clips", features="features")
        found = Watched(loaded, Corpus(tuple(clips), ("a", "b")), [FOLD], version, "mel", params)
        found.read.clear()
        return found

    yield made
    mlflow.set_tracking_uri(before)


def test_a_search_never_reads_test(prepare):
    prepared = prepare()
    searching.tune(prepared, "svm")
    assert prepared.read == {*FOLD.train, *FOLD.valid}


def test_it_goes_on_where_it_was_and_says_what_is_new(prepare, capsys):
    first = searching.tune(prepare(), "svm")
    assert "2 of 2 done" in capsys.readouterr().out
    again = searching.tune(prepare(), "svm")
    assert "going on with this search: 2 of 2 trials are done" in capsys.readouterr().out
    assert again.best == first.best
    searching.tune(prepare(**{"tuning.trials": "3"}), "svm")
    assert "3 of 3 done" in capsys.readouterr().out
    searching.tune(prepare(seed="5"), "svm")
    assert "changed since the last such search: seed; a new one starts" in capsys.readouterr().out
    assert searching.best_of(first.run_id) == first.best


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
        ({"training.epochs": "3"}, False),
    ],
)
def test_its_key_is_a_hash_of_what_bears_on_a_trial(prepare, overrides, same):
    one, other = searching.Search(prepare(), "svm"), searching.Search(prepare(**overrides), "svm")
    assert (one.key == other.key) is same


def test_other_data_or_clips_are_another_search(prepare):
    prepared = prepare()
    other = Watched(
        prepared.config, prepared.corpus, [FOLD], DataVersion("t", "c", "f"), "mel", prepared.feature_params
    )
    swapped = Fold(FOLD.valid, FOLD.train, FOLD.test)
    turned = Watched(prepared.config, prepared.corpus, [swapped], prepared.version, "mel", prepared.feature_params)
    assert len({searching.Search(found, "svm").key for found in (prepared, other, turned)}) == 3


def test_the_same_search_twice_at_once_is_refused(prepare):
    from genrelab import locking

    search = searching.Search(prepare(), "svm")
    with locking.alone(search.folder, "a test"), pytest.raises(GenreLabError, match="this very search is running"):
        searching.tune(prepare(), "svm")


def test_a_space_that_holds_less_than_is_asked_for_ends_early(prepare, capsys):
    searching.tune(prepare(**{"tuning.space": "kernel", "tuning.trials": "9"}), "svm")
    assert "no more than these 2 configurations" in capsys.readouterr().out


def test_hyperband_needs_epochs(prepare):
    with pytest.raises(ConfigError, match="'svm' has none"):
        searching.Search(prepare(**{"tuning.oracle": "hyperband"}), "svm")


def test_a_run_that_is_no_search_has_no_winner(prepare):
    prepare()
    with pytest.raises(ConfigError, match=r"has no best\.json"):
        searching.best_of("0" * 32)
