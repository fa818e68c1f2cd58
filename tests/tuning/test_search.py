"""A search in this process: what it reads, what it is known by, what it says."""

import pytest
from training_data import FOLD, training_data

from genrelab.corpus import Fold
from genrelab.errors import ConfigError, GenreLabError
from genrelab.state import locks
from genrelab.tuning import report
from genrelab.tuning import search as searching

pytestmark = pytest.mark.usefixtures("workplace")


def test_a_search_never_reads_test():
    made = training_data()
    searching.tune(made)
    assert made.read == {*FOLD.train, *FOLD.valid}


def test_it_goes_on_where_it_was_and_says_what_is_new(capsys):
    first = searching.tune(training_data())
    assert "2 of 2 done" in capsys.readouterr().out
    again = searching.tune(training_data())
    assert "resuming this search: 2 of 2 trials are done" in capsys.readouterr().out
    assert again.best == first.best
    searching.tune(training_data(**{"tuning.trials": "3"}))
    assert "3 of 3 done" in capsys.readouterr().out
    searching.tune(training_data(seed="5"))
    assert "changed since the last such search: seed; a new one starts" in capsys.readouterr().out
    assert report.best_of(first.run_id) == first.best


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
def test_its_key_is_a_hash_of_what_bears_on_a_trial(overrides, same):
    one, other = searching.Search(training_data()), searching.Search(training_data(**overrides))
    assert (one.key == other.key) is same


def test_other_data_or_clips_are_another_search():
    turned = Fold(FOLD.valid, FOLD.train, FOLD.test)
    several = (training_data(), training_data(version="2"), training_data(turned))
    assert len({searching.Search(made).key for made in several}) == 3


def test_the_same_search_twice_at_once_is_refused():
    search = searching.Search(training_data())
    with (
        locks.exclusive_lock(search.folder, "a test"),
        pytest.raises(GenreLabError, match="this very search is running"),
    ):
        searching.tune(training_data())


def test_a_space_that_holds_less_than_is_asked_for_ends_early(capsys):
    searching.tune(training_data(**{"tuning.space": "kernel", "tuning.trials": "9"}))
    assert "no more than these 2 configurations" in capsys.readouterr().out


def test_hyperband_needs_epochs():
    with pytest.raises(ConfigError, match="'svm' has none"):
        searching.Search(training_data(**{"tuning.oracle": "hyperband"}))


def test_a_run_that_is_no_search_has_no_winner():
    with pytest.raises(ConfigError, match=r"has no best\.json"):
        report.best_of("0" * 32)
