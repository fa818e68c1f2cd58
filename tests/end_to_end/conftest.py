"""A clone of the project, small enough to run whole: its own corpus, its own store."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import preloaded
import pytest
import yaml

ROOT = Path(__file__).parents[2]
CORPUS = {"kind": "synthetic", "seed": 0, "artists": 2, "clips_per_artist": 4, "seconds": 6.0}
GENRES = ["classical", "disco", "metal"]


class Clone:
    """A copy of the project in which commands run as a user would run them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "PYTHONPATH"))}
        self.env["PATH"] = str(Path(sys.executable).parent) + os.pathsep + self.env["PATH"]
        self.env |= {"PYTHONPATH": "src", "GIT_CONFIG_GLOBAL": os.devnull}

    def run(self, *command: str, rc: int = 0) -> str:
        """Run a command, require its exit code, return what it printed."""
        done = subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True, timeout=600)
        output = done.stdout + done.stderr
        assert done.returncode == rc, f"{' '.join(command)} ended with {done.returncode}:\n{output[-6000:]}"
        return output

    def genrelab(self, *words: str, rc: int = 0) -> str:
        """Run a verb, require its exit code, return what it printed."""
        with tempfile.TemporaryDirectory() as folder:
            code = preloaded.genrelab(words, self.root, self.env, Path(folder), seconds=600)
            output = "".join((Path(folder) / name).read_text() for name in ("out", "err"))
        assert code == rc, f"{' '.join(words)} ended with {code}:\n{output[-6000:]}"
        return output

    def start(self, *words: str, **env: str) -> preloaded.Started:
        """Start a verb, with `env` added to its environment, and return its process."""
        return preloaded.Started(words, self.root, {**self.env, **env})

    def params(self, **changes) -> None:
        """Change values of params.yaml by dotted names (dots written as __)."""
        path = self.root / "params.yaml"
        data = yaml.safe_load(path.read_text())
        for dotted, value in changes.items():
            *parents, last = dotted.split("__")
            where = data
            for part in parents:
                where = where[part]
            where[last] = value
        path.write_text(yaml.safe_dump(data, sort_keys=False))


def cloned(target: Path) -> Clone:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if name != "dvc.lock" and not name.startswith("on_request/") and (ROOT / name).is_file():  # of its own corpora
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    clone = Clone(target)
    clone.params(
        dataset="tiny",
        corpora={"tiny": {**CORPUS, "genres": GENRES}},
        features={"mel": {"frames": 130, "n_mels": 128, "hop": 1024}, "timbre": {}},
        on_request={"ssd": {}, "timbre": {}},  # the second stands above, too, and that counts
        tasks__style={"Eclectic": ["classical"], "Pop": ["disco", "metal"]},
        models=["cnn", "svm"],
        training__epochs=2,
        workers=1,  # two test processes share the cores already, and a worker takes seconds to start
    )
    (clone.root / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")  # tracked, as a project's is
    clone.run("git", "init", "-q")
    clone.run("git", "add", "-A")
    clone.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "clone")
    return clone


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Clone:
    """A clone whose corpus is built: by the first process that asks for it, and copied from there for each file."""
    base = tmp_path_factory.getbasetemp()
    built = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    with built.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            cloned(built.with_suffix(".partial")).run("dvc", "repro")
            built.with_suffix(".partial").rename(built)
    target = tmp_path_factory.mktemp("clone")
    shutil.copytree(built, target, dirs_exist_ok=True, symlinks=True)
    return Clone(target)


@pytest.fixture
def client(clone, monkeypatch):
    """MLflow's client on the clone's store, in its folder: who opens a store first decides where its artifacts go."""
    import mlflow

    monkeypatch.chdir(clone.root)
    mlflow.set_tracking_uri(f"sqlite:///{clone.root / 'mlflow.db'}")
    yield mlflow.MlflowClient()
    mlflow.set_tracking_uri(None)


@pytest.fixture
def in_clone(clone, client, monkeypatch):
    """The clone, which this process works in as a verb does."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    return clone
