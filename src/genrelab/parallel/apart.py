"""A call in a process of its own: what it does to memory or to itself is over with it."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

from genrelab.errors import GenreLabError, why

POLL_SECONDS = 0.2  # between two looks whether it has ended
LEAVE_SECONDS = 30  # that it may take to end when it is told to


def always() -> bool:
    """Return true: the call is wanted to its end."""
    return True


def call(
    function: Callable[..., Any],
    *arguments: Any,
    limit: float | None = None,
    wanted: Callable[[], bool] = always,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> Any:
    """Return what a function of a module returns, called in a fresh process.

    Parameters:
        function: a function of a module. Arguments and result are pickled.
        arguments: what it is called with.
        limit: seconds after which it is ended; None: never.
        wanted: asked now and then; where it says no, the process is ended.
        environment: of the process; that of this one if not given.
        output: where what it prints goes; where this process prints if not given.

    Raises:
        GenreLabError: what it has raised, in a line; or it has taken too long, was not wanted, or ended without a word.
    """
    with tempfile.TemporaryDirectory(prefix="genrelab-") as folder:
        task, answer = Path(folder, "task"), Path(folder, "answer")
        task.write_bytes(pickle.dumps((function, arguments)))
        paths = [str(Path(path).absolute()) for path in sys.path]
        code = f"import sys; sys.path[:] = {paths!r}; from genrelab.parallel.apart import main; main()"
        command = [sys.executable, "-c", code, str(task), str(answer), str(os.getpid())]
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT if output else None
        )
        try:
            deadline = time.monotonic() + limit if limit else None
            while process.poll() is None:
                if deadline and time.monotonic() > deadline:
                    raise GenreLabError(f"took longer than its budget, {limit:.0f} s with start and scoring")
                if not wanted():
                    raise GenreLabError("was given up")
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:  # which the terminal has sent to that process as well
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            raise
        finally:
            _end(process)
        if not answer.exists():
            raise GenreLabError(
                f"its process ended without a word (exit code {process.returncode}), perhaps for lack of memory"
            )
        found, line = pickle.loads(answer.read_bytes())
    if line:
        raise GenreLabError(line)
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()  # as Ctrl-C: its run is recorded as killed
        try:
            process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> NoReturn:
    """Do what the file named first says, leave in the second what came of it; the third word is who waits for that."""
    task, answer, parent = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    os.environ.pop("MLFLOW_RUN_ID", None)  # that of who waits
    found, line = None, ""
    try:
        function, arguments = pickle.loads(task.read_bytes())
        found = function(*arguments)
    except KeyboardInterrupt:  # its run is recorded as killed, and who waits says what to do
        sys.exit(130)
    except GenreLabError as error:
        line = str(error)
    except Exception as error:
        traceback.print_exc()
        line = why(error)
    partial = answer.with_suffix(".partial")
    partial.write_bytes(pickle.dumps((found, line)))
    partial.rename(answer)
    sys.exit(0)


def _follow(parent: int) -> None:
    """End this process when the one that has started it is gone, even by kill -9."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
