"""predict: on files good, bad and long, by the command line and by `mlflow run`."""

import io
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile
from sounds import text
from tracking_store import artifact, latest

pytestmark = pytest.mark.end_to_end
CLASSES = ["classical", "disco", "metal"]


@pytest.fixture(scope="module")
def uri(clone):
    """A trained SVM."""
    output = clone.genrelab("train", "--model", "svm", "--seed", "11")
    return re.search(r"registered: (\S+)", output).group(1)


@pytest.fixture(scope="module")
def music(clone, tmp_path_factory):
    """The corpus's clips, thrice: enough for worker processes; some of them as a song; two files that are no use."""
    folder = tmp_path_factory.mktemp("music")
    for name in ("clips", "again", "once more"):
        shutil.copytree(clone.root / "data/tiny/clips", folder / name)
    clips = sorted((folder / "clips").rglob("*.flac"))[::4]
    song = np.concatenate([soundfile.read(clip)[0] for clip in clips])
    soundfile.write(folder / "song.mp3", song, soundfile.info(clips[0]).samplerate)
    soundfile.write(folder / "silence.wav", np.zeros(44100), 22050)
    text(folder / "no sound.wav")
    return folder


def test_it_says_what_predictions_say_and_bad_files_cost_themselves_only(clone, client, uri, music, tmp_path):
    before = len(client.search_runs(["0"]))
    output = clone.genrelab(
        *("predict", "--model_uri", uri, "--audio", str(music), "--output", str(tmp_path / "genres.csv")),
        *("--timeline", "true", "--workers", "2"),
        rc=3,
    )
    assert "73 of 75 files classified" in output
    assert "2 of 75 files could not be used" in output
    assert re.search(r"left out: .*silence.wav \(silent\)", output)
    assert "Traceback" not in output
    found = pd.read_csv(tmp_path / "genres.csv").set_index("path")
    assert list(found.status).count("ok") == 73
    assert found.loc[str(music / "no sound.wav"), "status"] == "unreadable"
    clips = pd.read_csv(clone.root / "data/tiny/clips.csv").set_index("id")
    (run,) = latest(client, "train")
    for row in pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv"))).to_dict("records"):
        said = found.loc[str(music / clips.loc[row["clip"], "path"])]
        assert (said.label, said.windows) == (row["predicted"], 1)
        np.testing.assert_allclose(said[CLASSES].to_numpy(float), [row[name] for name in CLASSES], atol=1e-4)
    windows = pd.read_csv(tmp_path / "genres.timeline.csv")
    song = windows[windows.path == str(music / "song.mp3")]
    assert len(song) == found.loc[str(music / "song.mp3"), "windows"] == 6
    assert len(windows) == 3 * 24 + 6
    assert len(client.search_runs(["0"])) == before  # a look at some songs is no experiment
    assert sorted(path.name for path in tmp_path.iterdir()) == ["genres.csv", "genres.timeline.csv"]


def test_mlflow_runs_it_in_a_run_of_its_own(clone, client, uri, music, tmp_path):
    lines = tmp_path / "genres.jsonl"
    output = clone.run(
        *("mlflow", "run", ".", "-e", "predict", "-P", f"model_uri={uri}", "-P", f"audio={music}/*.mp3"),
        *("-P", f"output={lines}", "-P", "timeline=true", "-P", "top_k=2", "--env-manager", "local"),
    )
    assert "0:06.0" in output
    (said,) = [json.loads(line) for line in lines.read_text().splitlines()]
    assert len(said["top"]) == 2
    assert len(said["timeline"]) == said["windows"] == 6
    (run,) = latest(client, "predict")
    assert run.info.status == "FINISHED"
    assert run.data.tags["model_uri"] == uri
    assert run.data.metrics["files"] == 1
    table = pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv")))
    assert table.label[0] == said["label"]
    assert len(artifact(client, run, "timeline.csv").splitlines()) == 7


def test_where_no_file_can_be_used_it_fails(clone, uri, music, tmp_path):
    output = clone.genrelab("predict", "--model_uri", uri, "--audio", str(music / "silence.wav"), rc=2)
    assert "peaks at -inf dB" in output
    assert "none of 1 files could be used" in output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--audio", "docs"], "no sound file"),
        (["--audio", "none.mp3"], "none.mp3"),
        (["--audio", "{}", "--output", "genres.xlsx"], ".csv or .jsonl"),
        (["--audio", "{}", "--output", "none/genres.csv"], "none/genres.csv"),
        (["--audio", "{}", "--top_k", "0"], "top_k"),
        (["--audio", "{}", "--top_k", "4"], "top_k must be at most 3"),
        (["--audio", "{}", "--timeline", "maybe"], "timeline must be true or false"),
        ([], "--audio"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_2(clone, uri, music, words, named):
    output = clone.genrelab("predict", "--model_uri", uri, *(word.replace("{}", str(music)) for word in words), rc=2)
    assert named in output
    assert len(output.strip().splitlines()) == 1


def test_it_explains_with_a_picture_a_file(clone, uri, music, tmp_path):
    song = music / "song.mp3"
    clip = next((music / "clips").rglob("*.flac"))
    twin = tmp_path / "other" / clip.name
    twin.parent.mkdir()
    shutil.copy(clip, twin)
    words = ["--audio", f"{song},{clip},{twin}", "--explain", "true", "--output", str(tmp_path / "said.csv")]
    output = clone.genrelab("predict", "--model_uri", uri, *words)
    assert f"written: 3 pictures in {tmp_path / 'said.explain'}" in output
    names = {path.name for path in (tmp_path / "said.explain").iterdir()}
    assert names == {"song.png", f"{clip.stem}.png", f"{clip.stem}-2.png"}
    table = pd.read_csv(tmp_path / "said.faithfulness.csv")
    assert f"written: {tmp_path / 'said.faithfulness.csv'}, the area between the curves" in output
    assert list(table.columns)[:6] == ["path", "label", "removed", "named", "random_mean", "random_std"]
    for _, curve in table.groupby("path"):
        assert (curve["removed"].iloc[0], curve["removed"].iloc[-1]) == (0, 1)
        assert curve["named"].iloc[-1] == pytest.approx(curve["random_mean"].iloc[-1], abs=1e-5)
    many = clone.genrelab("predict", "--model_uri", uri, "--audio", str(music), "--explain", "true", rc=2)
    assert "explain takes at most 20 files" in many


def test_similar_finds_a_clip_itself_first_and_keeps_its_index(clone, uri, music, tmp_path):
    clip = sorted((music / "clips").rglob("*.flac"))[0]
    words = ["similar", "--model_uri", uri, "--corpus", "tiny", "--n", "4"]
    shutil.rmtree(clone.root / ".genrelab/similar", ignore_errors=True)  # another test may have asked the same model
    output = clone.genrelab(
        *words, "--audio", f"{clip},{music / 'silence.wav'}", "--output", str(tmp_path / "s.csv"), rc=3
    )
    assert "index of 24 clips built" in output
    assert "silence.wav cannot be used" in output
    found = pd.read_csv(tmp_path / "s.csv")
    assert list(found["rank"]) == [1, 2, 3, 4]
    assert (found["clip"][0], found.note[0]) == (clip.stem, "the same sound")
    assert found.similarity[0] == pytest.approx(1, abs=1e-5)
    assert found.similarity.is_monotonic_decreasing
    again = clone.genrelab(*words, "--audio", str(music / "song.mp3"))
    assert "index of 24 clips:" in again
    assert "n must be" in clone.genrelab(*words[:-1], "0", "--audio", str(clip), rc=2)
    assert "nobody" in clone.genrelab("similar", "--model_uri", uri, "--corpus", "nobody", "--audio", str(clip), rc=2)


def test_a_checkout_that_can_only_be_read_predicts_and_finds_similar_clips(clone, uri, tmp_path):
    """In a mount namespace of its own, as root may write everywhere."""
    root, sound = clone.root, next((clone.root / "data/tiny/clips").rglob("*.flac"))
    shutil.rmtree(root / ".genrelab/similar", ignore_errors=True)  # an index that another test has made
    code = f"import genrelab as gl; gl.predict({uri!r}, [{str(sound)!r}]); gl.similar({uri!r}, {str(sound)!r}, n=3)"
    read_only = f"mount --bind '{root}' '{root}' && mount -o remount,bind,ro '{root}' && cd '{root}' && ! touch x"
    script = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*script, f"{read_only}"], check=False).returncode:
        pytest.skip("no file system can be mounted read-only here")
    output = clone.run(*script, f'{read_only} 2> /dev/null && exec "$0" -c "$1"', sys.executable, code)
    assert "1 of 1 files classified" in output
    assert "built but not saved" in output
