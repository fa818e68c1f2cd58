"""A journal holds what was written to it before a kill, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from genrelab.state import journal
from genrelab.state.journal import Journal


def held(path, work="w", *new):
    with Journal(path, work) as book:
        found = list(book.entries())
        for entry in new:
            book.add(entry)
    return found


def test_entries_come_back_in_their_order_and_more_can_be_added(tmp_path):
    path = tmp_path / "journal"
    entries = [["ö\udce9\n", 1.1, None], {"a": [True]}]
    assert held(path, "w", *entries) == []
    assert held(path, "w", 3) == entries
    assert held(path) == [*entries, 3]


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_torn_line_is_dropped_wherever_it_is_torn_and_costs_no_other(tmp_path, lost):
    path = tmp_path / "journal"
    held(path, "w", [1], "second")
    path.write_bytes(path.read_bytes()[:-lost])
    assert held(path, "w", "third") == [[1]]
    assert held(path) == [[1], "third"]


def test_what_a_crashed_disk_left_is_dropped_with_all_behind_it(tmp_path):
    path = tmp_path / "journal"
    held(path, "w", 1)
    path.write_bytes(path.read_bytes() + b"\0\0\0\n\xff\n2\n")
    assert held(path, "w", 3) == [1]
    assert held(path) == [1, 3]


def test_entries_of_other_work_are_thrown_away(tmp_path):
    path = tmp_path / "journal"
    held(path, "old", 1, 2)
    assert held(path, "new", 3) == []
    assert held(path, "old") == []
    assert held(path, "new") == []


def test_a_kill_costs_a_moment_at_most(tmp_path):
    path = tmp_path / "journal"
    code = """
        import sys, time
        from pathlib import Path
        from genrelab.state import journal
        journal.FLUSHED = 0.05
        with journal.Journal(Path(sys.argv[1]), "w") as book:
            list(book.entries())
            for i in range(10**6):
                book.add(i)
                time.sleep(0.001)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), path])
    deadline = time.monotonic() + 30
    while (not path.exists() or path.stat().st_size < 200) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    found = held(path)
    assert len(found) > 20
    assert found == list(range(len(found)))


def test_it_is_flushed_by_time_not_by_entry(tmp_path, monkeypatch):
    path = tmp_path / "journal"
    with Journal(path, "w") as book:
        list(book.entries())
        book.add(1)
        assert path.read_bytes() == b""
        monkeypatch.setattr(journal, "FLUSHED", 0)
        book.add(2)
        assert [json.loads(line) for line in path.read_bytes().splitlines()] == ["w", 1, 2]
