"""Call a function in a process of its own, so that its memory use and its crashes end with that process."""

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

POLL_SECONDS = 0.2  # between two polls of the process
LEAVE_SECONDS = 30  # that it may take to exit after SIGTERM


def always() -> bool:
    """Return true: never give up the call."""
    return True


def call(
    function: Callable[..., Any],
    *arguments: Any,
    limit: float | None = None,
    wanted: Callable[[], bool] = always,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> Any:
    """Call a module-level function in a fresh process and return its result.

    Parameters:
        function: a module-level function. Arguments and result are pickled.
        arguments: its arguments.
        limit: seconds after which the process is ended; None: never.
        wanted: polled regularly; if it returns false, the process is ended.
        environment: environment of the process; that of this process by default.
        output: destination of its output; that of this process by default.

    Raises:
        GenreLabError: the error of the function, in one line; or it timed out, was not wanted any more, or its process
            exited without a result.
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
                    raise GenreLabError(f"took longer than its budget of {limit:.0f} s, including start and scoring")
                if not wanted():
                    raise GenreLabError("was given up")
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:  # the terminal has sent it to the child as well
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
        process.terminate()  # acts like Ctrl-C: the run is recorded as killed
        try:
            process.wait(LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> NoReturn:
    """Run the call in the first file and write its result to the second; the third argument is the parent's pid."""
    task, answer, parent = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    os.environ.pop("MLFLOW_RUN_ID", None)  # it belongs to the parent
    found, line = None, ""
    try:
        function, arguments = pickle.loads(task.read_bytes())
        found = function(*arguments)
    except KeyboardInterrupt:  # the run is recorded as killed, and the parent tells the user what to do
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
    """End this process when its parent is gone, even by kill -9."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
