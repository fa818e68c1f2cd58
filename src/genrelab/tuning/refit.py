"""The winner of a search: trained with the best hyperparameters, scored on test, registered."""

from collections.abc import Mapping
from pathlib import Path

from genrelab.console import say
from genrelab.state import damage, files
from genrelab.tracking import runs
from genrelab.training import reports, trainer
from genrelab.training.experiment_data import TrainingData
from genrelab.training.trainer import TrainingResult
from genrelab.tuning.report import BestTrial


def refit(
    data: TrainingData,
    best: BestTrial,
    folder: Path,
    origin: Mapping[str, str],
    fold: int | None,
    fitted: Path | None,
) -> TrainingResult:
    """Train the winner, score it on test and register it; only once, however often the search is resumed.

    Parameters:
        data: what was searched on.
        best: the search's best trial.
        folder: the search's state folder, which records the winner's training.
        origin: tags that name the search it comes from.
        fold: in a nested cross-validation, the fold of `data` that was searched; its winner is not registered.
            None: the search was on the only fold.
        fitted: the final state of the trial's own fit, if a training would give the same result; it is reused.
            None: the winner is trained again.

    Returns:
        The winner's run, its version ("" if none), and its test metrics.
    """
    record = folder / ("winner.json" if fold is None else "winner-of-fold.json")
    known = damage.read_json_or({}, record)
    if known.get("hp") == best.hp and runs.run_exists(known["trained"]["run_id"]):
        trained = TrainingResult(*known["trained"].values())
        if trained.version:
            say(f"already registered: models:/{data.config.dataset}-{data.config.task}/{trained.version}")
    else:
        say(f"the winner is trial {best.trial}: {'already trained' if fitted else 'training it again'}")
        trained = trainer.train(
            data.derive({"hp": best.hp}),
            nested=True,
            kind="tune",
            origin={**origin, "trial": str(best.trial)},
            name=f"winner: trial {best.trial}",
            fold=fold,
            fitted=fitted,
        )
        files.write_json(record, {"hp": best.hp, "trained": trained._asdict()})
    runs.set_tags({"winner_run": trained.run_id, "winner_version": trained.version})
    runs.log_metrics(trained.metrics)
    runs.set_tags(reports.interval_tag(trained.metrics))
    return trained
