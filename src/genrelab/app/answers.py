"""The page's answers about a song, each computed on request, so that a slow part does not hold up the others."""

from functools import lru_cache
from pathlib import Path

import pandas as pd

from genrelab import corpus, plots
from genrelab.config import Config
from genrelab.errors import DataError, GenreLabError
from genrelab.inference import limits, occlusion_plots, similarity, windows
from genrelab.inference.predictions import Prediction
from genrelab.inference.similarity import Neighbourhood
from genrelab.tracking import registry

NEAREST = 5  # clips of the corpus shown with a song
SECONDS = 60.0  # for each part of an answer, as a server has for each of its own
MODELS = 3  # models kept in memory
# Several people's pages get answers concurrently, like requests to a server.
TURNS = limits.Turns()


class Song:
    """An audio file and a model's answer for it; raises GenreLabError if it is unusable or would cost too much."""

    def __init__(self, path: Path, model: "Model") -> None:
        cost = limits.Cost(SECONDS)
        stated = limits.stated(path.read_bytes(), model.frontend.checks.max_minutes)
        cost.check_sound(stated)
        with TURNS.turn(cost, heavy=stated > limits.LIGHT):
            self.windows = model.frontend.extract(path, cost.check_time, cost.count)
            answer = next(windows.answers(model.saved, [self.windows]))
        self.model = model
        self.prediction = Prediction(path, None, self.windows.seconds, self.windows.spans, answer.windows, answer.drift)

    @property
    def ranked(self) -> dict[str, float]:
        """The probability (0...1) of each class, most probable first."""
        shares = dict(zip(self.model.classes, self.prediction.probabilities.tolist(), strict=True))
        return dict(sorted(shares.items(), key=lambda share: -share[1]))

    def timeline(self) -> bytes | None:
        """Return a PNG of the windows of a long song, or None if there is only one window."""
        if len(self.prediction.spans) < 2:
            return None
        return plots.png(plots.timeline(self.prediction.spans, self.prediction.windows, self.model.classes))

    def explanation(self) -> bytes | None:
        """Return a PNG of what supports the label, or None if the model's feature is not mel; takes seconds."""
        if self.model.saved.about["feature"] != "mel":
            return None
        with TURNS.turn(limits.Cost(SECONDS), heavy=True):
            return plots.png(occlusion_plots.explained(self.model.saved, self.prediction)[0])

    def nearest(self) -> pd.DataFrame:
        """Return the nearest clips of the model's corpus, one per row; `path` is absolute.

        Raises DataError if the corpus is not here.
        """
        around = self.model.neighbourhood
        if isinstance(around, str):
            raise DataError(around)
        table = around.nearest(self.windows, self.prediction.path.name)
        return table.assign(path=[str(path.absolute()) for path in around.sounds(list(table["clip"]))])


class Model:
    """A registered model, loaded once, and the corpus that it was trained on."""

    def __init__(self, config: Config, uri: str) -> None:
        self.saved = registry.load_model(uri)
        self.frontend = windows.AudioFrontend.of(self.saved.about)
        self.classes: list[str] = self.saved.about["classes"]
        self.folder = corpus.folder(self.saved.about["dataset"])
        self.neighbourhood = self._neighbourhood(config)
        self.card = registry.model_card(uri)

    def _neighbourhood(self, config: Config) -> Neighbourhood | str:
        """Return the model's corpus, or why it cannot be searched."""
        try:
            return similarity.neighbourhood(config, self.saved, self.saved.about["dataset"], n=NEAREST)
        except GenreLabError as error:
            return str(error)


class Models:
    """The registered versions that a user of the page can choose from."""

    def __init__(self, config: Config) -> None:
        # The page uses what exists; it builds no corpus while a user waits.
        self.config = config.derive({"build": False})
        self.load = lru_cache(MODELS)(lambda uri: Model(self.config, uri))

    def choices(self, uri: str) -> list[tuple[str, str]]:
        """Return (shown text, address) of each registered version, each model's latest first, and of `uri`."""
        found = []
        for name in registry.models():
            champion = registry.champion(name)
            for number, version in reversed(registry.versions_of(name).items()):
                score = version.tags.get("test_accuracy")
                shown = f"{name}, version {number}: {version.tags.get('model', 'a model')}"
                shown += f", test accuracy {100 * float(score):.1f}%" if score else ""
                shown += ", champion" if number == champion else ""
                found.append((shown, f"models:/{name}/{number}"))
        return found if uri in [address for _, address in found] else [(uri, uri), *found]

    def examples(self, uri: str) -> dict[str, Path]:
        """Return, for each label of the model's corpus, one local clip that the model was not trained on."""
        model = self.load(uri)
        around = model.neighbourhood
        if isinstance(around, str):
            return {}
        seen, first = {*model.saved.about.get("seen", [])}, dict[str, Path]()
        for clip, fingerprint in zip(around.index.ids, around.index.prints, strict=True):
            path = model.folder / around.clips[clip].path
            if fingerprint not in seen and path.is_file():
                first.setdefault(around.clips[clip].label, path.absolute())
        return dict(sorted(first.items()))
