"""replicate: the thesis's experiments, gone on with after a kill, and its tables beside ours."""

import io
import time

import pandas as pd
import pytest
from examples import run_example
from tracking_store import artifact, children, latest

import genrelab as gl

pytestmark = pytest.mark.end_to_end


@pytest.mark.long
def test_a_killed_replication_goes_on_after_its_last_experiment(in_clone, client):
    clone = in_clone
    words = ["replicate", "--fast", "true", "--trials", "1"]
    process = clone.start(*words)
    deadline = time.monotonic() + 300
    for line in process.stdout:
        if line.startswith("experiment 2 of 10") or time.monotonic() > deadline:
            break
    process.kill()
    process.wait()
    (killed,) = latest(client, "replicate")
    output = run_example(gl.replicate)  # from Python, with the same settings
    assert output.count(": already done") == 1
    for number in range(1, 6):
        assert f"Table {number}:" in output
    assert "What differs from the thesis's protocol" in output
    (parent,) = latest(client, "replicate")
    assert client.get_run(killed.info.run_id).info.status == "KILLED"
    assert not client.search_runs(["0"], "attributes.status = 'RUNNING'")
    below = [run for run in children(client, parent) if run.info.status == "FINISHED"]
    assert sorted(run.data.tags["genrelab.kind"] for run in below) == ["train"] * 4 + ["tune"] * 6
    table = pd.read_csv(io.StringIO(artifact(client, parent, "replication.csv")))
    assert list(table.table) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert table.thesis_accuracy[0] == 41
    for row in table.itertuples():
        run = client.get_run(row.run)
        assert row.accuracy == pytest.approx(100 * run.data.metrics["test_accuracy"], abs=0.06)
        assert run.data.tags["model"] == row.model
        assert run.data.params["training.epochs"] == "1"
    names = {item.path for item in client.list_artifacts(parent.info.run_id)}
    assert {"replication.md", "replication.png", "confusion_1_cnn.png", "confusion_5_crnn.png"} <= names
    assert (clone.root / "reports/tiny/replication.md").read_text() == artifact(client, parent, "replication.md")


def test_wrong_options_are_one_line(clone):
    assert "fast must be true or false" in clone.genrelab("replicate", "--fast", "maybe", rc=2)
    output = clone.genrelab("replicate", "--hp.dense.units", "32", rc=2)
    assert "leave out hp.dense.units" in output
