"""The test ledger: how often a test part has been scored, and how many decisions were made on its figures.

The more often a part is looked at, the better its best figure looks. Each use of a part is a tag (`ledger`) on the run
that made it, together with the tags that identify the part. So the ledger is in the tracking store, common to all
processes and machines that share the store. Deleted runs count until `mlflow gc` removes them for good.
"""

from collections.abc import Mapping
from typing import NamedTuple

import mlflow
from mlflow.entities import Run, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from genrelab.tracking import runs, store

USE = "ledger"  # tag: what a run did with the part
SCORED, COMPARED, DECIDED = "scored", "compared", "decided"


class Part(NamedTuple):
    """A test part: the version of its corpus, the task, the split, and a digest of its clips with their classes."""

    table: str
    task: str
    split: str
    test: str

    @property
    def tags(self) -> dict[str, str]:
        """The tags that identify the part on runs that used it."""
        return dict(zip(("data.table", "task", "split", "data.test"), self, strict=True))


class Ledger(NamedTuple):
    """How often a part was scored, how many comparisons were made on it, and how many decisions on a champion."""

    scored: int
    compared: int
    decided: int

    @property
    def words(self) -> str:
        """The ledger as a phrase."""
        times = f"test part scored {_counted(self.scored, 'time', 'times')} before"
        made = []
        if self.compared:
            made.append(_counted(self.compared, "comparison", "comparisons"))
        if self.decided:
            made.append(_counted(self.decided, "decision on a champion", "decisions on a champion"))
        return f"{times}, with {' and '.join(made)} made on it" if made else times


def part_of(tags: Mapping[str, str]) -> Part:
    """Return the test part that a run with these tags was scored on."""
    return Part(*(tags.get(name, "") for name in ("data.table", "task", "split", "data.test")))


def record(use: str, part: Part) -> Ledger:
    """Record the active run's use of a part (SCORED, COMPARED or DECIDED); return the ledger from before it.

    Call it before the figures are shown: if a kill comes after that, the part was still looked at.
    """
    before = note(part)
    runs.set_tags({**part.tags, USE: use})
    return before


def note(part: Part) -> Ledger:
    """Tag the active run with the previous uses of a part, without recording a use; return the ledger."""
    before = look_up(part)
    runs.set_tags({runs.LEDGER: before.words})
    return before


def scoring(part: Part) -> Run | None:
    """Return the first run that scored a part and has its figures, deleted or not; None if there is none."""
    if not mlflow.active_run():
        store.connect()
    found = [run for run in _with_tags(part) if _use(run) == SCORED and runs.has_test_figures(run)]
    return min(found, key=lambda run: run.info.start_time, default=None)


def being_scored(part: Part) -> Run | None:
    """Return a run other than the active one that is scoring a part now, on any machine; None if there is none.

    Call it after `record`: if two machines start at the same moment, at least one then sees the other.
    """
    active = mlflow.active_run()
    for run in _with_tags(part):
        running = run.info.status == "RUNNING" and run.info.lifecycle_stage == "active"
        if running and _use(run) == SCORED and run.info.run_id != active.info.run_id:
            return run
    return None


def look_up(part: Part) -> Ledger:
    """Return the previous uses of a part, excluding the active run and the runs that it resumes.

    The folds of a cross-validation count as one use, and so do a killed run and the run that resumed it.
    """
    active = mlflow.active_run()
    if not active:
        store.connect()
    found: dict[str, Run | None] = {run.info.run_id: run for run in _with_tags(part)}
    own = _work(active.info.run_id, found) if active else ""
    works: dict[str, set[str]] = {SCORED: set(), COMPARED: set(), DECIDED: set()}
    for run_id, run in [*found.items()]:
        if run and (use := _use(run)):
            works[use].add(_work(run_id, found))
    return Ledger(*(len(works[use] - {own}) for use in (SCORED, COMPARED, DECIDED)))


def _use(run: Run) -> str:
    """Return a run's use of its part; a training from before the ledger existed counts if it has test figures."""
    scored = run.data.tags.get(runs.KIND) == "train" and runs.has_test_figures(run)
    return run.data.tags.get(USE, SCORED if scored else "")


def _work(run_id: str, known: dict[str, Run | None]) -> str:
    """Return the run that represents a piece of work: for a fold, that of all folds; for a resumed run, the last."""
    seen = set()
    while run_id not in seen:
        seen.add(run_id)
        if run_id not in known:
            known[run_id] = _get(run_id)
        run = known[run_id]
        if run is None:
            return run_id
        tags = run.data.tags
        # A fold's training is below the run of all folds; in a nested search, its search is in between.
        above = tags.get(MLFLOW_PARENT_RUN_ID, "") if tags.get(runs.KIND) in ("fold", "tune") else ""
        run_id = above or tags.get("resumed_by", run_id)
    return run_id


def _get(run_id: str) -> Run | None:
    """Return a run, deleted or not; None if it is gone for good."""
    try:
        return mlflow.MlflowClient().get_run(run_id)
    except MlflowException:
        return None


def _with_tags(part: Part) -> list[Run]:
    condition = " and ".join(f"tags.`{name}` = '{value}'" for name, value in part.tags.items())
    experiments = mlflow.search_experiments(view_type=ViewType.ALL)
    found: list[Run] = mlflow.search_runs(
        [experiment.experiment_id for experiment in experiments],
        filter_string=condition,
        run_view_type=ViewType.ALL,
        output_format="list",
    )
    return found


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
