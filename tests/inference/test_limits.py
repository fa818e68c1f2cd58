"""What a request may cost, and who has to wait."""

import threading

import pytest

from genrelab.inference import limits


def test_more_sound_than_allowed_is_refused():
    cost = limits.Cost(60, channel_seconds=100)
    cost.check_sound(100)
    with pytest.raises(limits.CostError, match=r"101 s of sound.* more than 100; send fewer"):
        cost.check_sound(101)


def test_sound_at_a_high_rate_counts_for_more_and_what_was_decoded_counts_whatever_was_stated():
    assert limits.channel_seconds(10, 2, 44_100) == 20
    assert limits.channel_seconds(10, 2, 480_000) == 200
    cost = limits.Cost(60, channel_seconds=100)
    cost.spend(60)
    with pytest.raises(limits.CostError, match="120 s of sound"):
        cost.spend(60)


def test_after_the_deadline_nothing_goes_on():
    limits.Cost(60).check_time()
    with pytest.raises(limits.BusyError, match="not finished within 0 s"):
        limits.Cost(0).check_time()


def test_one_more_than_may_wait_is_refused_at_once():
    turns, entered, leave = limits.Turns(running=1, waiting=1), threading.Event(), threading.Event()

    def work():
        with turns.turn(limits.Cost(60)):
            entered.set()
            leave.wait(10)

    threads = [threading.Thread(target=work) for _ in range(2)]
    threads[0].start()
    assert entered.wait(10)
    with pytest.raises(limits.BusyError, match="not finished"), turns.turn(limits.Cost(0)):
        pass
    threads[1].start()
    said = ""
    while "too many waiting requests" not in said:  # until the second one has come to wait
        with pytest.raises(limits.BusyError) as caught, turns.turn(limits.Cost(0.01)):
            pass
        said = str(caught.value)
    leave.set()
    for thread in threads:
        thread.join(10)
    with turns.turn(limits.Cost(60)):
        pass


def test_heavy_requests_leave_a_place_to_run_and_places_to_wait():
    turns, running = limits.Turns(running=2, waiting=2), limits.Cost(60)
    with turns.turn(running, heavy=True):
        with pytest.raises(limits.BusyError, match="not finished"), turns.turn(limits.Cost(0.01), heavy=True):
            pass
        with turns.turn(running):
            pass
        leave = threading.Event()

        def wait():
            with turns.turn(limits.Cost(60), heavy=True):
                leave.wait(10)

        waits = threading.Thread(target=wait)
        waits.start()
        said = ""
        while "too many waiting requests" not in said:
            with pytest.raises(limits.BusyError) as caught, turns.turn(limits.Cost(0.01), heavy=True):
                pass
            said = str(caught.value)
        with turns.turn(running):
            pass
    leave.set()
    waits.join(10)
