"""A model's answers for audio files as tables: on the terminal, as CSV and as JSON lines."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from genrelab.console import format_table
from genrelab.corpus import OK, csv_text, joined
from genrelab.data.audio import AudioError
from genrelab.errors import ConfigError, DataError
from genrelab.state import files

SHOWN = 20  # files shown on the terminal
FEW = 5  # the terminal shows windows for at most this many files
SUFFIXES = (".csv", ".jsonl")
# The classes' probabilities follow.
COLUMNS = ["path", "status", "reason", "label", "probability", "top", "seconds", "windows", "drift"]

TAGS = "tags"  # additional column of multi-label models


class Prediction(NamedTuple):
    """The answer for one file: its windows' probabilities, float64 (windows, classes), or why there are none.

    `seconds` is the duration, `spans` are the windows' (start, end) in seconds, and `drift` is that of
    genrelab.inference.windows.Answer.
    """

    path: Path
    fault: AudioError | None
    seconds: float = 0.0
    spans: Sequence[tuple[float, float]] = ()
    windows: np.ndarray = np.empty((0, 0))
    drift: float | None = None

    @property
    def probabilities(self) -> np.ndarray:
        """The mean over the windows."""
        return self.windows.mean(axis=0)


class Predictions(NamedTuple):
    """The answers for all files, the model's classes, and how many of them `top` names.

    `thresholds`, float (tags,), are those of a multi-label model; the answers then also have `tags`, those at or above
    their thresholds.
    """

    files: Sequence[Prediction]
    classes: Sequence[str]
    top_k: int
    thresholds: np.ndarray | None = None

    @property
    def columns(self) -> list[str]:
        """The columns before those of the classes."""
        return [*COLUMNS, *([] if self.thresholds is None else [TAGS])]

    def table(self) -> pd.DataFrame:
        """Return one row per file, with `columns` and a column of probabilities per class."""
        head = [*self.columns, *self.classes]
        table = pd.DataFrame([self._row(prediction) for prediction in self.files], columns=head)
        # Keep the columns numeric, although some files have no value; windows are integers.
        return table.astype({"windows": "Int64", "drift": "float64"})

    def timeline(self) -> pd.DataFrame:
        """Return one row per window: path, start and end in seconds, label, probability."""
        rows = [
            {"path": name(prediction.path), **row} for prediction in self.files for row in self._windows(prediction)
        ]
        return pd.DataFrame(rows, columns=["path", "start", "end", "label", "probability"])

    def lines(self, *, timeline: bool) -> str:
        """Return one line of JSON per file, with its windows under `timeline` if requested."""
        return "".join(
            json.dumps(self._object(prediction, timeline), ensure_ascii=False) + "\n" for prediction in self.files
        )

    def terminal(self, *, timeline: bool) -> str:
        """Return the text for the terminal: the first files, the unusable ones and why, the windows of a few."""
        good = [prediction for prediction in self.files if prediction.fault is None]
        bad = [prediction for prediction in self.files if prediction.fault is not None]
        parts = []
        if good:
            rows = [self._shown(prediction) for prediction in good[:SHOWN]]
            head = ["file", "label", "%", f"top {self.top_k}, %", "seconds", "windows", "drift"]
            words = [0, 1, 3]
            if self.thresholds is not None:
                head, words = [*head[:1], TAGS, *head[1:]], [0, 1, 2, 4]
            parts.append(format_table(head, rows, words))
            parts += [f"and {len(good) - SHOWN} more files"] if len(good) > SHOWN else []
        if timeline and len(good) <= FEW:
            parts += [self._shown_windows(prediction) for prediction in good]
        elif timeline:
            parts.append(f"the windows of more than {FEW} files are not shown here; --output writes them")
        parts += [
            f"left out: {legible(prediction.path)} ({_status(prediction)}): {prediction.fault}"
            for prediction in bad[:SHOWN]
        ]
        parts += [f"and {len(bad) - SHOWN} more left out"] if len(bad) > SHOWN else []
        return "\n".join([*parts, f"{len(good)} of {len(self.files)} files classified", *_drifted(good)])

    def _row(self, prediction: Prediction) -> dict[str, Any]:
        row: dict[str, Any] = {
            "path": name(prediction.path),
            "status": _status(prediction),
            "reason": str(prediction.fault or ""),
        }
        if prediction.fault is not None:
            return row
        top = "; ".join(f"{label} {p:.4f}" for label, p in self._top(prediction.probabilities))
        found = row | self._predicted(prediction) | {"top": top} | self._by_class(prediction)
        return found if self.thresholds is None else found | {TAGS: joined(self._tags(prediction))}

    def _object(self, prediction: Prediction, timeline: bool) -> dict[str, Any]:
        found: dict[str, Any] = dict.fromkeys([*self.columns, "probabilities", *(["timeline"] if timeline else [])])
        found |= {"path": name(prediction.path), "status": _status(prediction), "reason": str(prediction.fault or "")}
        if prediction.fault is not None:
            return found
        top = [{"label": label, "probability": p} for label, p in self._top(prediction.probabilities)]
        found |= self._predicted(prediction) | {"top": top, "probabilities": self._by_class(prediction)}
        if self.thresholds is not None:
            found[TAGS] = self._tags(prediction)
        return found | ({"timeline": self._windows(prediction)} if timeline else {})

    def _predicted(self, prediction: Prediction) -> dict[str, Any]:
        label, probability = self._top(prediction.probabilities)[0]
        numbers = {"seconds": round(prediction.seconds, 3), "windows": len(prediction.spans)}
        return {"label": label, "probability": probability, **numbers, "drift": prediction.drift}

    def _tags(self, prediction: Prediction) -> list[str]:
        assert self.thresholds is not None
        above = prediction.probabilities >= self.thresholds
        return [tag for tag, has in zip(self.classes, above, strict=True) if has]

    def _by_class(self, prediction: Prediction) -> dict[str, float]:
        return dict(zip(self.classes, prediction.probabilities.tolist(), strict=True))

    def _windows(self, prediction: Prediction) -> list[dict[str, Any]]:
        return [
            {"start": round(start, 3), "end": round(end, 3), "label": label, "probability": p}
            for (start, end), window in zip(prediction.spans, prediction.windows, strict=True)
            for label, p in self._top(window)[:1]
        ]

    def _top(self, probabilities: np.ndarray) -> list[tuple[str, float]]:
        order = np.argsort(-probabilities, kind="stable")[: self.top_k]
        return [(self.classes[i], float(probabilities[i])) for i in order]

    def _shown(self, prediction: Prediction) -> list[str]:
        top = self._top(prediction.probabilities)
        rest = ", ".join(f"{label} {100 * p:.0f}" for label, p in top)
        drift = "" if prediction.drift is None else f"{prediction.drift:.2f}"
        numbers = [f"{prediction.seconds:.1f}", str(len(prediction.spans)), drift]
        tags = [] if self.thresholds is None else [joined(self._tags(prediction)) or "(none)"]
        return [legible(prediction.path), *tags, top[0][0], f"{100 * top[0][1]:.1f}", rest, *numbers]

    def _shown_windows(self, prediction: Prediction) -> str:
        rows = [
            [_clock(row["start"]), _clock(row["end"]), row["label"], f"{100 * row['probability']:.1f}"]
            for row in self._windows(prediction)
        ]
        return f"\n{legible(prediction.path)}\n{format_table(['from', 'to', 'label', '%'], rows, words=(2,))}"


def _drifted(good: Sequence[Prediction]) -> list[str]:
    """Return the line on how many files are unlike the training clips, if there is anything to report."""
    known = [prediction.drift for prediction in good if prediction.drift is not None]
    if good and not known:
        return ["their distance to the training clips is not known: the model was registered before that was stored"]
    if far := sum(drift > 1 for drift in known):
        are = "is" if far == 1 else "are"
        return [f"{far} of {len(known)} {are} farther from the training clips than held-out clips are (drift > 1)"]
    return []


def target(output: str, suffixes: Sequence[str] = SUFFIXES) -> Path | None:
    """Return the file to write, or None; raise ConfigError, before any work is done, if it cannot be written."""
    if not output:
        return None
    path = Path(output).expanduser()
    if path.suffix not in suffixes:
        raise ConfigError(f"output '{output}' must end in {' or '.join(suffixes)}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigError(f"output '{output}' cannot be written: does the folder {path.parent.absolute()} exist?")
    return path


def write(predictions: Predictions, path: Path, *, timeline: bool) -> list[Path]:
    """Write the answers to `path` and, for CSV, the windows to a file next to it; return the files written."""
    if path.suffix == ".jsonl":
        texts = {path: predictions.lines(timeline=timeline)}
    else:
        texts = {path: csv_text(predictions.table())}
        if timeline:
            windows = csv_text(predictions.timeline())
            texts[path.with_suffix(".timeline.csv")] = windows
    for file, text in texts.items():
        write_text(file, text)
    return list(texts)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV or, if `path` ends in .jsonl, as JSON lines."""
    lines = path.suffix == ".jsonl"
    write_text(path, table.to_json(orient="records", lines=True, force_ascii=False) if lines else csv_text(table))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; raise DataError if that fails."""
    try:
        files.write_text(path, text)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None


def name(path: Path) -> str:
    """Return a path as text, with escapes for bytes that are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def legible(path: Path) -> str:
    """Return a path for the terminal, with escapes for line breaks and control characters that would garble it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name(path))


def _status(prediction: Prediction) -> str:
    return OK if prediction.fault is None else prediction.fault.status


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{seconds % 60:04.1f}"
