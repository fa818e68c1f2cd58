"""The single output channel: everything that genrelab prints goes through here, and printing never ends the work.

A closed pipe is ignored, and a name that the terminal cannot encode is printed with replacement characters.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

# A rule under the titles only, in ASCII, which every encoding has.
RULED = "    \n    \n -- \n" + "    \n" * 5

UNBOUNDED = 10_000  # width in columns of a table in a file or a pipe


def say(text: str = "") -> None:
    """Print a line of results or progress to standard output, flushed, and above any progress bars."""
    _print(text, sys.stdout)


def warn(text: str) -> None:
    """Print a line of advice, which is not part of a result, to standard error."""
    _print(text, sys.stderr)


def _print(text: str, stream: Any) -> None:
    shown = sys.modules.get("tqdm")
    with shown.tqdm.external_write_mode(stream) if shown else contextlib.nullcontext():
        print(text, file=stream, flush=True)


@contextlib.contextmanager
def progress_bar(what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show how many of `total` are done, their rate and the time left, on a terminal only.

    Bars that come and go meanwhile, such as those of epochs, appear below. Yields a function that takes the number
    done; the number of its first call was done before and does not count towards the rate.
    """
    from tqdm import tqdm

    with tqdm(desc=what, total=total, unit=unit, leave=False, disable=not sys.stderr.isatty()) as shown:
        begun = False

        def done(number: int) -> None:
            nonlocal begun
            if not begun:
                shown.initial = number
            begun, shown.n = True, number
            shown.refresh()

        yield done


def format_table(head: Sequence[str], rows: Iterable[Sequence[object]], words: Collection[int] = (0,)) -> str:
    """Format cells as a table for people.

    On a terminal, the table has the terminal's width, cells wrap, and titles are bold (unless NO_COLOR is set).
    Elsewhere, each row is one line, however wide.

    Parameters:
        head: titles; a title may have several lines.
        rows: rows with one cell per title.
        words: the columns to align left; all others are aligned right.

    Returns:
        The table, without trailing spaces.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.Box(RULED, ascii=True), show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, title in enumerate(head):
        shown.add_column(Text(title), justify="left" if i in words else "right", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    terminal = sys.stdout.isatty()
    output = io.StringIO()
    printer = Console(file=output, force_terminal=terminal, width=None if terminal else UNBOUNDED)
    printer.print(shown)
    return "\n".join(line.rstrip() for line in output.getvalue().rstrip().splitlines())


def strip_styles(text: str) -> str:
    """Strip the ANSI styles from a terminal text, for a file."""
    from rich.text import Text

    return Text.from_ansi(text).plain


class PatientStream:
    """A text stream that drops its output once the reader is gone.

    So `train | head` continues to train, and `predict --output p.csv | true` writes its file.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")

    def write(self, text: str) -> int:
        """Write or drop a text; return its length."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def settle() -> None:
    """Wrap stdout and stderr of this process in a PatientStream."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            setattr(sys, name, PatientStream(stream))
