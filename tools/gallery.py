"""Makes the pictures of docs/gallery.md, each by the command beside it there.

    python tools/gallery.py

In a clone whose corpus is built; it takes some minutes, and leaves runs in the store.
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import mlflow

PAGE = Path("docs/gallery.md")
FOLDER = PAGE.with_name("gallery")


def wanted(page: str) -> list[tuple[str, str]]:
    """Return the commands of the page, each with the name of the picture that follows it."""
    found, command = [], ""
    for line in page.splitlines():
        if line.startswith("    mlflow run . "):
            command = line.strip()
        elif line.startswith("![") and command:
            found.append((command, Path(line.rpartition("(")[2].rstrip(")")).name))
    return found


def picture(kind: str, name: str) -> str:
    """Return the path of a picture of the latest run of a kind."""
    (run,) = mlflow.search_runs(
        search_all_experiments=True,
        filter_string=f"tags.`genrelab.kind` = '{kind}'",
        order_by=["attributes.start_time DESC"],
        max_results=1,
        output_format="list",
    )
    return mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=name)


def main() -> None:
    """Run each command once, and copy its pictures."""
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    FOLDER.mkdir(exist_ok=True)
    done = ""
    for command, name in wanted(PAGE.read_text(encoding="utf-8")):
        words = shlex.split(command)
        kind = words[words.index("-e") + 1]
        if command != done:
            subprocess.run(words, check=True)
            done = command
        shutil.copy(picture(kind, name), FOLDER / name)
    sys.stdout.write(f"written: {FOLDER}\n")


if __name__ == "__main__":
    main()
