"""Each verb, killed before each of its writes, renames, removals and commits in turn, and then run again.

What comes of it must be what an unkilled run leaves: nothing is lost, nothing is blocked, no run stays RUNNING. And
each verb with a disk that is full at each of them, or at all, or that cannot be written: one line, and the next run is
not the worse for it.

`make test` tries POINTS points of a few verbs, `make test-kills` all of all (GENRELAB_KILLS=1; =10: each tenth).
"""

import contextlib
import functools
import hashlib
import os
import shutil
import signal
import sqlite3
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import preloaded
import pytest
import soundfile
import yaml

pytestmark = [pytest.mark.end_to_end, pytest.mark.slow]

POINTS = 2
EACH = os.environ.get("GENRELAB_KILLS", "")
NET = "MTT_vgg"  # the smallest of those that others have trained
SEEN = ("seconds", "per_second", "_ms", "model_bytes")  # figures that no two runs share


class Verb(NamedTuple):
    """What is killed: its words, what must be equal in the end, and what is removed first so that there is work."""

    words: list[str]
    result: Callable[[Path], object]
    without: str = ""


def files(folder: Path) -> dict[str, str]:
    """Return the digest of each file of a folder, by its name."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def corpus(name: str) -> Callable[[Path], object]:
    return lambda root: files(root / "data" / name)


def rows(root: Path, query: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(root / "mlflow.db")) as database:
        return database.execute(query).fetchall()


def recorded(kind: str) -> Callable[[Path], object]:
    """Return what tells the last finished run of a kind: its figures, its artifacts, and the champions."""

    def result(root: Path) -> object:
        assert rows(root, "select run_uuid from runs where status = 'RUNNING'") == []
        (run, place), *_ = rows(
            root,
            "select runs.run_uuid, artifact_uri from runs join tags on runs.run_uuid = tags.run_uuid "
            f"where key = 'genrelab.kind' and value = '{kind}' and status = 'FINISHED' order by start_time desc",
        )
        figures = rows(root, f"select key, value from latest_metrics where run_uuid = '{run}' order by key")
        kept = [path.name for path in Path(place).iterdir()]
        champions = rows(root, "select name, alias, version from registered_model_aliases")
        return [row for row in figures if not row[0].endswith(SEEN)], sorted(kept), champions

    return result


VERBS = {
    "dataset": Verb(["dataset", "--dataset", "mine"], corpus("mine")),
    "features": Verb(["features", "--dataset", "tiny", "--feature", "timbre"], corpus("tiny")),
    "survey": Verb(["survey", "--dataset", "tiny"], corpus("tiny"), "data/tiny/survey"),
    "pictures": Verb(["pictures", "--dataset", "tiny"], lambda root: sorted(files(root / "reports/tiny"))),
    "train": Verb(["train", "--model", "svm"], recorded("train")),
    "tune": Verb(["tune", "--model", "svm", "--trials", "2"], recorded("tune")),
    "zoo": Verb(["zoo", "--models", "svm", "--budget", "2m"], recorded("zoo")),
    "promote": Verb(["promote", "--name", "tiny-genre", "--version", "2", "--force", "true"], recorded("promote")),
    "train_net": Verb(["train", "--model", "cnn"], recorded("train")),
    "download": Verb(["dataset", "--dataset", "remote"], corpus("remote")),
    "pretrained": Verb(
        ["-c", f"from genrelab.pretrained.weights import weights; weights({NET!r})"],
        lambda root: sorted(path.name for path in (root / ".genrelab/pretrained").iterdir()),
    ),
    "predict": Verb(
        ["predict", "--model_uri", "models:/tiny-genre/1", "--audio", "data/mine/clips/a", "--output", "p.csv"],
        lambda root: (root / "p.csv").read_text(),
    ),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Iterator[str]:
    """The address of an archive of sounds named as GTZAN's are."""
    folder = tmp_path_factory.mktemp("served")
    rng = np.random.default_rng(1)
    with tarfile.open(folder / "genres.tar.gz", "w:gz") as packed:
        for name in ("blues.00000", "blues.00001", "rock.00000", "rock.00001"):
            soundfile.write(folder / f"{name}.wav", rng.normal(0, 0.1, 22050 * 2), 22050)
            packed.add(folder / f"{name}.wav", f"genres/{name.split('.')[0]}/{name}.wav")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/genres.tar.gz"
        server.shutdown()


@pytest.fixture(scope="module")
def base(clone, archive, tmp_path_factory) -> Path:
    """A built clone with two registered versions, the first of which is champion, and a folder of music."""
    root = tmp_path_factory.mktemp("kills") / "base"
    shutil.copytree(clone.root, root, symlinks=True, ignore=shutil.ignore_patterns("mlflow.db", "mlruns", ".genrelab"))
    rng = np.random.default_rng(0)
    for name in ("a/1", "a/2", "b/3", "b/4"):
        (root / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / "music" / f"{name}.wav", rng.normal(0, 0.1, 2 * 22050), 22050)
    params = yaml.safe_load((root / "params.yaml").read_text())
    params["corpora"]["mine"] = {"kind": "folder", "source": "music"}
    params["corpora"]["remote"] = {"kind": "gtzan", "source": archive}
    params["workers"] = 1  # in this process, where they are counted
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    shutil.rmtree(root / "data/tiny/features/timbre.zarr")  # so that there is something to compute
    for words in (["source", "--dataset", "mine"], ["dataset", "--dataset", "mine"]):
        assert run(clone, root, words) == (0, "")
    for seed in ("1", "2"):
        assert run(clone, root, ["train", "--model", "svm", "--seed", seed]) == (0, "")
    assert run(clone, root, ["promote", "--name", "tiny-genre", "--version", "1"]) == (0, "")
    soundfile.write(root / "music/b/5.wav", rng.normal(0, 0.1, 2 * 22050), 22050)
    return root


def run(clone, root: Path, words: list[str], fault: str = "", log: Path | None = None) -> tuple[int, str]:
    """Run a verb; return its exit code, and what it printed to stderr but for progress bars."""
    env = clone.env | ({"GENRELAB_FAULT": fault, "GENRELAB_FAULT_LOG": str(log)} if fault else {})
    with tempfile.TemporaryDirectory() as output:
        code = preloaded.genrelab(words, root, env, Path(output), seconds=300)
        lines = (Path(output) / "err").read_text(encoding="utf-8").replace("\r", "\n").splitlines()
    return code, "\n".join(line for line in lines if line.startswith(("genrelab:", "Traceback", "  File")))


def chosen(log: Path) -> list[int]:
    """Return the points to try: each so-manieth, as the environment says, or a few."""
    n = len(log.read_text().splitlines())
    return [*range(1, n + 1, int(EACH))] if EACH else [round(n * (i + 1) / (POINTS + 1)) for i in range(POINTS)]


@pytest.mark.parametrize(
    "name", VERBS if EACH else ["dataset", pytest.param("features", marks=pytest.mark.long), "promote"]
)
def test_killed_anywhere_it_ends_as_if_it_had_not_been(clone, base, tmp_path, name):
    words, result, without = VERBS[name]
    log = tmp_path / "log"
    whole = copy(base, tmp_path / "whole", without)
    assert run(clone, whole, words, "count", log) == (0, "")
    wanted, faults, points = result(whole), [], chosen(log)
    assert points, "a verb that has nothing to do shows nothing"
    what = log.read_text().splitlines()
    for point in points:
        root = copy(base, tmp_path / "killed", without)
        code, _ = run(clone, root, words, f"kill:{point}", log)
        assert code == -signal.SIGKILL
        code, output = run(clone, root, words)
        try:
            assert (code, output) == (0, "")
            assert result(root) == wanted
        except (AssertionError, ValueError, OSError) as fault:
            faults.append(f"killed at {what[point - 1]}: {str(fault)[:500]}")
    print(f"{name}: {len(points)} points of {len(what)}, {len(faults)} faults")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", VERBS if EACH else ["dataset"])
def test_a_full_disk_anywhere_is_one_line_and_harms_nothing(clone, base, tmp_path, name):
    words, result, without = VERBS[name]
    log = tmp_path / "log"
    whole = copy(base, tmp_path / "whole", without)
    assert run(clone, whole, words, "full:0", log) == (0, "")
    wanted, faults, points = result(whole), [], chosen(log)
    assert points, "a verb that has nothing to do shows nothing"
    what = log.read_text().splitlines()
    for point in points:
        root = copy(base, tmp_path / "full", without)
        code, output = run(clone, root, words, f"full:{point}", log)
        try:
            assert code in (0, 2, 3)  # 0: what could not be written is not needed
            assert "Traceback" not in output
            assert len(output.splitlines()) == bool(code)
            if code:
                assert run(clone, root, words) == (0, "")
            assert result(root) == wanted
        except (AssertionError, ValueError, OSError) as fault:
            faults.append(f"full at {what[point - 1]}: {code} {output[-300:]} {str(fault)[:300]}")
    print(f"{name}: {len(points)} points of {len(what)}, {len(faults)} faults")
    assert not faults, "\n".join(faults)


CLOSED = [(name, how) for name in VERBS if name != "pretrained" for how in ("full", "readonly")]


@pytest.mark.parametrize(("name", "how"), CLOSED if EACH else [("dataset", "readonly"), ("predict", "full")])
def test_where_nothing_can_be_written_it_is_one_line_and_what_is_there_stays(clone, base, tmp_path, name, how):
    words, _, without = VERBS[name]
    root = copy(base, tmp_path / "closed", without)

    def kept() -> dict[str, str]:  # DVC looks at its own state in a process of its own
        return {path: digest for path, digest in files(root).items() if not path.startswith(".dvc/tmp/")}

    before = kept()
    code, output = run(clone, root, words, how, tmp_path / "log")
    assert (code, len(output.splitlines())) == (2, 1), output
    assert output.startswith("genrelab: error: ")
    cure = "free some space" if how == "full" else "make it accessible"
    assert output.endswith(f"{cure} and run the same command again")
    assert kept() == before


def copy(base: Path, target: Path, without: str) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(base, target, symlinks=True, ignore=shutil.ignore_patterns("tests", "docs"))
    if without:
        shutil.rmtree(target / without)
    return target
