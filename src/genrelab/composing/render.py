"""Sound: an excerpt of a performance as MIDI, played with the soundfont that comes with pretty_midi."""

import io
from functools import cache
from importlib.resources import files

import midirenderer
import numpy as np
import pretty_midi
import soundfile
import soxr
from numpy.typing import NDArray

from genrelab.composing.instruments import INSTRUMENTS, KITS
from genrelab.composing.score import Part

SAMPLE_RATE = 22_050  # Hz
PEAK_DB = -1.0  # dB of full scale
LEAD_IN = 2.0  # seconds rendered before the excerpt and cut off, so that notes already ring when it starts
RESOLUTION = 960  # ticks per quarter note: half a millisecond at MIDI's default tempo
VOLUME, REVERB = 7, 91  # MIDI controllers
FULL_VOLUME = 100  # the controller's value at 0 dB
TILT_LIMIT = 9.0  # dB; maximum brightening or darkening of a mix


@cache
def soundfont() -> bytes:
    """Return the bytes of pretty_midi's General MIDI soundfont."""
    return (files(pretty_midi) / "TimGM6mb.sf2").read_bytes()


def render(parts: list[Part], start: float, seconds: float, reverb: int, tilt: float) -> NDArray[np.float32]:
    """Return the sound of an excerpt: mono, SAMPLE_RATE, peak at PEAK_DB, shape (seconds x SAMPLE_RATE,).

    Args:
        parts: Performed parts, their notes in seconds.
        start: Start of the excerpt, in seconds.
        seconds: Length of the excerpt.
        reverb: Send to the reverb, 0-127.
        tilt: Brightness, in dB per octave around 1 kHz.
    """
    wave = midirenderer.render_wave_from(soundfont(), midi(parts, start - LEAD_IN, seconds + LEAD_IN, reverb))
    stereo, rate = soundfile.read(io.BytesIO(wave), dtype="float32")
    mono = soxr.resample(stereo.mean(axis=1), rate, SAMPLE_RATE)[round(LEAD_IN * SAMPLE_RATE) :]
    length = round(seconds * SAMPLE_RATE)
    mono = _tilt(np.pad(mono, (0, length))[:length], tilt)
    peak = float(np.abs(mono).max())
    return (mono * (10 ** (PEAK_DB / 20) / peak)).astype(np.float32)


def midi(parts: list[Part], start: float, seconds: float, reverb: int) -> bytes:
    """Return a MIDI file of what sounds from `start` for `seconds` seconds."""
    score = pretty_midi.PrettyMIDI(resolution=RESOLUTION)
    for part in parts:
        program = KITS[part.instrument] if part.drums else INSTRUMENTS[part.instrument].program
        player = pretty_midi.Instrument(program, is_drum=part.drums)
        volume = int(np.clip(round(FULL_VOLUME * 10 ** (part.gain / 40)), 1, 127))
        player.control_changes = [
            pretty_midi.ControlChange(VOLUME, volume, 0.0),
            pretty_midi.ControlChange(REVERB, reverb, 0.0),
        ]
        player.notes = [
            pretty_midi.Note(n.velocity, n.pitch, max(0.0, n.start - start), n.start + n.length - start)
            for n in part.notes
            if n.start < start + seconds and n.start + n.length > start
        ]
        score.instruments.append(player)
    file = io.BytesIO()
    score.write(file)
    return file.getvalue()


def _tilt(sound: NDArray[np.float32], tilt: float) -> NDArray[np.float32]:
    """Return a sound with its spectrum tilted by `tilt` dB per octave around 1 kHz."""
    spectrum = np.fft.rfft(sound)
    frequencies = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    gain = np.clip(tilt * np.log2(np.maximum(frequencies, 1.0) / 1000), -TILT_LIMIT, TILT_LIMIT)
    return np.fft.irfft(spectrum * 10 ** (gain / 20), sound.size).astype(np.float32)
