"""The ledger of test: what counts, what counts once, and who sees it."""

import os
from pathlib import Path

import mlflow
import preloaded
import pytest

from genrelab import config
from genrelab.tracking import ledger, runs
from genrelab.tracking.ledger import COMPARED, DECIDED, SCORED, Ledger, Part

PARAMS = Path("params.yaml").resolve()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The folder of a store of this file's own, which is the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder := tmp_path_factory.mktemp("ledger"))
        for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
            patch.delenv(name)
        yield folder
        mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def settings(store):
    return config.load(PARAMS)


@pytest.fixture
def part(request):
    """A test part that no other test uses."""
    return Part(request.node.name, "genre", "random", "digest")


def use(settings, part, what=SCORED, kind="train", tags=None, **how):
    """A run that uses a test part; return its id and what stood in the ledger before."""
    with runs.run("run", kind, settings, tags or {}, **how) as run_id:
        return run_id, ledger.record(what, part)


def test_every_use_of_a_part_is_counted_by_what_it_was(settings, part):
    assert ledger.look_up(part) == Ledger(0, 0, 0)
    for what, before in ((SCORED, (0, 0, 0)), (SCORED, (1, 0, 0)), (COMPARED, (2, 0, 0)), (DECIDED, (2, 1, 0))):
        run_id, found = use(settings, part, what)
        assert found == before
        assert mlflow.get_run(run_id).data.tags["ledger.before"] == found.words
    assert ledger.look_up(part) == (2, 1, 1)
    for name in Part._fields:
        assert ledger.look_up(part._replace(**{name: "another"})) == (0, 0, 0)


def test_of_two_that_score_a_part_at_once_each_sees_the_other_until_it_has_ended(settings, part):
    client = mlflow.MlflowClient()
    ended, _ = use(settings, part)
    with runs.run("here", "evaluate", settings, {}):
        ledger.record(SCORED, part)
        assert ledger.being_scored(part) is None
        elsewhere = client.create_run(mlflow.get_run(ended).info.experiment_id, tags={**part.tags, ledger.USE: SCORED})
        assert ledger.being_scored(part).info.run_id == elsewhere.info.run_id
        assert ledger.being_scored(part._replace(task="style")) is None
        client.delete_run(elsewhere.info.run_id)  # what is to be done with one whose machine has died
        assert ledger.being_scored(part) is None


def test_a_deleted_run_has_been_looked_at_all_the_same(settings, part):
    run_id, _ = use(settings, part)
    mlflow.MlflowClient().delete_run(run_id)
    assert ledger.look_up(part).scored == 1
    experiment = mlflow.get_run(use(settings, part)[0]).info.experiment_id
    if experiment != "0":  # which cannot be deleted
        mlflow.delete_experiment(experiment)
    assert ledger.look_up(part).scored == 2


def test_a_run_that_was_resumed_counts_once_with_those_before_it(settings, part, tmp_path):
    for scored in (True, False, True):  # the second was killed before it had scored anything
        with runs.run("training", "train", settings, {}) as run_id:
            runs.supersede_run(tmp_path, run_id)
            if scored:
                assert ledger.record(SCORED, part) == (0, 0, 0)
    assert ledger.look_up(part) == (1, 0, 0)


def test_folds_count_once_together_and_seeds_one_by_one(settings, part):
    with runs.run("folds", "train", settings, {}):
        for fold in range(3):
            assert use(settings, part, kind="fold", nested=True)[1] == (0, 0, 0)
            assert ledger.look_up(part) == (0, 0, 0), fold
        ledger.record(SCORED, part)
    assert ledger.look_up(part) == (1, 0, 0)
    with runs.run("seeds", "seeds", settings, part.tags):
        for _ in range(2):
            use(settings, part, nested=True)
        assert ledger.note(part) == (3, 0, 0)
    assert ledger.look_up(part) == (3, 0, 0)


def test_folds_of_a_cross_validation_that_was_killed_and_resumed_count_once(settings, part, tmp_path):
    with runs.run("folds", "train", settings, {}) as first:
        runs.supersede_run(tmp_path, first)
        use(settings, part, kind="fold", nested=True)
    assert ledger.look_up(part) == (1, 0, 0)  # its fold was looked at
    with runs.run("folds", "train", settings, {}) as second:
        runs.supersede_run(tmp_path, second)
        assert use(settings, part, kind="fold", nested=True)[1] == (0, 0, 0)
        ledger.record(SCORED, part)
    assert ledger.look_up(part) == (1, 0, 0)


def test_trainings_of_before_there_was_a_ledger_count(settings, part):
    with runs.run("training", "train", settings, part.tags):
        runs.log_metrics({"test_accuracy": 0.5})
    with runs.run("training", "train", settings, part.tags):
        runs.log_metrics({"valid_accuracy": 0.5})  # it never came to test
    with runs.run("search", "tune", settings, part.tags):
        runs.log_metrics({"test_accuracy": 0.5})  # its winner's, which has a run of its own
    assert ledger.look_up(part) == (1, 0, 0)


def test_the_first_scoring_is_the_earliest_that_came_to_figures(settings, part):
    assert ledger.scoring(part) is None
    use(settings, part)  # killed before it had any
    assert ledger.scoring(part) is None
    found = []
    for _ in range(2):
        with runs.run("opening", "evaluate", settings, {}) as run_id:
            ledger.record(SCORED, part)
            runs.log_metrics({"test_accuracy": 0.5})
        found.append(run_id)
        mlflow.MlflowClient().delete_run(run_id)
    assert ledger.scoring(part).info.run_id == found[0]


def test_another_process_in_another_folder_writes_into_the_same_ledger(settings, part, store):
    code = (
        "from genrelab import config; from genrelab.tracking import ledger, runs\n"
        f"with runs.run('run', 'train', config.load({str(PARAMS)!r}), {{}}):\n"
        f"    print(*ledger.record('scored', ledger.Part(*{tuple(part)!r})))\n"
    )
    env = {**os.environ, "PYTHONPATH": str(PARAMS.parent / "src"), "MLFLOW_TRACKING_URI": mlflow.get_tracking_uri()}
    use(settings, part)
    (elsewhere := store / "elsewhere").mkdir()
    assert preloaded.genrelab(["-c", code], elsewhere, env, elsewhere, seconds=120) == 0
    assert (elsewhere / "out").read_text().split() == ["1", "0", "0"]
    assert ledger.look_up(part) == (2, 0, 0)


def test_it_is_said_in_words_and_in_the_description(settings, part):
    assert Ledger(0, 0, 0).words == "test part scored 0 times before"
    assert Ledger(1, 0, 1).words == "test part scored 1 time before, with 1 decision on a champion made on it"
    words = "test part scored 12 times before, with 2 comparisons and 3 decisions on a champion made on it"
    assert Ledger(12, 2, 3).words == words
    use(settings, part)
    with runs.run("run", "train", settings, {}) as run_id:
        ledger.record(SCORED, part)
        runs.describe("half right")
    assert "; test part scored 1 time before." in mlflow.get_run(run_id).data.tags["mlflow.note.content"]
