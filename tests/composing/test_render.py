import io

import numpy as np
import pretty_midi
import pytest

from genrelab.composing.render import LEAD_IN, SAMPLE_RATE, midi, render
from genrelab.composing.score import Note, Part


def scale(gain=0.0, count=16):
    return [Part("piano", gain, [Note(i / 2, 0.45, 60 + i, 90) for i in range(count)])]


def read(data):
    return pretty_midi.PrettyMIDI(io.BytesIO(data))


def test_an_excerpt_has_its_length_and_peak():
    sound = render(scale(), 1.0, 2.5, reverb=40, tilt=0.0)
    assert sound.shape == (round(2.5 * SAMPLE_RATE),)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)


def test_an_excerpt_that_outlasts_the_music_is_filled_up():
    assert render(scale(count=2), 0.0, 6.0, reverb=40, tilt=0.0).shape == (6 * SAMPLE_RATE,)


def test_what_rings_at_the_start_is_heard_there():
    held = [Part("organ", 0.0, [Note(0.0, 8.0, 60, 90)])]
    sound = render(held, 4.0, 1.0, reverb=0, tilt=0.0)
    assert np.abs(sound[: SAMPLE_RATE // 20]).max() > 0.5
    assert LEAD_IN > 0


def test_only_what_sounds_in_the_excerpt_is_written():
    notes = read(midi(scale(), 2.0, 2.0, 40)).instruments[0].notes
    assert [n.pitch for n in notes] == [64, 65, 66, 67]
    assert [n.start for n in notes] == pytest.approx([0.0, 0.5, 1.0, 1.5], abs=1e-3)


def test_a_note_from_before_the_excerpt_is_cut_to_its_start():
    (note,) = read(midi([Part("organ", 0.0, [Note(0.0, 8.0, 60, 90)])], 3.0, 2.0, 40)).instruments[0].notes
    assert (note.start, note.end) == pytest.approx((0.0, 5.0), abs=1e-3)


def test_gain_and_reverb_are_controllers():
    controls = {c.number: c.value for c in read(midi(scale(gain=-6.0), 0.0, 4.0, 77)).instruments[0].control_changes}
    assert controls[91] == 77
    assert controls[7] == round(100 * 10 ** (-6 / 40))


def test_drums_play_the_kit():
    (kit,) = read(midi([Part("room", 0.0, [Note(0.0, 0.1, 36, 90)], drums=True)], 0.0, 1.0, 40)).instruments
    assert (kit.is_drum, kit.program) == (True, 8)


def test_tilt_brightens_the_mix():
    def brightness(tilt):
        power = np.abs(np.fft.rfft(render(scale(), 0.0, 3.0, reverb=0, tilt=tilt))) ** 2
        return power[power.size // 4 :].sum() / power.sum()

    assert brightness(-2.0) < brightness(0.0) < brightness(2.0)
