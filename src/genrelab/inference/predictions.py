"""What a model says of sound files, as tables: on the terminal, as CSV and as JSON lines."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tabulate import tabulate

from genrelab.corpus import OK
from genrelab.data.audio import AudioError
from genrelab.errors import ConfigError, DataError

SHOWN = 20  # files that the terminal shows
FEW = 5  # files whose windows the terminal shows
SUFFIXES = (".csv", ".jsonl")
COLUMNS = ["path", "status", "reason", "label", "probability", "top", "seconds", "windows"]


class Answer(NamedTuple):
    """What is said of one file: its windows' probabilities, float64 (windows, classes), or why there are none.

    `seconds` is the duration, `spans` are the windows' (start, end) in seconds.
    """

    path: Path
    fault: AudioError | None
    seconds: float = 0.0
    spans: Sequence[tuple[float, float]] = ()
    windows: np.ndarray = np.empty((0, 0))

    @property
    def probabilities(self) -> np.ndarray:
        """The mean over the windows."""
        return self.windows.mean(axis=0)


class Answers(NamedTuple):
    """The answers for all files, the model's classes, and how many of them `top` shall name."""

    files: Sequence[Answer]
    classes: Sequence[str]
    top_k: int

    def table(self) -> pd.DataFrame:
        """Return a row a file, with COLUMNS and a column of probabilities a class."""
        table = pd.DataFrame([self._row(answer) for answer in self.files], columns=[*COLUMNS, *self.classes])
        return table.astype({"windows": "Int64"})  # whole, though some files have none

    def timeline(self) -> pd.DataFrame:
        """Return a row a window: path, start and end in seconds, label, probability."""
        rows = [{"path": name(answer.path), **row} for answer in self.files for row in self._windows(answer)]
        return pd.DataFrame(rows, columns=["path", "start", "end", "label", "probability"])

    def lines(self, *, timeline: bool) -> str:
        """Return a JSON object a line for each file, with its windows under `timeline` if asked for."""
        return "".join(json.dumps(self._object(answer, timeline), ensure_ascii=False) + "\n" for answer in self.files)

    def terminal(self, *, timeline: bool) -> str:
        """Return what a person reads: the first files, what could not be used and why, the windows of a few."""
        good = [answer for answer in self.files if answer.fault is None]
        bad = [answer for answer in self.files if answer.fault is not None]
        parts = []
        if good:
            rows = [self._shown(answer) for answer in good[:SHOWN]]
            head = ["file", "label", "%", f"top {self.top_k}, %", "seconds", "windows"]
            right = ("left", "left", "right", "left", "right", "right")
            parts.append(tabulate(rows, head, tablefmt="simple", disable_numparse=True, colalign=right))
            parts += [f"and {len(good) - SHOWN} files more"] if len(good) > SHOWN else []
        if timeline and len(good) <= FEW:
            parts += [self._shown_windows(answer) for answer in good]
        elif timeline:
            parts.append(f"the windows of more than {FEW} files are not shown here; --output writes them")
        parts += [f"left out: {_legible(answer.path)} ({_status(answer)}): {answer.fault}" for answer in bad[:SHOWN]]
        parts += [f"and {len(bad) - SHOWN} left out more"] if len(bad) > SHOWN else []
        return "\n".join([*parts, f"{len(good)} of {len(self.files)} files judged"])

    def _row(self, answer: Answer) -> dict[str, Any]:
        row: dict[str, Any] = {"path": name(answer.path), "status": _status(answer), "reason": str(answer.fault or "")}
        if answer.fault is not None:
            return row
        top = "; ".join(f"{label} {p:.4f}" for label, p in self._top(answer.probabilities))
        return row | self._judged(answer) | {"top": top} | self._by_class(answer)

    def _object(self, answer: Answer, timeline: bool) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys([*COLUMNS, "probabilities", *(["timeline"] if timeline else [])])
        found |= {"path": name(answer.path), "status": _status(answer), "reason": str(answer.fault or "")}
        if answer.fault is not None:
            return found
        top = [{"label": label, "probability": p} for label, p in self._top(answer.probabilities)]
        found |= self._judged(answer) | {"top": top, "probabilities": self._by_class(answer)}
        return found | ({"timeline": self._windows(answer)} if timeline else {})

    def _judged(self, answer: Answer) -> dict[str, Any]:
        label, probability = self._top(answer.probabilities)[0]
        numbers = {"seconds": round(answer.seconds, 3), "windows": len(answer.spans)}
        return {"label": label, "probability": probability, **numbers}

    def _by_class(self, answer: Answer) -> dict[str, float]:
        return dict(zip(self.classes, answer.probabilities.tolist(), strict=True))

    def _windows(self, answer: Answer) -> list[dict[str, Any]]:
        return [
            {"start": round(start, 3), "end": round(end, 3), "label": label, "probability": p}
            for (start, end), window in zip(answer.spans, answer.windows, strict=True)
            for label, p in self._top(window)[:1]
        ]

    def _top(self, probabilities: np.ndarray) -> list[tuple[str, float]]:
        order = np.argsort(-probabilities, kind="stable")[: self.top_k]
        return [(self.classes[i], float(probabilities[i])) for i in order]

    def _shown(self, answer: Answer) -> list[str]:
        top = self._top(answer.probabilities)
        rest = ", ".join(f"{label} {100 * p:.0f}" for label, p in top)
        numbers = [f"{answer.seconds:.1f}", str(len(answer.spans))]
        return [_legible(answer.path), top[0][0], f"{100 * top[0][1]:.1f}", rest, *numbers]

    def _shown_windows(self, answer: Answer) -> str:
        rows = [
            [_clock(row["start"]), _clock(row["end"]), row["label"], f"{100 * row['probability']:.1f}"]
            for row in self._windows(answer)
        ]
        return f"\n{_legible(answer.path)}\n" + tabulate(
            rows, ["from", "to", "label", "%"], tablefmt="simple", disable_numparse=True
        )


def target(output: str) -> Path | None:
    """Return the file to write, None for none; ConfigError where it cannot be written, before any work is done."""
    if not output:
        return None
    path = Path(output).expanduser()
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"output '{output}' must end in {' or '.join(SUFFIXES)}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"output '{output}' cannot be written: is there a folder {path.parent.absolute()}?")
    return path


def write(answers: Answers, path: Path, *, timeline: bool) -> list[Path]:
    """Write the answers to `path` and, as CSV, the windows to a file beside it; return the files written."""
    if path.suffix == ".jsonl":
        texts = {path: answers.lines(timeline=timeline)}
    else:
        texts = {path: answers.table().to_csv(index=False, lineterminator="\n")}
        if timeline:
            windows = answers.timeline().to_csv(index=False, lineterminator="\n")
            texts[path.with_suffix(".timeline.csv")] = windows
    for file, text in texts.items():
        write_text(file, text)
    return list(texts)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; DataError if that cannot be."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None


def name(path: Path) -> str:
    """Return a path as text; what of it is no UTF-8 is written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _legible(path: Path) -> str:
    """Return a path for the terminal, which a line break or an escape sequence in it would garble."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name(path))


def _status(answer: Answer) -> str:
    return OK if answer.fault is None else answer.fault.status


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
