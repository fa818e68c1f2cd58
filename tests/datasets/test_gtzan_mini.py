import os
import shutil
from pathlib import Path

import pytest
from sounds import tone, write

from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import gtzan, gtzan_mini

REAL = os.environ.get("GENRELAB_GTZAN_MINI", "")


def test_its_facts(tmp_path):
    params = gtzan_mini.Params()
    assert params.clips == 100
    made_of = gtzan_mini.fingerprint(params, tmp_path / "c")
    assert made_of["url"] == "https://github.com/TempoBeatDownbeat/gtzan_mini/archive/refs/heads/main.zip"
    assert made_of["md5"] == "44f7f23af8363d96c59663a987f29a4c"
    assert gtzan.Params().clips == 1000


def test_it_is_read_from_folder_and_zip(tmp_path, caplog):
    for genre in gtzan.GENRES:
        for n in range(10):
            write(tmp_path / f"in/gtzan_mini-main/genres/{genre}/{genre}.{7 * n:05d}.wav", tone(0.1))
    shutil.make_archive(tmp_path / "main", "zip", tmp_path / "in")
    for source in ("in", "main.zip"):
        params = gtzan_mini.Params(source=str(tmp_path / source))
        found = gtzan_mini.candidates(params, tmp_path / "w", 1)
        assert len(found) == 100
        assert found[0].id == "blues.00000"
        assert found[-1].id == "rock.00063"
    assert caplog.text == ""


@pytest.mark.skipif(not REAL, reason="needs the real clips: set GENRELAB_GTZAN_MINI to the folder of gtzan_mini")
def test_every_real_clip_is_ok(tmp_path):
    found = gtzan_mini.candidates(gtzan_mini.Params(source=REAL), tmp_path, 2)
    checks = Checks(min_seconds=29, silence_db=-60, max_minutes=1)
    table = ingest(found, tmp_path / "data", workspace=tmp_path / "w", checks=checks, workers=2)
    assert list(table["status"]) == ["ok"] * 100
    assert table["label"].value_counts().to_dict() == dict.fromkeys(gtzan.GENRES, 10)
    assert table["seconds"].between(29.9, gtzan.LONGEST_CLIP / gtzan.SAMPLE_RATE).all()
    assert len(list(Path(tmp_path / "data/clips").rglob("*.flac"))) == 100
