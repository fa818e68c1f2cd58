"""Calls on several cards: each process sees one. There need be no card: what a process sees is a variable."""

import os
import subprocess
import sys
import time

import pytest

from genrelab.errors import GenreLabError
from genrelab.parallel import on_cards
from genrelab.parallel.calls import Call
from genrelab.state import cards

SEEN = "echo $CUDA_VISIBLE_DEVICES; sleep 1"  # long enough for the others to begin


def test_five_calls_on_three_cards_take_one_each():
    begun = []
    found = dict(on_cards.run([Call(subprocess.getoutput, (SEEN,))] * 5, ["a", "b", "c"], begun.append))
    assert sorted(found) == sorted(begun) == [0, 1, 2, 3, 4]
    assert not any(answer.failure for answer in found.values())
    assert {found[number].found for number in range(3)} == {"a", "b", "c"}
    assert {answer.found for answer in found.values()} == {"a", "b", "c"}


def test_a_call_that_fails_stops_no_other():
    calls = [Call(sys.exit, (3,)), Call(os.getenv, (cards.VARIABLE,))]
    found = dict(on_cards.run(calls, ["a"]))
    assert "ended without a word (exit code 3)" in found[0].failure
    assert found[1].found == "a"


def test_what_is_under_way_ends_when_it_is_given_up():
    running = on_cards.run([Call(os.getpid, ()), Call(time.sleep, (600,))], ["a", "b"])
    next(running)
    start = time.monotonic()
    running.close()
    assert time.monotonic() - start < 20


def test_a_crew_has_a_worker_on_each_card(capfd):
    with on_cards.Crew(["a", "b"], Call(subprocess.call, (["sh", "-c", SEEN],))) as crew:
        crew.staff()
    assert sorted(capfd.readouterr().out.split()) == ["a", "b"]


def test_a_crew_of_which_none_can_work_is_a_line():
    with on_cards.Crew(["a", "b"], Call(sys.exit, (3,))) as crew:
        for thread in crew._threads:
            thread.join()
        with pytest.raises(GenreLabError, match=r"^no worker can do its part: its process ended without a word"):
            crew.staff()


@pytest.mark.parametrize(
    ("value", "names"), [("", []), ("-1", []), ("0", ["0"]), ("0, GPU-1f,2", ["0", "GPU-1f", "2"]), ("1,-1,2", ["1"])]
)
def test_the_cards_are_those_that_cuda_would_see(monkeypatch, value, names):
    monkeypatch.setenv(cards.VARIABLE, value)
    assert cards.visible() == names


def test_each_keeps_a_card_that_is_free(monkeypatch):
    monkeypatch.setenv(cards.VARIABLE, "test-a,test-b")
    with cards.free() as first, cards.free() as second, cards.free() as third:
        assert (first, second, third) == ({cards.VARIABLE: "test-a"}, {cards.VARIABLE: "test-b"}, {})
    with cards.free() as again:
        assert again == first
    monkeypatch.setenv(cards.VARIABLE, "test-a")
    with cards.free() as only:
        assert only == {}
