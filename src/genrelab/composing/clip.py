"""A clip: an excerpt of a piece by one of a genre's artists."""

import numpy as np
from numpy.typing import NDArray

from genrelab.composing import genres
from genrelab.composing.artists import BORROWING, artist, borrow
from genrelab.composing.chance import happens, pick, stream
from genrelab.composing.compose import compose
from genrelab.composing.perform import perform, seconds_at
from genrelab.composing.render import render


def clip(seed: int, genre: str, artist_number: int, clip_number: int, seconds: float) -> NDArray[np.float32]:
    """Return the sound of a clip, as `render.render` does; it depends only on the arguments."""
    idiom = genres.idiom(genre)
    who = artist(idiom, stream(seed, genre, artist_number))
    rng = stream(seed, genre, artist_number, clip_number)
    sound = borrow(who.idiom, genres.idiom(pick(rng, idiom.neighbours))) if happens(rng, BORROWING) else who.idiom
    # Twice the length, so that an excerpt may come from anywhere in the piece.
    score = compose(who, sound, 2 * seconds, rng)
    parts = perform(score, who.looseness, who.dynamics, rng)
    start = rng.uniform(0, seconds_at(score, score.beats) - seconds)
    return render(parts, start, seconds, who.reverb, who.tilt)
