"""A zoo and a search on two cards: two processes at once. There need be no card: then they compute on the CPU."""

import pytest
from tracking_store import latest

pytestmark = [pytest.mark.end_to_end, pytest.mark.long]
CARDS = {"CUDA_VISIBLE_DEVICES": "0,1"}


def printed_by(clone, *words):
    process = clone.start(*words, **CARDS)
    printed, _ = process.communicate(timeout=400)
    assert process.returncode == 0, printed
    return printed


def test_a_zoo_trains_its_models_on_both(clone, client):
    printed = printed_by(clone, "zoo", "--models", "svm,shakya_svm")
    assert printed.count("for a card") == 2
    assert len(latest(client, "train", 2)) == 2


def test_a_search_has_a_worker_on_each(clone, client):
    printed = printed_by(clone, "tune", "--model", "svm", "--trials", "3", "--refit", "false")
    assert "the workers on 2 cards run the trials" in printed
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    workers = client.search_runs(experiments, "tags.`genrelab.kind` = 'worker'")
    assert [run.info.status for run in workers] == ["FINISHED"] * 2
    trials = client.search_runs(experiments, "tags.`genrelab.kind` = 'trial'")
    assert [run.info.status for run in trials] == ["FINISHED"] * 3
