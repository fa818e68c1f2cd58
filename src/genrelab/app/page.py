"""The page itself: the field for a song, and the fields in which its answer appears part by part."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from genrelab import corpus
from genrelab.app.answers import Models, Song
from genrelab.console import say
from genrelab.data import remote
from genrelab.errors import GenreLabError
from genrelab.html.page import Picture, render
from genrelab.inference.limits import MAX_BYTES, RUNNING, WAITING

TOP = 5  # classes whose probability is shown
INTRODUCTION = (
    "Drop a sound file, record one, or pick an example: a model of this laboratory says which genres it hears. "
    "Probabilities are calibrated on clips that the model was not trained on."
)
STYLE = Path(__file__).with_name("page.css")


def page(models: Models, uri: str) -> gr.Blocks:
    """Return the page, which uses the version `uri` until the user chooses another."""
    with gr.Blocks(title="genrelab", analytics_enabled=False) as blocks:
        gr.Markdown(f"# Which genre is this?\n{INTRODUCTION}")
        with gr.Row():
            with gr.Column(min_width=300):
                song = gr.Audio(
                    sources=["upload", "microphone"],
                    type="filepath",
                    label="Song",
                    buttons=["download"],
                    elem_id="song",
                )
                chosen = gr.Dropdown(models.choices(uri), value=uri, label="Model", elem_id="model")
                if examples := models.examples(uri):
                    gr.Examples(
                        [[str(path)] for path in examples.values()],
                        song,
                        example_labels=list(examples),
                        label="Examples that the model was not trained on",
                    )
            with gr.Column(min_width=300):
                said = gr.HTML(elem_id="said")
                ranked = gr.Label(num_top_classes=TOP, label="Genres", elem_id="genres")
        timeline = gr.HTML(elem_id="timeline")
        with gr.Accordion("Why this label", open=True):
            explanation = gr.HTML(elem_id="explanation")
        with gr.Accordion("Similar clips in the corpus", open=True):
            nearest = gr.HTML(elem_id="nearest")
        with gr.Accordion("Model card", open=False):
            card = gr.Markdown(models.load(uri).card, elem_id="card", sanitize_html=True)
        answer, inputs = partial(_answer, models), [song, chosen]
        outputs = [said, ranked, timeline, explanation, nearest]
        # A new choice of model cancels the answer in progress, rather than wait for its slow parts.
        asked = song.change(answer, inputs, outputs, trigger_mode="always_last", api_name="answer")
        chosen.change(lambda uri: models.load(uri).card, chosen, card, api_visibility="private").then(
            answer, inputs, outputs, cancels=[asked], api_visibility="private"
        )
    return blocks.queue(max_size=WAITING, default_concurrency_limit=RUNNING)


def _answer(models: Models, path: str | None, uri: str) -> Iterator[tuple[Any, ...]]:
    """Yield the contents of the five output fields: the quick parts first, then those that take seconds."""
    if path is None:
        yield "", None, "", "", ""
        return
    yield _sentence("listening..."), None, "", "", ""
    try:
        song = Song(Path(path), models.load(uri))
    except GenreLabError as error:
        yield _sentence(f"This sound cannot be used: {error}", "error"), None, "", "", ""
        return
    shown = [_facts(song), song.ranked, _picture(song.timeline(), "Probability of each genre over time"), "", ""]
    yield tuple(shown)
    shown[4] = _nearest(song)
    yield (*shown[:3], _sentence("asking the model region by region..."), shown[4])
    yield (*shown[:3], _explanation(song), shown[4])


def _facts(song: Song) -> str:
    seconds, windows = song.prediction.seconds, len(song.prediction.spans)
    length = f"{int(seconds) // 60}:{int(seconds) % 60:02d} min" if seconds >= 60 else f"{seconds:.1f} s"
    judged = f"{windows} windows and averaged" if windows > 1 else "one window"
    said, drift = f"{length}, judged in {judged}.", song.prediction.drift
    if drift is not None and drift > 1:
        said += f" It is farther from the training clips than held-out clips are (drift {drift:.1f})."
    return _sentence(said)


def _explanation(song: Song) -> str:
    try:
        drawn = song.explanation()
    except GenreLabError as error:
        return _sentence(str(error), "error")
    if drawn is None:
        kind = song.model.saved.about["feature"]
        return _sentence(f"This model takes the feature {kind}; only models on mel-spectrograms are explained.")
    return _picture(drawn, f"Mel-spectrogram; marked regions speak for {next(iter(song.ranked))} or against it")


def _nearest(song: Song) -> str:
    try:
        table = song.nearest()
    except GenreLabError as error:
        return _sentence(f"There is no clip to compare with: {error}")
    # A relative address: if the page is served below a path, so are its files.
    table["sound"] = [f"gradio_api/file={quote(path)}" for path in table.path]
    return render("app", text="", shown=None, clips=table.to_dict("records"))


def _sentence(text: str, kind: str = "note") -> str:
    return render("app", text=text, kind=kind, shown=None, clips=[])


def _picture(png: bytes | None, text: str) -> str:
    return render("app", text="", shown=Picture(png, text), clips=[]) if png else ""


def serve(models: Models, uri: str, *, host: str, port: int) -> None:
    """Serve the page until interrupted; of this machine's files, it serves the clips of the corpora."""
    address = f"http://{host}:{port}"
    blocks = page(models, uri)
    try:
        blocks.launch(
            server_name=host,
            server_port=port,
            allowed_paths=[str(path.absolute()) for path in (*corpus.folder("").glob("*/clips"), remote.copies())],
            max_file_size=MAX_BYTES,
            css_paths=STYLE,
            theme=gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),  # none is downloaded
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
        )
    except OSError:
        raise GenreLabError(f"{address} cannot be served: port {port} is taken or {host} not a local address") from None
    say(f"page: {address}\nCtrl-C ends it")
    try:
        threading.Event().wait()  # gradio's own waiting would treat an interrupt as a normal end
    finally:
        blocks.close()
