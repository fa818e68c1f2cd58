"""What musicians would expect to find in the idioms, and that the data is sound."""

from dataclasses import replace

import numpy as np
import pytest

from genrelab.composing import genres
from genrelab.composing.artists import artist, borrow
from genrelab.composing.chance import stream
from genrelab.composing.compose import compose
from genrelab.composing.instruments import DRUMS, INSTRUMENTS
from genrelab.composing.perform import seconds_at

GTZAN = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
every_genre = pytest.mark.parametrize("genre", genres.NAMES)


def scores(genre, count=12, seconds=10.0):
    """Pieces, each by another artist."""
    for number in range(count):
        who = artist(genres.idiom(genre), stream(0, genre, number))
        yield compose(who, who.idiom, seconds, stream(0, genre, number, 0))


def test_the_genres_are_gtzans():
    assert genres.NAMES == GTZAN


@every_genre
def test_neighbours_are_other_genres(genre):
    neighbours = genres.idiom(genre).neighbours
    assert neighbours
    assert set(neighbours) <= set(genres.NAMES) - {genre}


@every_genre
def test_a_genre_shares_instruments_and_tempi_with_another(genre):
    def instruments(idiom):
        return {i for layer in (idiom.bass, *idiom.comping, idiom.lead) for i in layer.instruments}

    own = genres.idiom(genre)
    others = [genres.idiom(other) for other in genres.NAMES if other != genre]
    assert any(instruments(own) & instruments(o) for o in others)
    assert sum(o.tempo[0] < own.tempo[1] and own.tempo[0] < o.tempo[1] for o in others) >= 3


@every_genre
def test_pieces_keep_tempo_range_and_length(genre):
    low, high = genres.idiom(genre).tempo
    for score in scores(genre):
        assert low <= score.tempo <= high
        assert seconds_at(score, score.beats) >= 10.0 * (1 - score.rubato)


def test_a_long_piece_goes_round_again():
    for score in scores("pop", count=2, seconds=300.0):
        assert seconds_at(score, score.beats) >= 300.0
        assert max(n.start for part in score.parts for n in part.notes) > score.beats - 16


@every_genre
def test_every_bar_of_four_sounds_something(genre):
    for score in scores(genre, count=6):
        starts = {int(n.start // 16) for part in score.parts for n in part.notes}
        assert starts == set(range(int(-(-score.beats // 16))))


@every_genre
def test_notes_are_midi_and_within_their_instruments(genre):
    for score in scores(genre, count=6):
        for part in score.parts:
            for note in part.notes:
                assert 1 <= note.velocity <= 127
                assert note.length > 0
                assert 0 <= note.start < score.beats
                if part.drums:
                    assert note.pitch in DRUMS.values()
                else:
                    player = INSTRUMENTS[part.instrument]
                    assert player.low - 6 <= note.pitch <= player.high + 6


@pytest.mark.parametrize(("genre", "low", "high"), [("classical", 0, 0), ("disco", 12, 12), ("reggae", 8, 12)])
def test_how_many_of_twelve_pieces_have_drums(genre, low, high):
    drummed = sum(any(part.drums and part.notes for part in score.parts) for score in scores(genre))
    assert low <= drummed <= high


def test_disco_has_four_on_the_floor():
    for score in scores("disco", seconds=30.0):
        kicks = {n.start for part in score.parts if part.drums for n in part.notes if n.pitch == DRUMS["kick"]}
        bars = {int(k // 4) for k in kicks}
        whole = sum({4.0 * bar + beat for beat in range(4)} <= kicks for bar in bars)
        assert whole >= 0.7 * len(bars)  # the rest are fills


def test_reggae_drops_on_the_third_beat():
    for score in scores("reggae", seconds=30.0):
        kicks = {n.start for part in score.parts if part.drums for n in part.notes if n.pitch == DRUMS["kick"]}
        assert not kicks or sum(k % 4 == 2 for k in kicks) >= 0.2 * len(kicks)


def test_blues_and_jazz_swing_and_disco_does_not():
    assert all(score.swing >= 0.6 for score in scores("blues"))
    assert all(score.swing > 0.55 for score in scores("jazz"))
    assert all(score.swing == 0.5 for score in scores("disco"))


@every_genre
def test_an_artists_idiom_is_part_of_its_genres(genre):
    whole = genres.idiom(genre)
    own = artist(whole, np.random.default_rng(1)).idiom
    assert set(own.songs) <= set(whole.songs)
    assert all(groove in whole.grooves for groove in own.grooves)
    assert set(own.lead.instruments) <= set(whole.lead.instruments)
    assert len(own.lead.instruments) <= 2
    assert len(own.bass.instruments) == 1
    assert all(len(layer.instruments) == 1 for layer in own.comping)
    assert whole.tempo[0] <= own.tempo[0] < own.tempo[1] <= whole.tempo[1]


@every_genre
def test_borrowing_changes_the_players_and_not_the_music(genre):
    own = genres.idiom(genre)
    neighbour = genres.idiom(own.neighbours[0])
    mixed = borrow(own, neighbour)
    assert mixed.bass.instruments == neighbour.bass.instruments
    assert mixed.lead.instruments == neighbour.lead.instruments
    assert mixed.kits == neighbour.kits
    assert mixed.songs == own.songs
    assert mixed.bass.figures == own.bass.figures
    assert [layer.figures for layer in mixed.comping] == [layer.figures for layer in own.comping]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kits": ("bongo",)}, "'bongo' is unknown"),
        ({"metres": (5,)}, "has no figure for 5"),
        ({"grooves": ({"kik": "x. x. x. x."},)}, "'kik' is unknown"),
        ({"grooves": ({"kick": "x. x. x."},)}, "no groove fits 4"),
    ],
)
def test_a_slip_of_the_pen_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(genres.idiom("rock"), **change)
