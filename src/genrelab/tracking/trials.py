"""The runs of a search's trials: find them, put them below the search's run, close abandoned ones."""

import mlflow
from mlflow.entities import Run

from genrelab.tracking import runs, store
from genrelab.tracking.runs import KIND


def trial_run(search: str, number: int) -> str:
    """Return the id of the run in which this trial of a search started but did not end, or ""."""
    unfinished = "attributes.status != 'FINISHED' and attributes.status != 'FAILED'"
    found = _trials(search, f"and tags.trial = '{number}' and {unfinished}")
    return found[0].info.run_id if found else ""


def trial_runs(search: str) -> dict[int, Run]:
    """Return the runs of a search's trials by number."""
    return {int(run.data.tags["trial"]): run for run in reversed(_trials(search))}


def set_parent(search: str, parent: str) -> None:
    """Make the other runs of a search, running or done, children of the run `parent`."""
    for run in runs.find(f"tags.search = '{search}' and tags.`{KIND}` != 'tune'"):
        runs.set_parent(run.info.run_id, parent)


def chief_run(search: str) -> str:
    """Return the id of the chief's run that holds this search now, or ""."""
    store.connect()
    found = runs.find(f"tags.search = '{search}' and tags.`{KIND}` = 'tune' and attributes.status = 'RUNNING'")
    return found[0].info.run_id if found else ""


def close_abandoned(**tags: str) -> None:
    """Close the open runs with these tags: nobody works on them any more."""
    condition = " and ".join(f"tags.{name} = '{value}'" for name, value in tags.items())
    for run in runs.find(f"{condition} and tags.`{KIND}` != 'tune' and attributes.status = 'RUNNING'"):
        mlflow.MlflowClient().set_terminated(run.info.run_id, "KILLED")


def _trials(search: str, condition: str = "") -> list[Run]:
    return runs.find(f"tags.search = '{search}' and tags.`{KIND}` = 'trial' {condition}")
