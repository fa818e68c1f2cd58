"""Commands in processes that have imported the heavy packages already, as copies of one that has.

Nothing else sets them apart from `python -m genrelab`, which takes seconds to start, most of them TensorFlow's.
"""

import atexit
import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import faults
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as genrelab has it: its notes would be taken for a verb's


def genrelab(words: Sequence[str], root: Path, env: Mapping[str, str], output: Path, seconds: float) -> int:
    """Run a verb in the clone at `root`, or Python code after -c; return its exit code.

    `output`/out and err get what it prints.
    """
    process = _context().Process(target=_be_quietly, args=([*words], root, {**env}, output))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{' '.join(words)} took more than {seconds:.0f} s")
    return process.exitcode


class Started:
    """A verb that runs, with what subprocess.Popen has for one whose errors go where its output does."""

    def __init__(self, words: Sequence[str], root: Path, env: Mapping[str, str]) -> None:
        ours, its = _context().Pipe(duplex=False)
        self._process = _context().Process(target=_be_heard, args=([*words], root, {**env}, its))
        self._process.start()
        atexit.register(self.kill)  # lest a test that has failed leaves it, and its end is waited for
        its.close()
        self.stdout = os.fdopen(os.dup(ours.fileno()))
        ours.close()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutError(f"it goes on after {timeout:.0f} s")
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Read what is left, and wait; after `timeout` seconds the process is killed."""
        late = threading.Timer(timeout, self.kill) if timeout else None
        if late:
            late.start()
        printed = self.stdout.read()
        if late:
            late.cancel()
        self.stdout.close()
        self.wait(timeout)
        return printed, None


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["warm"])
    with pytest.MonkeyPatch.context() as patch:  # the server knows no other path than that of its environment
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        forkserver.ensure_running()
    return context


def _be_quietly(words: list[str], root: Path, env: dict[str, str], output: Path) -> None:
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(output / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    _be(words, root, env)


def _be_heard(words: list[str], root: Path, env: dict[str, str], listener: Connection) -> None:
    os.dup2(listener.fileno(), 1)
    os.dup2(listener.fileno(), 2)
    listener.close()
    _be(words, root, env)


def _be(words: list[str], root: Path, env: dict[str, str]) -> None:
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", buffering=1, closefd=False)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    assert "warm" in sys.modules  # what cannot be preloaded is passed over in silence
    os.chdir(root)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [str(root), *(str(root / path) for path in env["PYTHONPATH"].split(os.pathsep))]
    sys.argv = ["genrelab", *words]
    if "GENRELAB_FAULT" in os.environ:
        faults.arm(str(root))
    code = 0
    try:
        if words[0] == "-c":
            exec(words[1], {"__name__": "__main__"})
        else:
            runpy.run_module("genrelab", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    # The end of a program, which that of a child process is not: what was to be done at exit is done.
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)
