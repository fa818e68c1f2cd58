"""The one reporter: whatever genrelab prints goes through here, and never costs what was worked out.

A closed pipe ends no work, and a name that the terminal cannot encode is printed with replacements.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

# A rule under the titles and none elsewhere, of characters that every encoding has.
RULED = "    \n    \n -- \n" + "    \n" * 5

UNBOUNDED = 10_000  # columns of a table in a file or a pipe


def say(text: str = "") -> None:
    """Print a line of results or progress on standard output, at once; above the bars that a terminal shows."""
    _print(text, sys.stdout)


def warn(text: str) -> None:
    """Print a line of advice on standard error, which is no part of a result."""
    _print(text, sys.stderr)


def _print(text: str, stream: Any) -> None:
    shown = sys.modules.get("tqdm")
    with shown.tqdm.external_write_mode(stream) if shown else contextlib.nullcontext():
        print(text, file=stream, flush=True)


@contextlib.contextmanager
def progress_bar(what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Show, on a terminal alone, how many of `total` are done, their rate and the time left.

    Bars that come and go meanwhile, such as those of epochs, stand below. Yields what is to be told how many are done;
    those of the first call were done before, and count for no rate.
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
    """Lay cells out as a table that a person reads.

    On a terminal it has the terminal's width, cells are wrapped, and titles are bold (unless NO_COLOR is set);
    elsewhere each row is a line, however wide.

    Parameters:
        head: titles; one may have several lines.
        rows: cells, as many as there are titles.
        words: the columns that stand at the left; numbers stand at the right.

    Returns:
        The table, its lines without spaces at their ends.
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
    """Return a text for the terminal without its bold letters, for a file."""
    from rich.text import Text

    return Text.from_ansi(text).plain


class PatientStream:
    """A text stream that can be written to after its reader has gone: what nobody reads is dropped.

    So `train | head` trains on, and `predict --output p.csv | true` writes its file.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")

    def write(self, text: str) -> int:
        """Write, or drop, a text; return its length."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Hand over what was written."""
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
    """Make the standard streams of this process patient."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            setattr(sys, name, PatientStream(stream))
