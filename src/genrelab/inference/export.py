"""Export a saved net to a file for other programs: write it, compare it with the net, time both, and log it."""

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from genrelab.config import Config
from genrelab.console import say
from genrelab.errors import ConfigError, ModelError, suggest, why
from genrelab.evaluation import evaluate
from genrelab.inference import onnx_file, portable, predictions, tflite_file
from genrelab.inference.portable import Portable
from genrelab.state import files
from genrelab.tracking import registry, runs

FORMATS: dict[str, ModuleType] = {"onnx": onnx_file, "tflite": tflite_file}
CLIPS = 64  # validation clips, at most, on which file and net are compared
# Rounding in another order of summation affects the seventh digit onwards; a printed probability has four. A larger
# difference is not rounding: the converter translated a layer wrongly.
TOLERANCE = 1e-4
TIMED = 20  # answers for a single clip, of which the median is reported


class Export(NamedTuple):
    """The run, the largest probability difference, and milliseconds per clip with the file and with Keras."""

    run_id: str
    difference: float
    file_ms: float
    keras_ms: float


def export(config: Config, model_uri: str, format: str, output: str) -> Export:
    """Write the net of a saved model, check it on validation clips, time it, and log it; see genrelab.export."""
    module = _format(format)
    target = predictions.target(output, [module.SUFFIX])
    model = registry.load_model(model_uri)
    about = model.about
    net = portable.of(model)
    data, ids = evaluate.validation_part(config, model)
    x = portable.inputs(model, data.features(ids[:CLIPS]))[:CLIPS]
    tags = {"model_uri": registry.pinned_uri(model_uri), "format": format}
    tags |= {key: about[key] for key in ("model", "task", "dataset")}
    with (
        tempfile.TemporaryDirectory() as folder,
        runs.run(f"export {about['model']} as {format}", "export", data.config, tags) as run_id,
    ):
        runs.log_data(data.config, about["feature"], data.version)
        path = Path(folder, f"{about['model']}{module.SUFFIX}")
        difference = checked(net, format, path, x)
        answer = module.load(path)
        file_ms, keras_ms = _milliseconds(answer, x[:1]), _milliseconds(net.net.predict_on_batch, x[:1])
        figures = {"difference": difference, "file_ms": file_ms, "keras_ms": keras_ms}
        runs.log_metrics({**figures, "file_bytes": path.stat().st_size})
        runs.log_file(path, "export")
        if target:
            files.write_bytes(target, path.read_bytes())
        kept = f"written: {target}" if target else f"in run {run_id}: export/{path.name}"
        faster = "the file" if file_ms < keras_ms else "Keras"
        ratio = max(file_ms, keras_ms) / min(file_ms, keras_ms)
        result = (
            f"{format}, within {difference:.0e} of the net's probabilities on {len(x)} validation clips; a single "
            f"clip takes {file_ms:.1f} ms with the file, {keras_ms:.1f} ms with Keras: "
            f"{faster} is {ratio:.1f} x as fast"
        )
        runs.describe(result)
    say(f"{result}\n{kept}")
    return Export(run_id, difference, file_ms, keras_ms)


def checked(net: Portable, format: str, path: Path, x: np.ndarray) -> float:
    """Write a net to `path` and return the largest probability difference between file and net on `x`.

    `x` is the net's input, float32 (clips, ...). Raises ModelError if the net cannot be written in this format or the
    difference exceeds TOLERANCE.
    """
    module, name = FORMATS[format], net.metadata["model"]
    try:
        module.write(net, path)
        found = module.load(path)(x)
    except Exception as error:  # converters and runtimes have no exception types of their own for this
        raise ModelError(f"{name} cannot be written as {format}: the converter fails with {why(error)}") from error
    difference = float(np.abs(found - np.asarray(net.net.predict_on_batch(x))).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"{name} is not exported: as {format} its probabilities differ by up to {difference:.2g}, more than "
            f"{TOLERANCE:g}"
        )
    return difference


def _format(name: str) -> ModuleType:
    if name not in FORMATS:
        raise ConfigError(f"format must be {' or '.join(FORMATS)}, got '{name}'{suggest(name, FORMATS)}")
    module = FORMATS[name]
    if missing := [package for package in module.PACKAGES if importlib.util.find_spec(package) is None]:
        raise ConfigError(
            f"{name} needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed; "
            'install with: pip install "genrelab[export]"'
        )
    return module


def _milliseconds(answer: Callable[[np.ndarray], Any], x: np.ndarray) -> float:
    """Return the median time of an answer in milliseconds."""
    answer(x)  # the first call takes longer
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        answer(x)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)
