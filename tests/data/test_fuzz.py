"""Hostile sounds and archives: each is an answer or one line that says why not. `make fuzz` runs it for longer."""

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hostile import FUZZ, changed
from hypothesis import given
from sounds import RATE, tone

from genrelab.config import Checks
from genrelab.data import audio
from genrelab.data.archives import extract
from genrelab.errors import DataError
from genrelab.features import mel
from genrelab.features._base import Feature
from genrelab.inference.frontend import AudioFrontend

PARAMS = mel.Params(frames=130, n_mels=32)
CHECKS = Checks(min_seconds=0.1, silence_db=-60.0, max_minutes=0.5)
FRONTEND = AudioFrontend(Feature({"mel": PARAMS}), CHECKS, mel.seconds(PARAMS))
FORMATS = ("WAV", "FLAC", "AIFF", "AU", "OGG", "MP3")


def _sound(name: str) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, tone(0.5), RATE, format=name)
    return stream.getvalue()


def _archive(kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("rock/a.wav", bytes(500))
    else:
        with tarfile.open(fileobj=stream, mode=f"w:{kind}") as packed:
            info = tarfile.TarInfo("rock/a.wav")
            info.size = 500
            packed.addfile(info, io.BytesIO(bytes(500)))
    return stream.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_a_sound_gives_finite_features_or_a_reason(name):
    @FUZZ
    @given(changed(_sound(name)))
    def run(data):
        try:
            found = FRONTEND.extract(data)
        except audio.AudioError as error:
            assert str(error)
            assert len(str(error).splitlines()) == 1
        else:
            assert np.isfinite(found.features).all()

    run()


@pytest.mark.parametrize("kind", ["zip", "gz", ""])
def test_an_archive_is_unpacked_below_its_folder_or_refused_in_a_line(kind):
    @FUZZ
    @given(changed(_archive(kind)))
    def run(data):
        with tempfile.TemporaryDirectory() as folder:
            archive, target = Path(folder, "a"), Path(folder, "out")
            archive.write_bytes(data)
            try:
                extract(archive, target, lambda name: True)
            except DataError as error:
                assert len(str(error).splitlines()) == 1
            assert {path.name for path in Path(folder).iterdir()} <= {"a", "out"}

    run()
