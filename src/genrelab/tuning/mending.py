"""Restore trials of a search from their runs after a crash or a full disk has damaged their files.

A trial's file holds its hyperparameters and its figures; its run holds both too, to the last digit.
"""

import json
from pathlib import Path
from typing import Any

from genrelab.console import say
from genrelab.errors import ConfigError
from genrelab.layers.keras_backend import keras_tuner
from genrelab.state import damage, files
from genrelab.tracking import runs, trials

VALUES = "trial.json"  # artifact of a trial's run: the oracle's choices, by name
STATUS = keras_tuner.engine.trial.TrialStatus


def log_values(trial: Any) -> None:
    """Log the oracle's choices for a trial to the active run."""
    runs.log_text(json.dumps(trial.hyperparameters.values), VALUES)


def mend(oracle: Any, search: str) -> None:
    """Write the damaged trial files of an oracle again from the trials' runs, before the oracle is reloaded.

    A trial that had not ended runs again. `search` is the tag of the search's runs. Files of trials without a run
    stay as they are, as does the oracle's own file: reloading names them.
    """
    file = Path(oracle._get_oracle_fname())
    if not damage.is_whole(file):
        return
    state = json.loads(file.read_text(encoding="utf-8"))
    paths = {number: file.parent / f"trial_{number}" / "trial.json" for number in state["start_order"]}
    damaged = {number: path for number, path in paths.items() if not damage.is_whole(path)}
    known = trials.trial_runs(search) if damaged else {}
    for trial_id, path in damaged.items():
        run = known.get(int(trial_id) + 1)
        if run is None:
            continue
        try:
            values = json.loads(runs.read_text(run.info.run_id, VALUES))
        except ConfigError:  # an older run without them, or one killed before it logged them
            continue
        status = STATUS.RUNNING
        if trial_id in state["end_order"]:
            status = STATUS.COMPLETED if run.info.status == "FINISHED" else STATUS.FAILED
        trial = keras_tuner.engine.trial.Trial(oracle.hyperparameters.copy(), trial_id, status)
        trial.hyperparameters.values = values
        if status == STATUS.COMPLETED:
            oracle.trials[trial_id] = trial
            oracle.update_trial(
                trial_id, {name: run.data.metrics[name] for name in {"valid_loss", oracle.objective.name}}
            )
            oracle.score_trial(trial)
        path.parent.mkdir(exist_ok=True)
        files.write_json(path, trial.get_state())
        say(f"{path} was damaged and has been restored from its run")
