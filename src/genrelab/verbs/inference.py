"""Use saved models on any sound files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genrelab.errors import ConfigError, GenreLabError
from genrelab.verbs import check_port, config_or_default, config_or_shipped, workers

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from genrelab.config import Config
    from genrelab.inference.audio_files import Audio
    from genrelab.inference.drift import Drift
    from genrelab.inference.export import Export


def predict(
    model_uri: str = "",
    audio: Audio = "",
    config: Config | None = None,
    *,
    output: str | Path = "",
    top_k: int | None = None,
    timeline: bool = False,
    explain: bool = False,
) -> pd.DataFrame:
    """Predict the genres of sound files with a saved model.

    A file that cannot be used does not stop the others: its row has the reason.

    Parameters:
        model_uri: models:/<name>@<alias>, models:/<name>/<version>, runs:/<run id>/model; if not given, the champion of
            <dataset>-<task>, or of the only registered model, or its latest version if it has no champion.
        audio: a file, a folder, a pattern such as ~/Music/*.mp3, or several of these separated by commas.
        config: `workers`, and `dataset` and `task` if no model is given; params.yaml, or the defaults if there is none.
        output: a .csv or .jsonl file to write.
        top_k: number of most probable genres to list, 3 if not given.
        timeline: true to list the windows of long songs one by one.
        explain: true to draw which parts of the sound support the label, and state how faithful the drawing is.

    Returns:
        One row per file: path, status ("ok" or the fault), reason, label, probability (0...1), top, seconds, windows,
        drift (how far the file is from the training data; above 1: farther than 95% of the validation clips; NaN for
        versions that do not know it), and one probability column per class.

    Raises:
        ConfigError: there is no sound file, or a value is wrong.
        DataError: none of the files can be used.
        ModelError: the model does not exist.

    Example:
        >>> answers = gl.predict("models:/tiny-genre/1", ["song.flac"])         # doctest: +ELLIPSIS
        file ...
        >>> list(answers.status), sorted(answers.columns[-3:])
        (['ok'], ['classical', 'disco', 'metal'])
    """
    if top_k is not None and top_k < 1:
        raise ConfigError(f"top_k must be a whole number of at least 1, got {top_k}")
    if not audio:
        raise ConfigError("predict needs sound files: --audio song.mp3, a folder, or a pattern")
    config = config_or_shipped(config)
    from genrelab.inference import predict
    from genrelab.tracking import registry

    model_uri = model_uri or registry.serving_uri(f"{config.dataset}-{config.task}")
    return predict.predict(
        config,
        model_uri,
        audio,
        output=str(output),
        top_k=top_k,
        timeline=timeline,
        explain=explain,
        workers=workers(config),
    )


def similar(
    model_uri: str,
    audio: Audio,
    config: Config | None = None,
    *,
    corpus: str = "",
    n: int = 10,
    output: str | Path = "",
) -> pd.DataFrame:
    """List the clips of a corpus that are most similar to a song, according to a saved model.

    Parameters:
        model_uri: models:/<name>@<alias>, models:/<name>/<version>, runs:/<run id>/model.
        audio: a file, a folder, a pattern such as ~/Music/*.mp3, or several of these separated by commas.
        config: describes the corpora; params.yaml, or the defaults if there is none.
        corpus: name of the corpus in params.yaml; if not given, that of `dataset`.
        n: number of clips, 1 or more.
        output: a .csv or .jsonl file to write.

    Returns:
        One row per neighbour, nearest first: song, rank, clip, label, artist, similarity (cosine, -1...1), note, path.

    Raises:
        ConfigError: there is no sound file, or a value is wrong.
        DataError: none of the files can be used, or the corpus is not built.
        ModelError: the model does not exist, or its feature differs from that of the corpus.

    Example:
        >>> near = gl.similar("models:/tiny-genre/1", "song.flac", n=2)         # doctest: +ELLIPSIS
        index of 24 clips built: ...
        >>> near.similarity.is_monotonic_decreasing
        True
    """
    if n < 1:
        raise ConfigError(f"n must be a whole number of at least 1, got {n}")
    config = config_or_shipped(config)
    from genrelab.inference import similarity

    return similarity.similar(config, model_uri, audio, corpus or config.dataset, n=n, output=str(output))


def drift(
    audio: Audio,
    model_uri: str = "",
    config: Config | None = None,
    *,
    output: str | Path = "",
) -> Drift:
    """Measure how far sounds are from a saved model's training data, compared with its validation clips.

    Parameters:
        audio: a file, a folder, a pattern such as ~/Music/*.mp3, or several of these separated by commas.
        model_uri: the version, as for `predict`.
        config: `workers`, and `dataset` and `task` if no model is given; params.yaml, or the defaults if there is none.
        output: a .csv or .jsonl file to write.

    Returns:
        table (one row per sound, farthest first: path, status, reason, drift, label, probability, seconds), auc (0...1:
        how well distance separates the sounds from the model's validation clips; 0.5: not at all), low and high (its
        95% interval), and page, an HTML file.

    Raises:
        ConfigError: there is no sound file, or a value is wrong.
        DataError: none of the files can be used.
        ModelError: the model does not exist, or it was registered without the reference clips that drift needs.

    Example:
        >>> found = gl.drift("song.flac", "models:/tiny-genre/1")               # doctest: +ELLIPSIS
        svm of tiny, genre
        ...
        >>> list(found.table.columns[:4]), 0 <= found.auc <= 1
        (['path', 'status', 'reason', 'drift'], True)
    """
    if not audio:
        raise ConfigError("drift needs sound files: --audio folder, a file, or a pattern")
    config = config_or_shipped(config)
    from genrelab.inference import drift
    from genrelab.tracking import registry

    model_uri = model_uri or registry.serving_uri(f"{config.dataset}-{config.task}")
    return drift.drift(config, model_uri, audio, output=str(output), workers=workers(config))


def export(
    model_uri: str = "", format: str = "onnx", config: Config | None = None, *, output: str | Path = ""
) -> Export:
    """Write the net of a saved model to a file that needs neither genrelab nor Keras.

    The file holds what its caller must know: feature and parameters, classes in order, window. The export fails if the
    file and the net give different answers on validation clips.

    Parameters:
        model_uri: the version, as for `predict`.
        format: onnx or tflite.
        config: describes the corpora; params.yaml if not given.
        output: a file to write, ending in .onnx or .tflite; if not given, the file is only an artifact of the run.

    Returns:
        run_id; difference, the largest difference in probability between file and net (0...1); file_ms and keras_ms,
        the milliseconds that each takes for a single clip.

    Raises:
        ConfigError: a value is wrong, or a package is missing.
        DataError: the corpus cannot be built.
        ModelError: the model does not exist, or is not a net that can be exported, or the file answers differently.

    Example:
        >>> gl.export("models:/tiny-genre/1")                                   # doctest: +ELLIPSIS
        Traceback (most recent call last):
        genrelab.errors.ModelError: svm is not exported: ...
    """
    config = config_or_default(config)
    from genrelab.inference import export
    from genrelab.tracking import registry

    model_uri = model_uri or registry.serving_uri(f"{config.dataset}-{config.task}")
    return export.export(config, model_uri, format, str(output))


def app(model_uri: str = "", config: Config | None = None, *, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serve a page that shows the genres of a song dropped on it, until interrupted.

    Parameters:
        model_uri: the version selected at the start, as for `predict`; the page can switch to any other.
        config: describes the corpora; params.yaml, or the defaults if there is none.
        host: the address to listen on; 0.0.0.0 accepts connections from other machines.
        port: the port to listen on, 1...65535.

    Raises:
        ConfigError: the port is out of range.
        ModelError: the model does not exist.
        GenreLabError: gradio is not installed, or the port is taken.
    """
    check_port(port)
    config = config_or_shipped(config)
    from genrelab.tracking import registry

    model_uri = registry.pinned_uri(model_uri or registry.serving_uri(f"{config.dataset}-{config.task}"))
    try:
        from genrelab.app import page
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise GenreLabError("the page needs gradio, which is not installed: make app, or pip install gradio") from None
    from genrelab.app.answers import Models

    page.serve(Models(config), model_uri, host=host, port=port)
