"""A Dask scheduler and two workers on this machine: what comes of them is what comes of one process."""

import functools
import operator
import os
import time

import numpy as np
import pytest
from dask_cluster import running
from sounds import noises
from threadpoolctl import threadpool_limits
from tracking_store import children, latest

from genrelab import parallel
from genrelab.config import Checks
from genrelab.data import feature_store
from genrelab.data.ingest import Candidate, ingest
from genrelab.errors import GenreLabError
from genrelab.features import mel
from genrelab.features._base import Feature
from genrelab.inference import predict
from genrelab.inference.frontend import AudioFrontend
from genrelab.parallel import Job, calls
from genrelab.parallel.calls import Call
from genrelab.parallel.cluster import NotHere, here_instead
from genrelab.quality import corpus_statistics

pytestmark = pytest.mark.end_to_end

PARAMS = mel.Params(n_mels=16, frames=40, n_fft=512, f_max=8000)
CHECKS = Checks(min_seconds=0.5, silence_db=-60, max_minutes=20)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    return noises(tmp_path_factory.mktemp("clips"), 9 * feature_store.SHARD + 3, 1.0)


@pytest.fixture(scope="module")
def features(tmp_path_factory, clips):
    return written(tmp_path_factory.mktemp("here"), clips, 1)


def written(folder, clips, workers):
    target = folder / "mel.zarr"
    feature_store.write(target, clips, "mel", PARAMS, partial=folder / "partial", workers=workers)
    return contents(target)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def job(function, *arguments, reads=()):
    return Job(functools.partial(function, *arguments), functools.partial(operator.add, 1), reads)


def test_features_are_the_same_to_the_byte_and_progress_is_told(tmp_path, clips, features, cluster, capsys):
    assert written(tmp_path, clips, cluster.address) == features
    assert f"{len(clips)}/{len(clips)}" in capsys.readouterr().err


def test_so_are_a_corpus_and_its_survey(tmp_path, clips, cluster):
    found = []
    (tmp_path / "broken.wav").write_text("no sound")
    candidates = [Candidate(sound.clip, sound.path, "noise", "") for sound in clips[:8]]
    candidates += [Candidate(name, tmp_path / name, "noise", "") for name in ("broken.wav", "gone.wav")]
    for workers in (1, cluster.address):
        root = tmp_path / str(len(found))
        with threadpool_limits(1):  # as in processes, which more threads would differ from in last digits
            ingest(candidates, root, workspace=root / ".partial", checks=CHECKS, workers=workers)
            corpus_statistics.write(root / "survey", clips[:8], partial=root / "partial", workers=workers)
        found.append(contents(root))
    assert found[0] == found[1]
    assert {"clips.csv", "clips/noise/clip000.wav", "survey/sounds.csv", "survey/prints.npz"} <= set(found[0])


def test_so_is_what_a_model_hears_of_files_in_their_order(clips, cluster):
    frontend = AudioFrontend(Feature({"mel": PARAMS}), CHECKS, 0.9)
    paths = [sound.path for sound in clips[:40]]
    here, there = (list(predict._decoded(frontend, paths, workers)) for workers in (1, cluster.address))
    for one, other in zip(here, there, strict=True):
        assert one[:2] == other[:2]
        np.testing.assert_array_equal(one.features, other.features)


def test_what_a_job_raises_is_raised_here(cluster):
    with pytest.raises(ValueError, match="invalid literal"):
        list(parallel.run([job(int, "x")], cluster.address))


def test_a_file_that_is_here_and_not_there_is_not_taken_for_a_broken_one(tmp_path, cluster):
    nowhere = job(operator.mul, 2, 3, reads=[tmp_path / "gone.wav"])
    assert list(parallel.run([nowhere], cluster.address)) == [7]  # done here, which finds out what is wrong
    unshared = NotHere(tmp_path, "elsewhere")
    with pytest.raises(GenreLabError, match=f"the worker on elsewhere cannot see {tmp_path}, which exists here; share"):
        here_instead(nowhere, unshared)


def test_long_calls_have_processes_of_their_own(cluster):
    asked = [Call(pow, (2, 5)), Call(os._exit, (9,)), Call(print, ("heard",)), Call(time.sleep, (60,), limit=0.5)]
    found = dict(calls.run(asked, cluster.address))
    assert found[0].found == 32
    assert "exit code 9" in found[1].failure
    assert found[2].printed.strip() == "heard"
    assert "longer than its budget" in found[3].failure


def test_calls_end_with_who_has_asked_for_them(tmp_path, cluster):
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), calls.Crew(cluster.address, Call(time.sleep, (60,))) as crew:
        crew.staff()
        time.sleep(1)
        raise KeyboardInterrupt
    assert list(parallel.run([job(pow, 2, n) for n in range(4)], cluster.address, ordered=True)) == [2, 3, 5, 9]
    assert time.monotonic() - begun < 30


def test_a_worker_that_dies_costs_its_shards_which_are_done_again(tmp_path, clips, features, cluster, monkeypatch):
    write_shard, kept = feature_store.write_shard, []

    def after_the_first_one_dies(*arguments):
        if not kept:
            cluster.workers[0].kill()
            cluster.workers[0].wait()
        kept.append(arguments[0])
        return write_shard(*arguments)

    monkeypatch.setattr(feature_store, "write_shard", after_the_first_one_dies)
    assert written(tmp_path, clips, cluster.address) == features
    assert sorted(kept) == list(range(0, len(clips), feature_store.SHARD))


@pytest.mark.long
def test_one_command_searches_on_the_workers_that_are_left(clone, client, cluster):
    output = clone.genrelab("tune", "--model", "svm", "--trials", "2", "--workers", cluster.address)
    assert f"the workers of the Dask cluster at {cluster.address} run the trials" in output
    (parent,) = latest(client, "tune")
    found = [run for run in children(client, parent) if run.data.tags["genrelab.kind"] == "trial"]
    assert sorted(run.data.tags["trial"] for run in found) == ["1", "2"]
    (worker,) = latest(client, "worker", 2)
    assert {run.info.status for run in (parent, worker, *found)} == {"FINISHED"}


def test_a_scheduler_that_is_gone_is_a_line_and_the_rest_is_done_later(tmp_path, clips, features, cluster, monkeypatch):
    write_shard = feature_store.write_shard

    def scheduler_dies(*arguments):
        cluster.scheduler.kill()
        return write_shard(*arguments)

    with monkeypatch.context() as patch, pytest.raises(GenreLabError, match="is gone; start it again, and the same"):
        patch.setattr(feature_store, "write_shard", scheduler_dies)
        written(tmp_path, clips, cluster.address)
    assert [*(tmp_path / "partial/done").iterdir()]
    assert written(tmp_path, clips, 1) == features
