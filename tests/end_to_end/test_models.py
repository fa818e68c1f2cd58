"""train, evaluate, compare and main: what they record, repeat, survive and refuse."""

import base64
import io
import json
import re
import signal
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
import requests
import soundfile
import soxr
from tracking_store import artifact, children, free_port, latest, served

from genrelab import config
from genrelab.errors import DataError
from genrelab.evaluation import evaluate
from genrelab.evaluation.evaluate import LOCKBOX, part_to_score

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def trained(clone):
    """A CNN trained through `mlflow run`."""
    return clone.run(
        "mlflow", "run", ".", "-e", "train", "-P", "model=cnn", "-P", "hp.learning_rate=1e-3", "--env-manager", "local"
    )


def test_a_net_is_exported_and_answers_as_a_file(clone, trained, client, tmp_path):
    words = ["--model_uri", "models:/tiny-genre/1", "--format", "tflite", "--output", f"{tmp_path}/net.tflite"]
    output = clone.genrelab("export", *words)
    assert f"written: {tmp_path}/net.tflite" in output
    assert re.search(r"tflite, within \d\S* of the net's probabilities on \d+ validation clips", output)
    (run,) = latest(client, "export")
    assert run.data.metrics["difference"] < 1e-4
    assert run.data.metrics["file_ms"] > 0 < run.data.metrics["keras_ms"]
    assert [item.path for item in client.list_artifacts(run.info.run_id, "export")] == ["export/cnn.tflite"]
    about = json.loads(zipfile.ZipFile(tmp_path / "net.tflite").read("genrelab.json"))
    assert about["classes"] == ["classical", "disco", "metal"]


def test_a_training_is_recorded_whole(clone, trained, client):
    assert "registered: models:/tiny-genre/1" in trained
    (run,) = latest(client, "train")
    data = run.data
    assert run.info.status == "FINISHED"
    for figure in ("accuracy", "precision", "recall", "f1"):
        assert 0 <= data.metrics[f"test_{figure}"] <= 1
    assert data.metrics["valid_accuracy_low"] <= data.metrics["valid_accuracy"] <= data.metrics["valid_accuracy_high"]
    low, high = data.metrics["test_accuracy_low"], data.metrics["test_accuracy_high"]
    assert low <= data.metrics["test_accuracy"] <= high
    for part in ("valid", "test"):
        assert 0 <= data.metrics[f"{part}_ece"] <= 1
        assert f"{part}_ece_uncalibrated" in data.metrics
    assert 0.05 < data.metrics["temperature"] < 20
    assert data.params["training.epochs"] == "2"
    assert data.params["hp.conv1.units"] == "32"
    assert len(client.get_metric_history(run.info.run_id, "train_loss")) == 2
    assert data.tags["git.commit"] == clone.run("git", "rev-parse", "HEAD").strip()
    assert data.tags["git.dirty"] == "false"
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    for figure in ("top3", "roc_auc", "ece"):
        assert 0 <= data.metrics[f"test_{figure}"] <= 1
    assert data.metrics["test_f1_low"] <= data.metrics["test_f1_high"]
    assert data.metrics["predict_ms"] > 0
    assert 1e6 < data.metrics["model_bytes"] < 1e9
    assert {"config.yaml", "predictions.csv", "per_class.csv", "confusion_matrix.csv", "confusion_matrix.png"} <= names
    assert {"curves.png", "architecture.png", "layers.csv"} <= names
    lock = (clone.root / "dvc.lock").read_text()
    digests = {item.dataset.name: item.dataset.digest for item in run.inputs.dataset_inputs}
    assert set(digests) == {"tiny", "tiny-mel"}
    assert all(digest in lock for digest in digests.values())
    version = client.get_model_version("tiny-genre", "1")
    assert version.tags["model"] == "cnn"
    assert len(version.tags) == 8
    assert version.description.startswith("test: accuracy")
    assert float(version.tags["test_accuracy"]) == pytest.approx(data.metrics["test_accuracy"], abs=1e-4)


def test_predictions_and_confusion_agree_with_the_figures(trained, client):
    (run,) = latest(client, "train")
    table = pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv")))
    assert list(table.columns) == ["clip", "fold", "true", "predicted", "classical", "disco", "metal"]
    assert (table.true == table.predicted).mean() == pytest.approx(run.data.metrics["test_accuracy"])
    counts = pd.read_csv(io.StringIO(artifact(client, run, "confusion_matrix.csv")), index_col=0)
    assert counts.to_numpy().sum() == len(table) == run.data.metrics["test_clips"]
    assert np.trace(counts.to_numpy()) == (table.true == table.predicted).sum()


def test_the_registrys_model_takes_sound_and_says_what_predictions_say(clone, trained, client):
    import mlflow

    (run,) = latest(client, "train")
    table = pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv"))).set_index("clip")
    clips = pd.read_csv(clone.root / "data/tiny/clips.csv").set_index("id")
    model = mlflow.pyfunc.load_model("models:/tiny-genre/1")
    classes = ["classical", "disco", "metal"]
    for clip, row in table.iterrows():
        path = clone.root / "data/tiny" / clips.loc[clip, "path"]
        found = model.predict(pd.DataFrame({"audio": [path.read_bytes()]}), params={"top_k": 2})
        np.testing.assert_allclose(found[classes].to_numpy()[0], row[classes].to_numpy(float), atol=1e-4)
        assert found.label[0] == row.predicted
        assert found.probability[0] == pytest.approx(row[classes].max(), abs=1e-4)
        assert found.top[0] == list(row[classes].astype(float).sort_values(ascending=False).index[:2])
        y, rate = soundfile.read(path)
        copy = io.BytesIO()
        soundfile.write(copy, np.stack([soxr.resample(y, rate, 44100)] * 2, axis=1), 44100, format="WAV")
        again = model.predict(pd.DataFrame({"audio": [copy.getvalue()]}))
        np.testing.assert_allclose(again[classes].to_numpy()[0], row[classes].to_numpy(float), atol=0.05)
    with pytest.raises(mlflow.MlflowException, match="row 1 cannot be used"):
        model.predict(pd.DataFrame({"audio": [path.read_bytes(), b"no sound"]}))


def test_two_identical_trainings_give_the_same_figures(clone, trained, client):
    clone.genrelab("train", "--model", "cnn", "--hp.learning_rate", "0.001")
    first, second = latest(client, "train", 2)
    figures = [name for name in first.data.metrics if not name.endswith(("seconds", "per_second", "_ms"))]
    assert {n: first.data.metrics[n] for n in figures} == {n: second.data.metrics[n] for n in figures}
    assert artifact(client, first, "predictions.csv") == artifact(client, second, "predictions.csv")


def test_a_killed_training_goes_on_and_ends_as_one_that_was_not(clone, client):
    words = ["train", "--model", "cnn", "--epochs", "6", "--seed", "5"]
    process = clone.start(*words)
    deadline = time.monotonic() + 120
    for line in process.stdout:
        if line.startswith("epoch   3") or time.monotonic() > deadline:
            break
    process.kill()
    process.wait()
    (killed,) = latest(client, "train")
    assert killed.info.status == "RUNNING"
    output = clone.genrelab(*words)
    assert "resuming" in output
    assert "epoch   1/" not in output
    (resumed,) = latest(client, "train")
    assert client.get_run(killed.info.run_id).info.status == "KILLED"
    assert client.get_run(killed.info.run_id).data.tags["resumed_by"] == resumed.info.run_id
    steps = [point.step for point in client.get_metric_history(resumed.info.run_id, "train_loss")]
    assert steps == list(range(1, 7))
    clone.genrelab(*words)
    (whole,) = latest(client, "train")
    assert artifact(client, whole, "predictions.csv") == artifact(client, resumed, "predictions.csv")
    curves = [[p.value for p in client.get_metric_history(r.info.run_id, "valid_loss")] for r in (whole, resumed)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("uri", ["models:/tiny-genre/1", "runs:/{run_id}/model"])
def test_evaluate_scores_the_test_part_again_and_gets_the_same(clone, trained, client, uri):
    run_id = client.get_model_version("tiny-genre", "1").run_id
    clone.genrelab("evaluate", "--model_uri", uri.format(run_id=run_id))
    (again,) = latest(client, "evaluate")
    assert artifact(client, again, "predictions.csv") == artifact(client, client.get_run(run_id), "predictions.csv")


def test_a_training_that_runs_is_refused_a_second_time_and_when_terminated_recorded_as_killed(clone, client):
    words = ["train", "--model", "cnn", "--epochs", "400", "--seed", "6"]
    process = clone.start(*words)
    assert any(line.startswith("epoch   1") for line in process.stdout)
    assert "running already" in clone.genrelab(*words, rc=2)
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in output
    assert "Traceback" not in output
    assert latest(client, "train")[0].info.status == "KILLED"


@pytest.mark.long
def test_evaluate_takes_another_corpus_with_the_same_classes_and_no_other(clone, trained, client, tmp_path):
    # The sounds of `tiny` in other files: those that the model was trained on are known again.
    for path in (clone.root / "data/tiny/clips").rglob("*.flac"):
        copy = tmp_path / path.parent.name / f"copy of {path.stem}.wav"
        copy.parent.mkdir(exist_ok=True)
        soundfile.write(copy, *soundfile.read(path, dtype="int16"))
    music = {"kind": "folder", "source": str(tmp_path)}
    (tmp_path / "foreign.csv").write_text("clip,label\ndisco/copy of disco.00000.wav,jazz\n")
    clone.params(corpora__copies=music, corpora__foreign={**music, "manifest": str(tmp_path / "foreign.csv")})
    clone.run("dvc", "repro", "features@copies-mel", "features@foreign-mel")
    output = clone.genrelab("evaluate", "--model_uri", "models:/tiny-genre/1", "--dataset", "copies")
    assert "left out: 18 clips that the model was trained on" in output
    assert latest(client, "evaluate")[0].data.metrics["test_clips"] == 6
    clone.params(dataset="copies")  # the model's own corpus is scored all the same
    clone.genrelab("evaluate", "--model_uri", "models:/tiny-genre/1")
    assert latest(client, "evaluate")[0].data.tags["dataset"] == "tiny"
    output = clone.genrelab("evaluate", "--model_uri", "models:/tiny-genre/1", "--dataset", "foreign", rc=2)
    assert "jazz" in output
    output = clone.genrelab("evaluate", "--model_uri", "models:/nobody/1", rc=2)
    assert "nobody" in output
    clone.run("git", "checkout", "params.yaml")


def test_the_other_task_maps_labels_and_has_the_same_test_clips(clone, trained, client):
    clone.genrelab("train", "--model", "svm", "--task", "style")
    (run,) = latest(client, "train")
    table = pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv")))
    assert set(table.true) == {"Eclectic", "Pop"}
    other = client.get_run(client.get_model_version("tiny-genre", "1").run_id)
    genre = pd.read_csv(io.StringIO(artifact(client, other, "predictions.csv")))
    assert sorted(table["clip"]) == sorted(genre["clip"])


def test_main_builds_trains_scores_and_compares(clone, client):
    output = clone.run("mlflow", "run", ".", "--env-manager", "local", "-P", "seed=3")
    (parent,) = latest(client, "main")
    children = client.search_runs(["0"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert {child.data.tags["model"] for child in children} == {"cnn", "svm"}
    assert all(child.info.status == "FINISHED" for child in children)
    names = {item.path for item in client.list_artifacts(parent.info.run_id)}
    assert {"leaderboard.csv", "leaderboard.txt", "leaderboard.png", "pairs.csv", "per_class.png"} <= names
    assert (clone.root / "reports/tiny/compare-genre-random.html").read_text() == artifact(
        client, parent, "compare.html"
    )
    board = pd.read_csv(io.StringIO(artifact(client, parent, "leaderboard.csv")))
    assert {child.info.run_id[:8] for child in children} <= set(board.run)
    assert board.accuracy.is_monotonic_decreasing
    assert all(run in output for run in board.run)


@pytest.mark.long
def test_runs_on_other_test_clips_share_no_leaderboard(clone, client):
    clone.genrelab("train", "--model", "svm", "--splits.random.seed", "1")
    other = latest(client, "train")[0].info.run_id
    output = clone.genrelab("compare")
    assert re.search(rf"on different test clips: svm {other[:8]}", output)
    board = pd.read_csv(clone.root / "reports/tiny/leaderboard-genre-random.csv")
    assert other[:8] not in list(board.run)
    assert "on different test clips" in clone.genrelab("compare", "--runs", other, rc=2)
    output = clone.run(
        *("mlflow", "run", ".", "-e", "compare", "--env-manager", "local"),
        *("-P", f"runs={other[:12]}", "-P", "splits.random.seed=1"),
    )
    assert other[:8] in output
    assert len([line for line in output.splitlines() if line.startswith("svm")]) == 1


def test_adding_a_model_is_adding_one_file(clone, client):
    file = clone.root / "src/genrelab/models/nearest.py"
    file.write_text(
        '"""Nearest neighbours on mean spectra; after Tzanetakis & Cook 2002."""\n'
        "from sklearn.neighbors import KNeighborsClassifier\n"
        "from sklearn.pipeline import Pipeline\n"
        "from genrelab.models.svm import BandStatistics\n"
        'FEATURES = ("mel",)\n'
        "def build(hp, input_shape, n_classes):\n"
        '    k = hp.Int("neighbours", 1, 9, default=1)\n'
        '    return Pipeline([("statistics", BandStatistics()), ("knn", KNeighborsClassifier(k))])\n'
    )
    try:
        clone.genrelab("train", "--model", "nearest", "--hp.neighbours", "3")
        (run,) = latest(client, "train")
        assert run.data.params["hp.neighbours"] == "3"
        assert run.data.tags["git.dirty"] == "true"
        assert client.search_model_versions(f"run_id = '{run.info.run_id}'")[0].tags["model"] == "nearest"
    finally:
        file.unlink()


def test_adding_a_feature_is_adding_one_file(clone):
    file = clone.root / "src/genrelab/features/level.py"
    file.write_text(
        '"""Root mean square level of each tenth of a second in dB. Source: any textbook."""\n'
        "import numpy as np\n"
        "from genrelab.config import Section\n"
        "class Params(Section):\n"
        "    sample_rate: int = 8000\n"
        "def shape(params):\n"
        "    return (1, 50)\n"
        "def extract(samples, params):\n"
        "    frames = np.resize(samples, (1, 50, 800))\n"
        "    return (10 * np.log10((frames**2).mean(axis=2) + 1e-10)).astype(np.float32)\n"
    )
    try:
        clone.params(features__level={})
        clone.run("dvc", "repro", "features@tiny-level")
        assert (clone.root / "data/tiny/features/level.zarr").is_dir()
        output = clone.genrelab("train", "--model", "svm", "--feature", "level", rc=2)
        assert "takes the feature mel, not 'level'" in output
    finally:
        file.unlink()
        clone.run("git", "checkout", "params.yaml")


def test_cross_validation_pools_its_folds(clone, client):
    output = clone.genrelab("train", "--model", "svm", "--folds", "4")
    (parent,) = latest(client, "train")
    folds = children(client, parent)
    assert [run.data.tags["genrelab.kind"] for run in folds] == ["fold"] * 4
    table = pd.read_csv(io.StringIO(artifact(client, parent, "predictions.csv")))
    assert sorted(table["clip"]) == sorted(pd.read_csv(clone.root / "data/tiny/clips.csv").id)
    assert sorted(set(table.fold)) == [0, 1, 2, 3]
    assert (table.true == table.predicted).mean() == pytest.approx(parent.data.metrics["test_accuracy"])
    each = [run.data.metrics["test_accuracy"] for run in folds]
    assert parent.data.metrics["test_accuracy_mean"] == pytest.approx(np.mean(each))
    assert parent.data.metrics["test_accuracy_std"] == pytest.approx(np.std(each, ddof=1))
    assert parent.data.metrics["test_clips"] == 24
    assert "all folds, test: accuracy" in output
    assert not client.search_model_versions(f"run_id = '{parent.info.run_id}'")
    output = clone.genrelab("compare", "--split", "kfold", "--splits.kfold.folds", "4")
    assert parent.info.run_id[:8] in output
    assert not [run for run in folds if run.info.run_id[:8] in output]


def test_a_search_looks_at_the_first_of_several_folds_and_says_so(clone):
    words = ["--model", "svm", "--split", "kfold", "--splits.kfold.folds", "4", "--trials", "1"]
    assert "tune uses only the first of 4 folds" in clone.genrelab("tune", *words, "--refit", "false")


def test_promote_crowns_a_version_and_tells_the_history(clone, trained, client):
    output = clone.run(
        "mlflow", "run", ".", "-e", "promote", "-P", "name=tiny-genre", "-P", "version=1", "--env-manager", "local"
    )
    assert "promoted: version 1 of tiny-genre is champion: there was no champion" in output
    assert client.get_model_version_by_alias("tiny-genre", "champion").version == 1
    (run,) = latest(client, "promote")
    assert run.data.tags["decision"] == "promoted"
    printed = clone.genrelab("promote", "--name", "tiny-genre", "--history", "true")
    assert "there was no champion" in printed
    assert "give only one" in clone.genrelab("promote", "--name", "x", "--history", "true", "--rollback", "true", rc=2)
    clone.genrelab("evaluate", "--model_uri", "models:/tiny-genre@champion")


def test_classes_that_cannot_be_told_apart_are_refused_before_training(clone):
    output = clone.genrelab(
        "train", "--model", "svm", "--tasks.one.All", "[disco,metal,classical]", "--task", "one", rc=2
    )
    assert "only the class 'All'" in output
    words = ["--tasks.odd.true", "[disco]", "--tasks.odd.fold", "[metal,classical]", "--task", "odd"]
    assert "named fold, true" in clone.genrelab("train", "--model", "svm", *words, rc=2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["train", "--model", "crn"], "did you mean 'crnn'"),
        (["train", "--model", "cnn", "--epochs", "0"], "training.epochs"),
        (["train", "--model", "cnn", "--hp.conv1.units", "33"], "hp.conv1.units"),
        (["train", "--model", "cnn", "--hp.conv9.units", "32"], "hp.conv9.units"),
        (["train", "--model", "cnn", "--tasks.style.Pop", "[disco]", "--task", "style"], "metal"),
        (["train", "--model", "zhang_cnn"], "params.yaml has no feature 'stft'"),
        (["trian"], "trian"),
        (["evaluate", "--model_uri", "no/such/model"], "no/such/model"),
        (["compare", "--task", "style", "--split", "rndom"], "rndom"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_2(clone, words, named):
    output = clone.genrelab(*words, rc=2)
    assert named in output
    assert len(output.strip().splitlines()) == 1
    assert output.startswith("genrelab: error: ")


def test_the_ui_answers_where_it_says_and_shows_no_killed_run_as_running(clone, trained, client):
    tags = {"mlflow.project.entryPoint": "train", "mlflow.source.name": str(clone.root)}
    killed = client.create_run("0", start_time=1, tags=tags).info.run_id
    process = clone.start("ui", "--port", free_port())
    try:
        line = next(line for line in process.stdout if line.startswith("runs:"))
        address = line.split()[1].split("/#/")[0]
        assert requests.get(f"{address}/health", timeout=10).ok
        assert client.get_run(killed).info.status == "KILLED"
        query = f"{address}/api/2.0/mlflow/registered-models/get?name=tiny-genre"
        assert requests.get(query, timeout=10).json()["registered_model"]["latest_versions"]
        assert "is already in use" in clone.genrelab("ui", "--port", address.rpartition(":")[2], rc=2)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


def test_the_registered_model_is_served(clone, trained, tmp_path):
    clip, lines = next((clone.root / "data/tiny/clips").rglob("*.flac")), tmp_path / "genres.jsonl"
    clone.genrelab("predict", "--model_uri", "models:/tiny-genre/1", "--audio", str(clip), "--output", str(lines))
    predicted, sound = json.loads(lines.read_text()), clip.read_bytes()
    env = {**clone.env, "MLFLOW_TRACKING_URI": f"sqlite:///{clone.root / 'mlflow.db'}"}
    env.pop("PYTHONPATH")
    with served("models:/tiny-genre/1", tmp_path, env) as address:
        body = {"dataframe_records": [{"audio": base64.b64encode(sound).decode()}], "params": {"top_k": 1}}
        answer = requests.post(address, json=body, timeout=60)
        assert answer.ok, answer.text
        (found,) = answer.json()["predictions"]
        assert found["top"] == [found["label"]]
        assert found["probability"] == pytest.approx(predicted["probability"], abs=1e-6)
        assert {name: found[name] for name in predicted["probabilities"]} == pytest.approx(
            predicted["probabilities"], abs=1e-6
        )
        hours = io.BytesIO()
        soundfile.write(hours, np.zeros(3 * 3600 * 8000, np.int16), 8000, format="FLAC")
        for hostile, named in ((b"", "is empty"), (b"no sound", "be decoded"), (hours.getvalue(), "180.0 minutes")):
            rows = [*body["dataframe_records"], {"audio": base64.b64encode(hostile).decode()}]
            answer = requests.post(address, json={"dataframe_records": rows}, timeout=60)
            assert answer.status_code == 400
            assert "row 1 cannot be used" in answer.text
            assert named in answer.text
        for wrong in ({"top_k": 0}, {"top_k": 4}, {"top_k": "three"}):
            answer = requests.post(address, json={**body, "params": wrong}, timeout=60)
            assert answer.status_code == 400
            assert "top_k" in answer.text
        many = {"dataframe_records": body["dataframe_records"] * 33}
        for shape in (many, {"dataframe_records": [{"sound": "x"}]}, {"dataframe_records": [{"audio": 5}]}, [1]):
            assert requests.post(address, json=shape, timeout=60).status_code == 400
        for samples in (np.zeros(22050), np.full(22050, np.nan), np.zeros(1)):
            sound = io.BytesIO()
            soundfile.write(sound, samples, 22050, format="WAV", subtype="FLOAT")
            body["dataframe_records"][0]["audio"] = base64.b64encode(sound.getvalue()).decode()
            answer = requests.post(address, json=body, timeout=60)
            assert answer.status_code == 400
            assert "row 0 cannot be used" in json.dumps(answer.json())
        assert requests.get(address.replace("invocations", "health"), timeout=5).ok


def test_the_lockbox_opens_once(clone, trained, client):
    closed = ["--lockbox", "0.3"]
    clone.genrelab("train", *closed, "--model", "svm")
    (learnt,) = latest(client, "train")
    (version,) = client.search_model_versions(f"run_id = '{learnt.info.run_id}'")
    uri = f"models:/tiny-genre/{version.version}"
    settings = config.load(clone.root / "params.yaml", {"lockbox": 0.3})
    scored = part_to_score(settings, uri, "tiny", LOCKBOX)
    part = scored.test_part
    elsewhere = client.create_run(learnt.info.experiment_id, tags={**part.tags, "ledger": "scored"}).info.run_id
    output = clone.genrelab("evaluate", *closed, "--part", "lockbox", rc=2)
    assert f"the lockbox of 'tiny' is being opened in run {elsewhere}, perhaps on another machine" in output
    client.delete_run(elsewhere)
    clone.genrelab("evaluate", *closed, "--part", "lockbox")
    (opened,) = latest(client, "evaluate")
    assert opened.data.tags["ledger"] == "scored"
    clips = pd.read_csv(clone.root / "data/tiny/clips.csv").set_index("id")
    held, tested = (
        set(clips.loc[pd.read_csv(io.StringIO(artifact(client, run, "predictions.csv")))["clip"], "artist"])
        for run in (opened, learnt)
    )
    assert held
    assert not held & tested
    output = clone.genrelab("evaluate", *closed, "--part", "lockbox", rc=2)
    assert f"by {uri}, in run {opened.info.run_id}; it opens only once" in output
    assert latest(client, "evaluate")[0].info.run_id == opened.info.run_id
    with pytest.raises(DataError, match="it opens only once"):  # looked before another machine opened it, begins after
        evaluate._score(scored, uri, LOCKBOX)
    output = clone.genrelab("evaluate", *closed, "--model_uri", "models:/tiny-genre/1", "--part", "lockbox", rc=2)
    assert "the model was trained with lockbox = 0, params.yaml has 0.3: it may have learnt from clips" in output
