"""Commands in processes that have imported the heavy packages already, as copies of one that has.

Nothing else sets them apart from `python -m genrelab`, which takes seconds to start, most of them TensorFlow's.
"""

import atexit
import multiprocessing
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import faults

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # as genrelab has it: its notes would be taken for a verb's
HEAVY = ["tensorflow", "keras_tuner", "mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store", "pandas", "tabulate"]
HEAVY += ["sklearn.ensemble", "sklearn.svm", "librosa", "scipy.signal", "matplotlib.pyplot", "zarr", "pydantic", "tqdm"]


def genrelab(words: Sequence[str], root: Path, env: Mapping[str, str], output: Path, seconds: float) -> int:
    """Run a verb in the clone at `root`, or Python code after -c; return its exit code.

    `output`/out and err get what it prints.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(HEAVY)
    process = context.Process(target=_be, args=([*words], root, {**env}, output))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{' '.join(words)} took more than {seconds:.0f} s")
    return process.exitcode


def _be(words: list[str], root: Path, env: dict[str, str], output: Path) -> None:
    for number, name in ((1, "out"), (2, "err")):
        file = os.open(output / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
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
