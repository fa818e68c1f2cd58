"""A look at a corpus before anything is trained on it: class balance, waveforms and spectrograms."""

import re
import shutil
from pathlib import Path

from genrelab import audio, corpus, plots, tracking
from genrelab.config import Config


def folder(config: Config) -> Path:
    """Return the folder of the pictures."""
    return Path("reports") / config.dataset / f"explore-{config.feature}"


def draw(config: Config, target: Path) -> None:
    """Write balance.png, and a waveform and a spectrogram of the first clip of each label, as PNG files."""
    found, table = corpus.read(config.dataset), corpus.read_table(config.dataset)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    left_out = table[table["status"] != corpus.OK]["label"].value_counts().to_dict()
    plots.balance(found.counts(), left_out, f"{config.dataset}: clips").savefig(target / "balance.png")
    module, params = config.feature_params(config.feature)
    first = {clip.label: clip for clip in reversed(found.clips)}
    for label in found.classes:
        clip = first[label]
        samples = audio.load(corpus.folder(config.dataset) / clip.path, params.sample_rate)
        plots.waveform(samples, params.sample_rate, clip.id).savefig(target / f"waveform-{slug(label)}.png")
        if config.feature != "mel":
            continue  # other features have axes of their own
        figure = plots.spectrogram(
            module.extract(samples, params),
            sample_rate=params.sample_rate,
            hop=params.hop,
            f_min=params.f_min,
            f_max=params.highest,
            title=clip.id,
        )
        figure.savefig(target / f"spectrogram-{slug(label)}.png")


def slug(label: str) -> str:
    """Return a label as a part of a file's name."""
    return re.sub(r"[^\w-]+", "_", label)


def log(source: Path) -> None:
    """Log the pictures as artifacts of the active run."""
    for picture in sorted(source.glob("*.png")):
        tracking.log_file(picture, "pictures")
