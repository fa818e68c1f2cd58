"""The examples in docstrings, run as they stand."""

import doctest
from typing import Any

import genrelab as gl


def run_example(documented: Any, **names: Any) -> str:
    """Run the examples of a docstring, with `gl` and `names` at hand; require that they go as written.

    Returns what they printed.
    """
    printed: list[str] = []

    class Runner(doctest.DocTestRunner):
        def report_success(self, out, test, example, got):
            printed.append(got)

    runner = Runner(optionflags=doctest.ELLIPSIS)
    for test in doctest.DocTestFinder(recurse=False).find(documented, documented.__name__, globs={"gl": gl, **names}):
        runner.run(test)
    assert runner.tries, f"{documented.__name__} has no example"
    assert not runner.failures, f"the example of {documented.__name__} does not go as written"
    return "".join(printed)
