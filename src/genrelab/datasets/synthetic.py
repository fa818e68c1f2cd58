"""synthetic: music composed by rule, the corpus that needs no download.

The ten genres of GTZAN (Tzanetakis & Cook, 2002), by default 20 clips of 25 s each, composed from a seed in each
genre's idiom by several fictitious artists (see `genrelab.composing`) and rendered with pretty_midi's General MIDI
soundfont. Mono, 22,050 Hz, 16 bit, peak at -1 dB of full scale. The genres share instruments, tempi and chord changes,
and artists borrow from neighbouring genres, so no single cue gives a genre away.

Clip `blues.00203` is clip 3 of artist 2. A clip depends only on the seed, its duration, its genre and these two
numbers: a larger corpus contains the smaller one.
"""

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from genrelab.composing import genres as known_genres
from genrelab.config import Section
from genrelab.data.ingest import Candidate, composed_folder
from genrelab.errors import suggest
from genrelab.state import digests, files

# A clip's number is artist * CLIPS + clip.
CLIPS = 100
Recipe = dict[str, Any]


class Params(Section):
    """What to compose."""

    seed: int = Field(default=0, ge=0)
    artists: int = Field(default=4, ge=1, le=1000)  # per genre
    clips_per_artist: int = Field(default=5, ge=1, le=CLIPS)
    seconds: float = Field(default=25.0, ge=1, le=600)  # duration of a clip
    genres: list[str] = Field(list(known_genres.NAMES), min_length=1)

    @field_validator("genres")
    @classmethod
    def _known_once(cls, value: list[str]) -> list[str]:
        for genre in value:
            if genre not in known_genres.NAMES:
                raise ValueError(f"there is no genre '{genre}'{suggest(genre, known_genres.NAMES)}")
            if value.count(genre) > 1:
                raise ValueError(f"the genre '{genre}' is named more than once")
        return value


def fingerprint(params: Params, cache: Path) -> dict[str, str]:
    """Return what clips depend on besides the parameters, name -> version or SHA-256: programs, soundfont, sources.

    `cache` is not used, as there is little to hash.
    """
    return made_with()


def made_with() -> dict[str, str]:
    """Return the versions of the programs and the SHA-256 of the soundfont and the sources that make the clips."""
    from genrelab import composing
    from genrelab.composing.render import soundfont

    package = Path(composing.__file__).parent
    sources = {f"composing/{p.relative_to(package).as_posix()}": p for p in sorted(package.rglob("*.py"))}
    sources[f"datasets/{Path(__file__).name}"] = Path(__file__)
    return {
        **{program: metadata.version(program) for program in ("midirenderer", "pretty_midi")},
        "soundfont": hashlib.sha256(soundfont()).hexdigest(),
        **{name: digests.of_file(path) for name, path in sources.items()},
    }


def candidates(params: Params, workspace: Path, workers: int) -> list[Candidate]:
    """Compose the corpus's missing clips below `workspace` and return all clips, sorted by id.

    An interrupted run resumes where it stopped. Clips in `workspace` from another recipe (other parameters of the
    sound, other sources) are removed first.
    """
    from joblib import Parallel, delayed
    from tqdm import tqdm

    clips_folder = composed_folder(workspace)
    _keep_only(clips_folder, {"seed": params.seed, "seconds": params.seconds, **made_with()})
    clips: list[Candidate] = []
    missing = []
    for genre in sorted(params.genres):
        for artist in range(params.artists):
            for number in range(params.clips_per_artist):
                id_ = f"{genre}.{artist * CLIPS + number:05d}"
                path = clips_folder / genre / f"{id_}.flac"
                clips.append(Candidate(id_, path, genre, f"{genre} artist {artist}"))
                if not path.exists():
                    missing.append(delayed(_write)(path, params.seed, genre, artist, number, params.seconds))
    written = Parallel(n_jobs=workers, return_as="generator_unordered")(missing)
    for _ in tqdm(written, desc="composing", unit="clip", total=len(missing), disable=not missing):
        pass
    return sorted(clips, key=lambda clip: clip.id)


def _write(path: Path, seed: int, genre: str, artist: int, number: int, seconds: float) -> None:
    """Compose and write one clip."""
    import soundfile

    from genrelab.composing.clip import clip
    from genrelab.composing.render import SAMPLE_RATE

    sound = clip(seed, genre, artist, number, seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.replacing(path) as unfinished:
        soundfile.write(unfinished, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16")


def _keep_only(workspace: Path, recipe: Recipe) -> None:
    """Remove the clips in `workspace` unless this recipe made them, and record the recipe there."""
    note = workspace / "recipe.json"
    text = json.dumps(recipe, indent=2, sort_keys=True)
    if note.exists() and note.read_text(encoding="utf-8") == text:
        return
    for genre in known_genres.NAMES:
        for clip in (workspace / genre).glob("*.flac"):
            clip.unlink()
    workspace.mkdir(parents=True, exist_ok=True)
    note.write_text(text, encoding="utf-8")
