"""PostgreSQL, S3 and MLflow's server, as deploy/local.sh starts them, and two people's clones that share them."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tracking_store import free_port

LOCAL = Path(__file__).parents[2] / "deploy" / "local.sh"
ABSENT = [name for name in ("boto3", "dvc_s3", "flask_cors", "moto", "psycopg2") if not importlib.util.find_spec(name)]
POSTGRES = shutil.which("initdb") or [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.long,
    pytest.mark.skipif(bool(ABSENT), reason=f"{', '.join(ABSENT)} not installed"),
    pytest.mark.skipif(not POSTGRES, reason="PostgreSQL is not installed"),
]


class Store:
    """The servers in a folder, started and ended as a user does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports: dict[str, str] = {}

    def start(self) -> None:
        env = {**os.environ, "PYTHON": sys.executable}
        self._process = subprocess.Popen(
            ["bash", str(LOCAL), str(self.folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
        )
        printed = ""
        for line in self._process.stdout:
            printed += line
            if "Ctrl-C ends" in line:
                break
        self.exports = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE))
        assert self.exports, printed

    def end(self) -> None:
        self._process.terminate()  # as Ctrl-C, which what is started in the background ignores
        self._process.wait(60)

    def kill(self, name: str) -> None:
        """Kill a server without warning: the process that listens on its port, with its group."""
        port = (self.folder / "ports").read_text().split()[["postgres", "s3", "mlflow"].index(name)]
        for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = cmdline.read_bytes().decode().split("\0")
                if port in words or f"port={port}" in words:
                    os.killpg(os.getpgid(int(cmdline.parent.name)), signal.SIGKILL)
                    return
        raise AssertionError(f"no {name} on port {port}")


@pytest.fixture(scope="module")
def store():
    # Below /tmp, where PostgreSQL's own user can go: a test's folder is closed to all but who runs it.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        found = Store(Path(folder))
        found.start()
        try:
            yield found
        finally:
            found.end()


@pytest.fixture(scope="module")
def shared(clone, store):
    """A clone whose runs and data go to the store."""
    clone.env |= store.exports
    return clone


def timed(clone, *words: str, rc: int = 0) -> str:
    """Run a command of the clone, and print it with its last lines and its seconds."""
    begun = time.monotonic()
    tool = words[0] in ("dvc", "git")
    output = clone.run(*words, rc=rc) if tool else clone.genrelab(*words, rc=rc)
    last = [line for line in output.splitlines() if line.strip()][-2:]
    print(
        f"\n$ {'' if tool else 'genrelab '}{' '.join(words)}   [{time.monotonic() - begun:.1f} s]", *last, sep="\n    "
    )
    return output


def another(clone, target: Path):
    """A second machine: a clone of the same commit, without data, which shares the store."""
    clone.run("git", "clone", "-q", str(clone.root), str(target))
    found = type(clone)(target)
    found.env |= {key: clone.env[key] for key in clone.env if key.startswith(("AWS_", "MLFLOW_"))}
    return found


def test_a_team_trains_searches_and_promotes_in_one_store(shared, store):
    assert "test: accuracy" in timed(shared, "train", "--model", "svm")
    words = ["tune", "--model", "svm", "--trials", "2", "--refit", "false", "--chief", f"127.0.0.1:{free_port()}"]
    begun = time.monotonic()
    chief = shared.start(*words, "--role", "chief")
    workers = [shared.start(*words, "--role", "worker") for _ in range(2)]
    printed = [process.communicate(600)[0] for process in (chief, *workers)]
    assert [process.returncode for process in (chief, *workers)] == [0, 0, 0], printed
    print(f"\n$ genrelab {' '.join(words)}, a chief and two workers   [{time.monotonic() - begun:.1f} s]")
    assert "svm" in timed(shared, "compare")
    assert "promoted" in timed(shared, "promote")
    song = str(next((shared.root / "data/tiny/clips/classical").iterdir()))
    assert "classical" in timed(shared, "predict", "--audio", song)
    objects = [path.name for path in (store.folder / "s3/genrelab").iterdir()]
    assert any(name.startswith("mlflow%2F") for name in objects)
    assert not (shared.root / "mlflow.db").exists()
    assert not (shared.root / "mlruns").exists()


@pytest.fixture(scope="module")
def pushed(shared):
    """The clone, its data pushed to S3 and the remote committed."""
    timed(shared, "dvc", "remote", "add", "--default", "storage", "s3://genrelab/dvc")
    timed(shared, "dvc", "push")
    shared.run("git", "add", "-f", "dvc.lock", ".dvc/config")
    shared.run("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "data")
    return shared


def test_a_clone_pulls_what_was_pushed(pushed, tmp_path):
    other = another(pushed, tmp_path / "other")
    line = timed(other, "train", "--model", "svm", rc=2)
    cure = re.search(r"fetch it with: (dvc pull [^,]*), or", line)
    timed(other, *cure[1].split())
    assert "up to date" in timed(other, "dvc", "status", "dataset@tiny", "features@tiny-mel")


def test_a_training_reads_its_features_straight_from_s3(pushed, tmp_path):
    other = another(pushed, tmp_path / "other")
    output = timed(other, "train", "--model", "svm", "--remote", "storage", "--training.memory", "0")
    (here,) = re.findall(r"^test: .*", timed(pushed, "train", "--model", "svm"), re.MULTILINE)
    assert here in output
    found = {path.name for path in (other.root / "data/tiny").iterdir()}
    assert found - {".gitignore"} == {"clips.csv", "parts.csv", "tags.csv", "source.json"}


def test_of_two_machines_that_promote_at_once_one_decides(pushed, tmp_path):
    other = another(pushed, tmp_path / "other")
    latest = sorted(re.findall(r"registered: models:/tiny-genre/(\d+)", timed(pushed, "train", "--model", "svm")))[-1]
    words = ["promote", "--version", latest, "--force", "true"]
    with ThreadPoolExecutor(2) as both:
        found = [both.submit(one.start(*words).communicate, 600) for one in (pushed, other)]
        printed = [one.result()[0] for one in found]
    assert sum("promoted by force" in text for text in printed) == 1, printed
    assert sum("is already the champion" in text for text in printed) == 1, printed
    history = timed(pushed, "promote", "--history", "true")
    assert len(re.findall(rf"promoted.* {latest} ", history)) == 1


def test_a_server_that_goes_in_the_middle_is_a_line_and_the_same_command_goes_on(pushed, store, tmp_path):
    other = another(pushed, tmp_path / "other")
    words = ["train", "--model", "cnn", "--epochs", "8", "--remote", "storage", "--training.memory", "0"]
    process = other.start(*words)
    for line in process.stdout:
        if line.startswith("epoch   2"):
            store.kill("s3")
            break
    begun = time.monotonic()
    printed = process.communicate(300)[0]
    print(
        f"\n$ genrelab {' '.join(words)}, S3 killed in epoch 3   [{time.monotonic() - begun:.1f} s]", printed, sep="\n"
    )
    assert process.returncode == 2
    assert "genrelab: error:" in printed.splitlines()[-1]
    assert "Traceback" not in printed
    store.end()
    store.start()
    output = timed(other, *words)
    assert "test: accuracy" in output
    assert "epoch   1/" not in output, "it begins anew"


def test_a_database_that_is_away_is_a_line_and_its_return_is_enough(pushed, store, tmp_path):
    other = another(pushed, tmp_path / "other")
    other.env |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    words = ["train", "--model", "svm", "--remote", "storage", "--training.memory", "0"]
    store.kill("postgres")
    line = timed(other, *words, rc=2)
    assert "genrelab: error:" in line
    assert "Traceback" not in line
    store.end()
    store.start()
    assert "test: accuracy" in timed(other, *words)
