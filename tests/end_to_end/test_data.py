"""dvc repro: what it builds, what it leaves alone, what a folder of broken sounds does to it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
import zarr

from genrelab.corpus import TABLE_COLUMNS
from genrelab.data import feature_store

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.end_to_end


def rows(clone, dataset):
    with (clone.root / "data" / dataset / "clips.csv").open(newline="", encoding="utf-8") as table:
        return {row["id"]: row for row in csv.DictReader(table)}


def test_it_builds_clips_table_features_and_pictures(clone):
    data = clone.root / "data" / "tiny"
    table = rows(clone, "tiny")
    assert list(next(iter(table.values()))) == TABLE_COLUMNS
    assert {row["label"] for row in table.values()} == {"classical", "disco", "metal"}
    assert all((data / row["path"]).is_file() for row in table.values())
    array = zarr.open_array(data / "features" / "mel.zarr", mode="r")
    assert array.shape == (24, 128, 130)
    assert list(array.attrs["clips"]) == sorted(table)
    pictures = {path.name for path in (clone.root / "reports/tiny/explore-mel").iterdir()}
    assert pictures == {f"{name}.png" for name in ("sheet", "balance", "durations", "loudness", "spectra", "tempo")}
    page = (clone.root / "reports/tiny/explore-mel.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == len(pictures)
    assert "24 clips in 3 classes" in page
    assert "failed" not in clone.run("dvc", "plots", "show")
    assert "workspace_reports_tiny_explore-mel_sheet.png" in clone.run("ls", "dvc_plots/static")
    assert not [path for path in (data / ".partial").rglob("*") if path.is_file()]


def ran(output: str) -> set[str]:
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")}


def test_again_it_only_looks_and_a_changed_parameter_reruns_what_depends_on_it(clone):
    assert ran(clone.run("dvc", "repro")) == {"source@tiny"}
    clone.params(features__mel__top_db=60)
    assert ran(clone.run("dvc", "repro")) == {"source@tiny", "features@tiny-mel", "explore@tiny-mel"}
    array = [path for path in (clone.root / "data/tiny/features/mel.zarr").rglob("*") if path.is_file()]
    assert all(path.stat().st_nlink > 1 for path in array), "DVC's cache holds copies, where links would do"
    clone.run("git", "checkout", "params.yaml")
    clone.run("dvc", "repro")


def test_a_feature_on_request_is_computed_when_it_is_asked_for_and_not_before(clone):
    array, stage = clone.root / "data/tiny/features/ssd.zarr", "on_request/dvc.yaml:features@tiny-ssd"
    train = ("train", "--model", "probe", "--feature", "ssd", "--hp.head", "linear")
    assert not array.exists()  # after the `dvc repro` that made the clone's corpus
    assert (clone.root / "data/tiny/features/timbre.zarr").is_dir()
    assert clone.run("dvc", "status", "--json").strip() == '{"source@tiny": ["always changed"]}'
    output = clone.genrelab(*train, "--build", "false", rc=2)
    assert "build it with: genrelab build --dataset tiny --feature ssd" in output
    output = clone.genrelab(*train)
    assert f"not built yet: {stage}" in output
    assert feature_store.params(array)["window"] == 6
    (clone.root / "on_request/dvc.yaml").unlink()  # which its lock brings back
    clone.genrelab(*train, "--seed", "1")
    assert ran(clone.run("dvc", "repro", stage)) == {"source@tiny"}
    output = clone.genrelab(*train, "--features.ssd.window", "2", rc=2)
    assert "was built with on_request.ssd.window = 6.0, but 2 is requested" in output
    clone.params(on_request__ssd__window=2)
    output = clone.genrelab("build", "--feature", "ssd", "--features.ssd.window", "3", rc=2)
    assert "was built with on_request.ssd.window = 2, but 3 is requested" in output
    clone.genrelab("build", "--feature", "timbre+ssd")
    assert feature_store.params(array)["window"] == 2
    clone.params(features__ssd={"window": 2}, on_request={})  # from now on `dvc repro` computes it
    output = clone.genrelab("build", "--feature", "ssd")
    assert "features@tiny-ssd" in ran(output)
    assert "ssd.zarr: unchanged" in output
    assert ran(clone.run("dvc", "repro")) == {"source@tiny"}
    clone.run("git", "checkout", "params.yaml")
    clone.run("rm", "-r", "on_request")


def test_an_array_is_kept_where_code_has_changed_that_it_does_not_rest_on(clone):
    array = clone.root / "data/tiny/features/mel.zarr"
    before = array.stat().st_ino
    (clone.root / "src/genrelab/features/another.py").write_text('"""A feature more."""\n', encoding="utf-8")
    output = clone.run("dvc", "repro", "features@tiny-mel")
    assert "features@tiny-mel" in ran(output)
    assert "mel.zarr: unchanged" in output
    assert array.stat().st_ino == before
    with (clone.root / "src/genrelab/features/_width.py").open("a", encoding="utf-8") as code:
        code.write("\n# another line\n")
    assert "unchanged" not in clone.run("dvc", "repro", "features@tiny-mel")
    clone.run("git", "clean", "-fdq", "src")
    clone.run("git", "checkout", "src")
    clone.run("dvc", "repro", "features@tiny-mel")


def test_data_travels_by_a_remote(clone, tmp_path):
    clone.run("dvc", "remote", "add", "-d", "-f", "away", str(tmp_path))
    clone.run("dvc", "push")
    clone.run("rm", "-rf", "data", ".dvc/cache")
    clone.run("dvc", "pull")
    assert ran(clone.run("dvc", "repro")) == {"source@tiny"}
    clone.run("git", "checkout", ".dvc/config")


@pytest.mark.long
def test_the_committed_lock_names_the_synthetic_corpus_that_the_code_makes(clone):
    clone.params(corpora__synthetic={"kind": "synthetic", "seed": 0})
    clone.run("dvc", "repro", "dataset@synthetic")
    made, committed = (
        yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]["dataset@synthetic"]["outs"]
        for folder in (clone.root, ROOT)
    )
    assert made == committed, "renew it: dvc repro, and commit dvc.lock"
    clone.run("git", "checkout", "params.yaml")


@pytest.fixture(scope="module")
def broken(clone, tmp_path_factory):
    """A folder of good and bad sounds, as the corpus `mine`."""
    folder = tmp_path_factory.mktemp("my music")
    rng = np.random.default_rng(0)
    for label in ("jazz", "rock"):
        (folder / label).mkdir()
        for i in range(6):
            soundfile.write(folder / label / f"{i}.wav", rng.normal(0, 0.1, 3 * 22050), 22050)
    jazz = folder / "jazz"
    (jazz / "text.wav").write_text("these are words")
    (jazz / "empty.wav").touch()
    soundfile.write(jazz / "whole.flac", rng.normal(0, 0.1, 5 * 22050), 22050)
    whole = (jazz / "whole.flac").read_bytes()
    (jazz / "truncated.flac").write_bytes(whole[: len(whole) // 2])
    soundfile.write(jazz / "silent.wav", np.zeros(3 * 22050), 22050)
    soundfile.write(jazz / "short.wav", rng.normal(0, 0.1, 200), 22050)
    soundfile.write(folder / "rock" / "song.mp3", rng.normal(0, 0.1, 3 * 44100), 44100)
    soundfile.write(folder / "rock" / "Motörhead – live.wav", rng.normal(0, 0.1, (3 * 96000, 2)), 96000)
    (folder / "rock" / "copy.wav").write_bytes((folder / "rock" / "0.wav").read_bytes())
    clone.params(corpora__mine={"kind": "folder", "source": str(folder)})
    yield folder
    clone.run("git", "checkout", "params.yaml")


def test_a_broken_sound_costs_itself_only_and_is_listed_with_its_reason(clone, broken):
    output = clone.run("dvc", "repro", "features@mine-mel")
    found = {name: row["status"] for name, row in rows(clone, "mine").items()}
    bad = {
        "jazz/text.wav": "unreadable",
        "jazz/empty.wav": "empty",
        "jazz/truncated.flac": "truncated",
        "jazz/silent.wav": "silent",
        "jazz/short.wav": "too_short",
        "rock/copy.wav": "duplicate",
    }
    assert {name: status for name, status in found.items() if status != "ok"} == bad
    assert found["rock/Motörhead – live.wav"] == found["rock/song.mp3"] == "ok"
    for name in bad:
        assert name in output
        assert rows(clone, "mine")[name]["reason"]
    assert "Traceback" not in output


@pytest.mark.long
def test_a_new_file_in_the_source_is_noticed_and_touches_no_other_corpus(clone, broken):
    clone.run("dvc", "repro", "features@mine-mel")
    soundfile.write(broken / "rock" / "new.wav", np.random.default_rng(9).normal(0, 0.1, 3 * 22050), 22050)
    output = clone.genrelab("train", "--model", "svm", "--dataset", "mine", rc=2)
    assert "out of date (changed in its source: rock/new.wav)" in output
    stages = ran(clone.run("dvc", "repro", "features@tiny-mel", "features@mine-mel"))
    assert stages == {"source@tiny", "source@mine", "dataset@mine", "features@mine-mel"}
    assert rows(clone, "mine")["rock/new.wav"]["status"] == "ok"


def test_a_mistyped_source_leaves_what_is_built(clone, broken):
    clone.run("dvc", "repro", "features@mine-mel")
    before = rows(clone, "mine")
    clone.params(corpora__mine={"kind": "folder", "source": f"{broken}x"})
    output = clone.run("dvc", "repro", "features@mine-mel", rc=255)
    assert f"{broken}x does not exist" in output
    assert "Traceback" not in output
    assert rows(clone, "mine") == before
    data = clone.root / "data/mine"
    assert all((data / row["path"]).is_file() for row in before.values() if row["status"] == "ok")
    assert (data / "features/mel.zarr").is_dir()
    clone.params(corpora__mine={"kind": "folder", "source": str(broken)})
    assert ran(clone.run("dvc", "repro", "features@mine-mel")) == {"source@mine"}


def test_a_corpus_is_usable_where_its_source_is_not(clone, broken):
    away = broken.with_name("away")
    broken.rename(away)
    try:
        output = clone.run("dvc", "repro", "features@mine-mel")
        assert "'mine' is left unchanged" in output
        assert ran(output) == {"source@mine"}
        clone.genrelab("train", "--model", "svm", "--dataset", "mine", "--splits.random.test", "0.3")
    finally:
        away.rename(broken)


def test_a_missing_source_and_a_missing_corpus_say_what_to_do(clone, broken):
    output = clone.genrelab("train", "--model", "svm", "--dataset", "nothing", rc=2)
    assert "nothing" in output
    clone.params(corpora__gone={"kind": "folder", "source": "/no/such/folder"})
    output = clone.run("dvc", "repro", "dataset@gone", rc=255)
    assert "/no/such/folder" in output
    assert "Traceback" not in output
    output = clone.genrelab("train", "--model", "svm", "--dataset", "gone", rc=2)
    assert "/no/such/folder" in output
    assert "Traceback" not in output
    clone.genrelab("build", "--dataset", "gone", "--feature", "ssd", rc=2)
    assert not (clone.root / "on_request/dvc.yaml").exists()  # what has failed is not asked for any more
    output = clone.genrelab("train", "--model", "svm", "--dataset", "gone", "--build", "false", rc=2)
    assert "dvc repro features@gone-mel" in output
    assert len(output.strip().splitlines()) == 1


def test_features_other_than_those_on_disk_are_refused(clone):
    output = clone.genrelab("train", "--model", "svm", "--features.mel.n_mels", "64", rc=2)
    assert "features.mel.n_mels = 128" in output
    assert "64" in output
    assert "dvc repro features@tiny-mel" in output


def test_the_lock_names_the_data_by_hash(clone):
    status = json.loads(clone.run("dvc", "status", "--json", "dataset@tiny", "features@tiny-mel"))
    assert status == {}
