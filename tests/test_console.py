"""What is printed costs nothing of what was worked out."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from genrelab import console

PRINTS = (
    "import sys; from genrelab import console; console.settle()\n"
    "for i in range(20000): print('Motörhead \\u266a', i)\n"
    "print('x', file=sys.stderr); sys.stdout.flush()\n"
    "open(sys.argv[1], 'w').write('done')\n"
)


def run(path, **streams):
    env = {**os.environ, "PYTHONPATH": "src", "PYTHONIOENCODING": "ascii"}
    return subprocess.Popen([sys.executable, "-c", PRINTS, str(path)], env=env, **streams)


def test_a_reader_that_goes_costs_nothing_and_is_no_error(tmp_path):
    process = run(tmp_path / "result", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b"x\n"
    process.stderr.close()
    assert process.wait() == 0
    assert (tmp_path / "result").read_text() == "done"


def test_a_name_that_the_terminal_cannot_encode_is_replaced(tmp_path):
    out, err = run(tmp_path / "result", stdout=subprocess.PIPE, stderr=subprocess.PIPE).communicate()
    assert out.startswith(b"Mot?rhead ? 0\n")
    assert err == b"x\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110
def test_an_output_that_is_full_is_a_line(tmp_path):
    env = {**os.environ, "PYTHONPATH": "src"}
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "genrelab", "show-config"], env=env, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert "No space left on device; free some space" in done.stderr
    assert "Traceback" not in done.stderr


ROWS = [["crnn", "65.0 (45-84)", "epochs 6, seed 0"], ["a model of a very long name, indeed", "5.0", "-"]]


def test_in_a_pipe_each_row_of_a_table_is_a_line():
    shown = console.format_table(["model", "accuracy\n(95%)", "settings"], ROWS, words=(0, 2))
    assert shown.splitlines() == [
        "                                         accuracy",
        "model                                       (95%)  settings",
        "-" * 67,
        "crnn                                 65.0 (45-84)  epochs 6, seed 0",
        "a model of a very long name, indeed           5.0  -",
    ]


def test_on_a_terminal_it_has_the_terminals_width_and_bold_titles(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    shown = console.format_table(["model", "accuracy\n(95%)", "settings"], ROWS, words=(0, 2))
    assert "\x1b[1m" in shown
    lines = console.strip_styles(shown).splitlines()
    assert max(map(len, lines)) <= 40


def test_brackets_are_no_markup():
    assert "[bold]x[/bold] \\[" in console.format_table(["a"], [["[bold]x[/bold] \\["]])


BARS = """
import sys; from genrelab import console; console.settle()
from tqdm import tqdm
with console.progress_bar("trials", 3, "trial") as show:
    show(1)
    for i in tqdm(range(2), desc="epoch", leave=False, mininterval=0): pass
    console.say("trial 1: done")
    show(2)
"""


def test_a_bar_stays_above_those_that_come_and_go_and_lines_go_above_both():
    shown = on_a_terminal(BARS)
    assert "\r\n\repoch: 100%" in shown  # a line below
    assert "\rtrial 1: done\r\n\rtrials:  33%" in shown  # what was in its line is cleared
    assert "2/3" in shown


def on_a_terminal(code: str) -> str:
    """Return what Python code prints on a terminal of 60 columns."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
    env = {**os.environ, "PYTHONPATH": "src"}
    subprocess.run([sys.executable, "-c", code], env=env, stdout=terminal, stderr=terminal, check=True)
    os.close(terminal)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    return shown


def test_what_was_done_before_does_not_count_for_the_time_left():
    shown = on_a_terminal(
        "import time; from genrelab import console\n"
        "with console.progress_bar('folds', 2000, 'fold') as show: show(1000); time.sleep(0.5); show(1001)"
    )
    left = [line for line in shown.split("\r") if "1001/2000" in line][-1]
    assert "<00:00" not in left  # 999 folds at two a second; by the rate of 1001 in half a second there were none left


def test_in_a_pipe_there_is_no_bar():
    done = subprocess.run(
        [sys.executable, "-c", BARS.replace("leave=False", "disable=True")],
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("trial 1: done\n", "")
