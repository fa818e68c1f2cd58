"""Record on disk which parts of a larger job are done, so that the same command resumes after them."""

from pathlib import Path
from typing import Any

from genrelab.state import damage, files
from genrelab.tracking import runs
from genrelab.training.trainer import TrainingResult


class CompletedTrainings:
    """The finished trainings by name, each with its top run: its own, or that of the search it came from."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Any] = damage.read_json_or({}, path)

    def get(self, name: str, parent: str) -> TrainingResult | None:
        """Return the training and move its top run below `parent`; None if it is not done, or its run is gone."""
        entry = self.entries.get(name)
        if not entry or not runs.run_exists(entry["trained"]["run_id"]):
            return None
        runs.set_parent(entry["top"], parent)
        return TrainingResult(*entry["trained"].values())

    def put(self, name: str, top: str, trained: TrainingResult) -> None:
        """Record that the training is done."""
        self.entries[name] = {"top": top, "trained": trained._asdict()}
        files.write_json(self.path, self.entries, indent=1)

    def forget(self) -> None:
        """Start from scratch next time: the job is complete and recorded."""
        self.path.unlink(missing_ok=True)
