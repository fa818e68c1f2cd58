"""Which parts of a larger work are done, on disk, so that the same command resumes after them."""

from pathlib import Path
from typing import Any

from genrelab.state import damage, files
from genrelab.tracking import runs
from genrelab.training.trainer import TrainingResult


class CompletedTrainings:
    """The trainings that are done, by name; each with its run on top, itself or the search that it came of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Any] = damage.read_json_or({}, path)

    def get(self, name: str, parent: str) -> TrainingResult | None:
        """Return the training, its run put below `parent`; None if it is not done, or its run is gone."""
        entry = self.entries.get(name)
        if not entry or not runs.run_exists(entry["trained"]["run_id"]):
            return None
        runs.set_parent(entry["top"], parent)
        return TrainingResult(*entry["trained"].values())

    def put(self, name: str, top: str, trained: TrainingResult) -> None:
        """Write down that the training is done."""
        self.entries[name] = {"top": top, "trained": trained._asdict()}
        files.write_json(self.path, self.entries, indent=1)

    def forget(self) -> None:
        """Start anew the next time: the work is complete, and recorded."""
        self.path.unlink(missing_ok=True)
