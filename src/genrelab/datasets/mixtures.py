"""mixtures: clips that play several synthetic genres at once, so their tags are known.

A clip mixes one to `most` clips of the corpus `synthetic` (see there), each of a different genre, at equal loudness.
Its tags are the genres, its label is the first genre drawn. An artist plays every genre, as the artist with the same
number does in `synthetic`; no two artists share anything. Mono, 22,050 Hz, 16 bit, peak at -1 dB of full scale.

The metrics of a tagging model therefore have known limits: one that hears every genre reaches a mAP of 100%; one that
hears nothing gets the share of clips that have each tag, and a ROC area of 50%; see docs/multi-label.md.

Clip `mix.00203` is clip 3 of artist 2. It depends on all parameters except the numbers of artists and clips: a larger
corpus contains the smaller one.
"""

from pathlib import Path

import numpy as np
from pydantic import Field, field_validator

from genrelab.composing import genres as known_genres
from genrelab.config import Section
from genrelab.data.ingest import Candidate, composed_folder
from genrelab.datasets import synthetic
from genrelab.state import digests, files

PEAK = 10 ** (-1 / 20)  # of full scale


class Params(Section):
    """What to compose and mix."""

    seed: int = Field(default=0, ge=0)
    artists: int = Field(default=60, ge=1, le=1000)
    clips_per_artist: int = Field(default=5, ge=1, le=synthetic.CLIPS)
    seconds: float = Field(default=10.0, ge=1, le=600)  # duration of a clip
    most: int = Field(default=3, ge=1, le=len(known_genres.NAMES))  # maximum number of genres in a clip
    genres: list[str] = Field(list(known_genres.NAMES), min_length=2)

    @field_validator("genres")
    @classmethod
    def _known_once(cls, value: list[str]) -> list[str]:
        return synthetic.Params(genres=value).genres


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what clips depend on besides the parameters, name -> version or SHA-256; `cache` is not used."""
    return {**synthetic.made_with(), f"datasets/{Path(__file__).name}": digests.of_file(Path(__file__))}


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Compose and mix the corpus's missing clips below `workspace` and return all clips, sorted by id.

    An interrupted run resumes where it stopped.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    recipe = params.model_dump(exclude={"artists", "clips_per_artist"}) | fingerprint(params, workspace)
    folder = composed_folder(workspace) / digests.of_value(recipe)[:12]
    clips, missing = [], []
    for artist in range(params.artists):
        for number in range(params.clips_per_artist):
            id_, genres = f"mix.{artist * synthetic.CLIPS + number:05d}", _genres(params, artist, number)
            path = folder / f"{id_}.flac"
            clips.append(Candidate(id_, path, genres[0], f"artist {artist}", tags=tuple(sorted(genres))))
            if not path.exists():
                missing.append(delayed(_write)(path, params.seed, genres, artist, number, params.seconds))
    written = Parallel(n_jobs=workers, return_as="generator_unordered")(missing)
    for _ in tqdm(written, desc="mixing", unit="clip", total=len(missing), disable=not missing):
        pass
    return sorted(clips, key=lambda clip: clip.id)


def _genres(params: Params, artist: int, number: int) -> list[str]:
    """Return the genres of a clip: one to `most`, each count equally likely."""
    rng = np.random.default_rng([params.seed, artist, number])
    count = rng.integers(1, min(params.most, len(params.genres)) + 1)
    return [str(genre) for genre in rng.permutation(sorted(params.genres))[:count]]


def _write(path: Path, seed: int, genres: list[str], artist: int, number: int, seconds: float) -> None:
    """Compose, mix and write one clip."""
    import soundfile

    from genrelab.composing.clip import clip
    from genrelab.composing.render import SAMPLE_RATE

    sounds = [np.asarray(clip(seed, genre, artist, number, seconds), np.float64) for genre in genres]
    mixed = np.sum([sound / np.sqrt(np.mean(sound**2)) for sound in sounds], axis=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as unfinished:
        soundfile.write(unfinished, mixed * (PEAK / np.abs(mixed).max()), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
