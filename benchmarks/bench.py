"""Measure every speed and print one table, each as a ratio to a named reference in the same run; `make bench` runs it.

    python benchmarks/bench.py [--only mel,training] [--quick] [--write]

The last committed table is benchmarks/bench.md. The script reports every row that is more than a tenth slower than
there, and then exits with code 1. `--write` replaces the table; with `--only`, it replaces the measured rows. Run it on
an idle machine. Ratios carry over to other machines, absolute figures do not. `--quick` takes a tenth of the clips, to
check that everything runs.
"""

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rows import Row

COMMITTED = Path(__file__).with_name("bench.md")
TOLERATED = 0.9  # of the committed ratio
LINE = re.compile(r"\| (?P<name>[^|]+?) \| (?P<ratio>[\d.]+) x \| (?P<reference>[^|]+?) \| (?P<figure>[^|]*?) \|")


def groups(part: float) -> dict[str, Callable[[], Iterator[Row]]]:
    """Return the measurements by the name that --only takes, for this part of the usual number of clips."""
    # Not at the top: measuring processes import this file, and a bare fit needs TensorFlow in its default state.
    import cluster
    import features
    import one_pass
    import predicting
    import streaming
    import training

    clips = lambda usual: max(20, round(part * usual))  # noqa: E731
    return {
        "mel": lambda: features.rows(clips(1000), 3),
        "cluster": lambda: cluster.rows(clips(1000), 3),
        "pass": lambda: one_pass.rows(clips(100)),
        # As many clips as the synthetic corpus has in train.
        "training": lambda: training.rows(["cnn", "resnet", "crnn"], clips(140), 3, 2),
        "card": lambda: training.card_rows(["cnn", "resnet", "crnn"], 1000, 3, 2),
        "streaming": lambda: streaming.rows(clips(1700), 2),
        "predicting": lambda: predicting.rows(clips(240), clips(60)),
    }


def committed() -> list[Row]:
    """Return the rows of the last committed table."""
    text = COMMITTED.read_text(encoding="utf-8") if COMMITTED.exists() else ""
    return [Row(row["name"], float(row["ratio"]), row["reference"], row["figure"]) for row in LINE.finditer(text)]


def table(rows: list[Row]) -> str:
    """Return the table as Markdown."""
    lines = [f"`make bench` on {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}:", ""]
    lines += ["| | speed | against | |", "|---|---|---|---|"]
    lines += [f"| {row.name} | {row.ratio:.2f} x | {row.reference} | {row.figure} |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    known, wanted = groups(0.1 if options.quick else 1), [name for name in options.only.split(",") if name]
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"no such group: {', '.join(unknown)}; there are {', '.join(known)}")
    before, found, slower = {row.name: row for row in committed()}, [], []
    for name in wanted or known:
        for row in known[name]():
            print(row, flush=True)
            found.append(row)
            if row.name in before and row.ratio < TOLERATED * before[row.name].ratio:
                slower.append(f"{row.name}: {row.ratio:.2f} x, committed {before[row.name].ratio:.2f} x")
    if options.write:
        anew = {row.name: row for row in found}
        COMMITTED.write_text(table([*(before | anew if wanted else anew).values()]), encoding="utf-8")
    if slower:
        sys.exit("slower than the committed table by more than a tenth:\n" + "\n".join(slower))


if __name__ == "__main__":
    main()
