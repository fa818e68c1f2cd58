"""Small sounds for tests, whole and broken."""

from pathlib import Path

import numpy as np
import soundfile

from genrelab.data.feature_store import Sound

RATE = 22_050


def tone(
    seconds: float = 2.0, hz: float = 440.0, rate: int = RATE, channels: int = 1, level: float = 0.3
) -> np.ndarray:
    """A sine of peak `level`, shape (frames, channels); channels differ in phase."""
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * t[:, None] + np.arange(channels))).astype(np.float32)


def write(path: Path, samples: np.ndarray | None = None, rate: int = RATE, **how: str) -> Path:
    """Write a sound file in the format of its suffix, with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(rate=rate) if samples is None else samples, rate, **how)
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    """Keep only the beginning of a file."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def text(path: Path) -> Path:
    """Write a file that is no sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("this is no sound\n" * 20)
    return path


def chords(seconds: float, seed: int, rate: int = 11_025) -> np.ndarray:
    """Music of a kind: a struck chord of four decaying tones every 0.2 s; float32, shape (samples,)."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(round(seconds * rate), np.float32)
    t = np.arange(round(0.4 * rate)) / rate
    for start in range(0, len(samples), round(0.2 * rate)):
        for hz in rng.uniform(150, 4000, 4):
            struck = rng.uniform(0.02, 0.15) * np.sin(2 * np.pi * hz * t) * np.exp(-8 * t)
            samples[start : start + len(t)] += struck[: len(samples) - start].astype(np.float32)
    return samples


def noises(folder: Path, n: int, seconds: float) -> list[Sound]:
    """Write `n` sounds of noise, each another, as clips whose features or statistics can be computed."""
    rng = np.random.default_rng(0)
    return [
        Sound(f"clip{i:03d}", write(folder / f"{i:03d}.wav", rng.normal(0, 0.1, round(seconds * RATE))), str(i))
        for i in range(n)
    ]
