"""audit finds what is planted in a corpus, and can fail on it; leakage shows what slices at random give away."""

import csv

import numpy as np
import pytest
import soundfile
from examples import run_example
from tracking_store import artifact, children, latest

import genrelab as gl
from genrelab.data import audio

GENRES = ("classical", "disco", "metal")
pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def planted(clone, tmp_path_factory):
    """The clone's clips as a folder of the user's own, with faults; the corpus `mine`."""
    folder = tmp_path_factory.mktemp("mine")
    for clip in sorted((clone.root / "data/tiny/clips").rglob("*.flac")):
        samples, rate = audio.decode(clip)
        (folder / clip.parent.name).mkdir(exist_ok=True)
        soundfile.write(folder / clip.parent.name / clip.name, samples.T, rate)
    label = clip.parent.name
    y = samples.mean(axis=0)
    noise = np.random.default_rng(0).normal(0, 1, len(y)) * np.sqrt(np.mean(y**2)) / 10
    soundfile.write(folder / label / "copy.flac", (0.3 * (y + noise)).astype(np.float32), rate)
    soundfile.write(folder / label / "clipped.flac", np.clip(noise * 50, -0.9, 0.9), rate)
    soundfile.write(folder / label / "off.flac", 0.2 + np.random.default_rng(1).normal(0, 0.1, 3 * rate), rate)
    (folder / label / "text.flac").write_text("these are words")
    clone.params(corpora__mine={"kind": "folder", "source": str(folder)})
    yield f"{label}/{clip.name}", label
    clone.run("git", "checkout", "params.yaml")


def test_what_is_planted_is_found_with_evidence_and_strict_fails_on_it(clone, client, planted):
    original, label = planted
    output = clone.genrelab("audit", "--dataset", "mine", "--audit.planted", "2", "--strict", "near_duplicate", rc=2)
    assert "strict was requested: 1 near_duplicate" in output.splitlines()[-1]
    with (clone.root / "reports/mine/audit/audit.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    found = {(row["clip"], row["finding"]): row for row in rows}
    assert (f"{label}/text.flac", "unreadable") in found
    assert (f"{label}/clipped.flac", "clipped") in found
    assert (f"{label}/off.flac", "dc_shift") in found
    pairs = [{row["clip"], row["other"]} for row in rows if row["finding"] == "near_duplicate"]
    assert pairs == [{original, f"{label}/copy.flac"}]
    (run,) = latest(client, "audit")
    assert run.info.status == "FINISHED"
    assert run.data.metrics["findings_near_duplicate"] == 1
    assert run.data.metrics["planted_gain_recall"] == 1
    assert artifact(client, run, "audit.csv") == (clone.root / "reports/mine/audit/audit.csv").read_text()
    page = artifact(client, run, "audit.html")
    assert "landmarks agree" in page
    assert "http" not in page.replace("http-equiv", "")
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert {"findings.png", "near_duplicates.png"} <= names


def test_slices_at_random_give_away_what_artists_apart_do_not(in_clone, client):
    clone = in_clone
    # Of two artists a genre, one is learnt from.
    part = {0: "train", 1: "train", 2: "train", 3: "train", 100: "valid", 101: "test", 102: "test", 103: "test"}
    rows = [f"{genre}.{number:05d},{side}" for genre in GENRES for number, side in part.items()]
    (clone.root / "parts.csv").write_text("\n".join(["clip,part", *rows]))
    output = run_example(gl.leakage)

    assert "Slices at random LEAK" in output
    (run,) = latest(client, "leakage")
    lines = artifact(client, run, "leakage.csv").splitlines()
    table = {row["divided"]: row for row in csv.DictReader(lines)}
    assert list(table) == ["slices at random", "clips at random", "file"]
    shares = [float(row["clip_in_train"]) for row in table.values()]
    assert shares[0] > 0.8
    assert shares[1:] == [0, 0]
    assert float(table["file"]["artist_in_train"]) == 0
    assert len({row["train"] for row in table.values()}) == 1
    assert float(table["slices at random"]["accuracy"]) > float(table["file"]["accuracy"])
    assert run.data.metrics["gap_slices"] > 0
    below = children(client, run)
    assert len(below) == 6
    assert {child.data.tags["genrelab.kind"] for child in below} == {"leakage training"}
    assert not client.search_registered_models() or all(
        version.run_id not in {child.info.run_id for child in below} for version in client.search_model_versions("")
    )


def test_explore_logs_the_pictures_and_the_page(clone, client):
    assert "explore-mel.html" in clone.genrelab("explore").splitlines()[-1]
    (run,) = latest(client, "explore")
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert {"explore-mel.html", "clips.csv", "sheet.png", "spectra.png"} <= names
    assert run.data.metrics["clips"] == 24
    assert run.data.metrics["artists"] == 6
