"""The interface to DVC: whether a corpus is built and up to date, and the hashes of its data."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrelab import plugins
from genrelab.config import Config
from genrelab.console import say
from genrelab.corpus import DATA, folder
from genrelab.data import lock_file, on_request
from genrelab.errors import ConfigError, DataError, suggest
from genrelab.state import damage
from genrelab.state.home import home, state_folder

OF_A_FEATURE = ("features", "explore")  # stages named <corpus>-<feature>; the others are named <corpus>
TOGETHER = "GENRELAB_FEATURES"  # environment variable: features `dvc repro` computes together (timbre,rhythm or all)
WORKERS = "GENRELAB_WORKERS"  # passes a verb's `workers`, which may differ from params.yaml, to the stages


@dataclass(frozen=True)
class DataVersion:
    """DVC's hashes of a corpus: of its clip table, its audio files and, if used, its features."""

    table: str
    clips: str
    features: str


def require(config: Config, kinds: Sequence[str]) -> DataVersion:
    """Return the version of the corpus `config.dataset` and of its features of these kinds.

    Raises DataError, with the command that helps, if they are missing or do not match config, code and source.
    """
    dataset = config.dataset
    needed = [_stage(config, kind) for kind in kinds]
    build = f"dvc repro {' '.join(needed) or f'dataset@{dataset}'}"
    if any(config.feature_group(kind) == "on_request" for kind in kinds):  # their stages may not exist yet
        build = f"genrelab build --dataset {dataset} --feature {'+'.join(kinds)}"
    stages = [f"dataset@{dataset}", *needed]
    lock = _lock()
    if os.access(home(), os.W_OK):
        on_request.ask(config, [])  # the commands below name these stages
    missing = [stage for stage in stages if stage not in lock]
    if missing:
        raise DataError(f"corpus '{dataset}' is not built; build it with: {build}")
    pull_tables(config)
    if not (folder(dataset) / "clips.csv").exists() or not source(dataset).exists():
        raise DataError(f"corpus '{dataset}' is not on this machine; {_pulling(stages)}build it with: {build}")
    _same_params(config, kinds, [lock[stage] for stage in stages], build)
    hashes = _hashes(lock, stages)
    changed = _status(stages, hashes if config.remote else {}) or _changed_source(config)
    if changed:
        raise DataError(f"corpus '{dataset}' is out of date ({changed}); {_pulling(stages)}build it with: {build}")
    root = f"{DATA}/{dataset}"
    each = [hashes[f"{root}/features/{kind}.zarr"] for kind in kinds]
    # MLflow limits a digest to 36 characters, so several are hashed into one.
    features = each[0] if len(each) == 1 else hashlib.md5("".join(each).encode()).hexdigest() if each else ""
    return DataVersion(hashes[f"{root}/clips.csv"], hashes[f"{root}/clips"], features)


def digest(config: Config, out: str) -> str:
    """Return DVC's hash of an output of the corpus `config.dataset`, by path, such as data/synthetic/clips.

    Raises DataError if dvc.lock has none.
    """
    lock = _lock()
    in_force = {f"dataset@{config.dataset}", *(_stage(config, kind) for kind in config.known_features)}
    hashes = _hashes(lock, [stage for stage in lock if stage in in_force])  # a feature may have moved to another stage
    if out not in hashes:
        raise DataError(f"dvc.lock names no version of {out}; build it with: dvc repro")
    return hashes[out]


def pull_tables(config: Config) -> None:
    """Pull the missing small files of `config.dataset` from `config.remote`: everything but audio and features.

    Does nothing without a remote, or if dvc.lock does not know the corpus. Raises DataError if `dvc pull` fails.
    """
    if not config.remote:
        return
    lock = _lock()
    stages = [stage for stage in (f"source@{config.dataset}", f"dataset@{config.dataset}") if stage in lock]
    tables = [out for out in _hashes(lock, stages) if Path(out).suffix and not (home() / out).exists()]
    if not tables:
        return
    say(f"from the remote '{config.remote}': {', '.join(tables)}")
    command = [*DVC, "pull", "--remote", config.remote, *tables]
    done = subprocess.run(command, cwd=home(), env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(
            f"`dvc pull -r {config.remote} {' '.join(tables)}` failed: {' '.join(done.stderr.split()[:60])}"
        )


def _pulling(stages: Sequence[str]) -> str:
    """Return the part of a cure that names `dvc pull`; empty if the project has no default remote."""
    if not _default_remote():
        return ""
    return f"fetch it with: dvc pull source@{stages[0].partition('@')[2]} {' '.join(stages)}, or "


def _default_remote() -> str:
    from dvc.config import Config as Settings
    from dvc.config import ConfigError as SettingsError

    try:
        return str(Settings(str(home() / ".dvc"))["core"].get("remote") or "")
    except SettingsError as error:
        raise DataError(f".dvc/config cannot be read: {' '.join(str(error).split())}") from None


def _is_here(locked: dict[str, Any]) -> bool:
    return all((home() / out["path"]).exists() for out in locked["outs"])


def build_missing(config: Config, kinds: Sequence[str]) -> None:
    """Build the corpus and those of its features that were never built here, unless `config.build` is false.

    Data that dvc.lock knows and a DVC remote may have is left to `require`, which says how to pull it. So is data that
    is out of date: a corpus that the user is changing is not rebuilt without being asked.
    """
    lock = _lock()
    stages = [f"dataset@{config.dataset}", *feature_stages(config, kinds)]
    missing = [stage for stage in stages if stage not in lock]
    absent = [stage for stage in stages if stage in lock and not _is_here(lock[stage])]
    if absent and not (config.remote or _default_remote()):
        missing += absent
    if missing and config.build:
        config.corpus_params(config.dataset)  # raises a clear error for an unknown corpus
        say(f"not built yet: {', '.join(missing)}; running dvc repro")
        reproduce(config, *missing, kinds=[kind for kind in kinds if _stage(config, kind) in missing])


def feature_stages(config: Config, kinds: Sequence[str]) -> list[str]:
    """Return the stages that compute these features; ConfigError if params.yaml does not name one."""
    for kind in kinds:
        if kind not in config.known_features:
            raise ConfigError(f"params.yaml has no feature '{kind}'; add it there under on_request: {kind}: {{}}")
    return [_stage(config, kind) for kind in kinds]


def together(config: Config) -> list[str]:
    """Return the features that the environment asks to compute in one pass; ConfigError if one is unknown."""
    asked = os.environ.get(TOGETHER, "").replace(",", " ").split()
    if asked == ["all"]:
        return list(config.features)
    for kind in asked:
        if kind not in config.known_features:
            raise ConfigError(
                f"{TOGETHER} must be all or features of params.yaml separated by commas, got '{kind}'"
                f"{suggest(kind, config.known_features)}"
            )
    return asked


def _stage(config: Config, kind: str) -> str:
    if config.feature_group(kind) == "on_request":
        return on_request.name(config.dataset, kind)
    return f"features@{config.dataset}-{kind}"


def ensure_built(config: Config, stage: str) -> DataVersion:
    """Bring a stage of the corpus `config.dataset` and its dependencies up to date; return the corpus version.

    Raises DataError if that fails, or if config asks for other parameters than params.yaml.
    """
    reproduce(config, stage)
    lock, stages = _lock(), [f"dataset@{config.dataset}", stage]
    _same_params(config, config.feature.split("+"), [lock[name] for name in stages], f"dvc repro {stage}")
    hashes, root = _hashes(lock, stages), f"{DATA}/{config.dataset}"
    return DataVersion(hashes[f"{root}/clips.csv"], hashes[f"{root}/clips"], "")


def of_stage(name: str, config: Config) -> dict[str, str]:
    """Return the overrides `dataset`, `feature` and `workers` that a stage implies; ConfigError if it is unknown.

    `name` is DVC's, such as features@synthetic-mel, or on_request/dvc.yaml:features@synthetic-stft. The commands of
    stages contain no names, because a shell would interpret them: corpus names from params.yaml pass through here
    instead, already checked.
    """
    group, _, item = name.rpartition(":")[2].partition("@")
    workers = {"workers": os.environ[WORKERS]} if WORKERS in os.environ else {}
    if group not in OF_A_FEATURE and item in config.corpora:
        return {"dataset": item, **workers}
    for corpus, feature in itertools.product(config.corpora, config.known_features):
        if group in OF_A_FEATURE and item == f"{corpus}-{feature}":
            return {"dataset": corpus, "feature": feature, **workers}
    raise ConfigError(f"DVC stage '{name}' names no corpus of params.yaml. Known: {', '.join(config.corpora)}")


def _hashes(lock: dict[str, Any], stages: list[str]) -> dict[str, str]:
    """Return DVC's hash of each output of the stages, by path."""
    return {out["path"]: out["md5"] for stage in stages for out in lock[stage]["outs"]}


def source(dataset: str) -> Path:
    """Return the file that records what a corpus is made of."""
    return folder(dataset) / "source.json"


def made_of(config: Config) -> dict[str, str]:
    """Return what the corpus `config.dataset` would be made of now, by name; DataError if its source is missing."""
    module, params = config.corpus_params(config.dataset)
    return module.fingerprint(params, state_folder() / "digests" / f"{config.dataset}.json")


# Link types between workspace and cache: DVC takes the first one that the file system supports. Only if hardlink comes
# first does DVC add a new file to the cache without copying it.
LINKS = "hardlink,reflink,copy"


def initialise(target: Path) -> None:
    """Run `dvc init` in a folder unless it has a .dvc already; use git if the folder lies in a git checkout."""
    if (target / ".dvc").exists():
        return
    try:
        inside = subprocess.run(
            ["git", "rev-parse", "--show-toplevel"], cwd=target, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        inside = None
    if inside is None or inside.returncode:
        options = ["--no-scm"]
    else:
        options = [] if Path(inside.stdout.strip()) == target.resolve() else ["--subdir"]
    done = subprocess.run([*DVC, "init", "--quiet", *options], cwd=target, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DataError(f"`dvc init` failed: {' '.join(done.stderr.split()[:60])}")
    with (target / ".dvc" / "config").open("a", encoding="utf-8") as config:
        config.write(f"[cache]\n    type = {LINKS}\n")


def _free_rwlock() -> None:
    """Remove DVC's rwlock file if a kill has corrupted it; DVC creates it again."""
    path = home() / ".dvc/tmp/rwlock"
    for _ in range(2):  # DVC writes it in place: a file that is incomplete now may be complete in a moment
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            return
        except ValueError:
            time.sleep(0.5)
        else:
            return
    path.unlink(missing_ok=True)
    say(f"{path} was left incomplete by a kill; it is removed and DVC will rebuild it")


def reproduce(config: Config, *targets: str, kinds: Sequence[str] = ()) -> None:
    """Run `dvc repro` for the targets with the workers of `config`, and show its output to the user.

    `kinds` are the features among the targets. If there are several, the stage of the first computes what is missing
    of all of them, so that each clip is decoded once.
    """
    _free_rwlock()
    _lock()
    if not (home() / "dvc.yaml").exists():
        raise DataError(
            f"`dvc repro` needs a dvc.yaml, but there is none in {home().absolute()}; write one with: genrelab init"
        )
    on_request.ask(config, targets)
    env = _environment() | {WORKERS: str(config.workers)}
    env |= {TOGETHER: ",".join(kinds)} if len(kinds) > 1 else {}
    result = subprocess.run([*DVC, "repro", *targets], cwd=home(), env=env, check=False)
    if result.returncode:
        on_request.withdraw(config)
        raise DataError(f"`dvc repro {' '.join(targets)}` failed; its output above says why")


def _same_params(config: Config, kinds: Sequence[str], locked: list[dict[str, Any]], build: str) -> None:
    """Reject an override (`--features.mel.n_mels 96`) that differs from the parameters of the data on disk."""
    wanted = {
        f"corpora.{config.dataset}": config.corpora[config.dataset],
        **{f"features.{kind}": config.features.get(kind, {}) for kind in kinds},
        **{f"on_request.{kind}": config.on_request.get(kind, {}) for kind in kinds},
        "checks": config.checks.model_dump(),
    }
    for stage in locked:
        for key, value in stage.get("params", {}).get("params.yaml", {}).items():
            if key not in wanted:
                continue
            built, asked = _resolved(key, value), _resolved(key, wanted[key])
            differing = [name for name in {**asked, **built} if built.get(name) != asked.get(name)]
            if differing:
                name = differing[0]
                raise DataError(
                    f"corpus '{config.dataset}' was built with {key}.{name} = {built.get(name)}, but {asked.get(name)} "
                    f"is requested; set it in params.yaml and run: {build}"
                )


def _resolved(key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return parameters completed with the current defaults of their plug-in."""
    group, _, name = key.partition(".")
    if group in ("features", "on_request"):
        params = plugins.load("features", name).Params
    elif group == "corpora":
        params = plugins.load("datasets", value["kind"]).Params
    else:
        return value
    return {field: info.get_default() for field, info in params.model_fields.items()} | value


DVC = (sys.executable, "-m", "dvc")


def _environment() -> dict[str, str]:
    """Return an environment in which a DVC stage finds this Python first and does not claim this MLflow run."""
    env = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")}
    if "GENRELAB_HOME" in env:
        env["GENRELAB_HOME"] = str(home().absolute())  # stages run there and would resolve a relative path wrongly
    env["PATH"] = str(Path(sys.executable).parent) + os.pathsep + env.get("PATH", "")
    return env


def _lock() -> dict[str, Any]:
    """Return the lock entries of the stages that DVC has run, by their names in the project's folder."""
    asked_for = lock_file.read(on_request.LOCK)
    return {**lock_file.read("dvc.lock"), **{f"{on_request.FILE}:{stage}": known for stage, known in asked_for.items()}}


def _status(stages: list[str], elsewhere: Mapping[str, str]) -> str:
    """Describe what DVC finds changed in the stages; empty if nothing.

    `elsewhere` maps output paths to hashes: a path whose locked hash matches may be missing here.
    """
    if not os.access(home(), os.W_OK):
        return ""  # DVC checks nothing in a folder that it cannot write to; take the data as it is
    _free_rwlock()
    result = subprocess.run(
        [*DVC, "status", "--json", *stages], cwd=home(), env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise DataError(f"`dvc status {' '.join(stages)}` failed: {' '.join(result.stderr.split()[:60])}")
    lock, found = _lock(), []
    for stage, changes in json.loads(result.stdout).items():
        taken = {one["path"]: one.get("md5", "") for key in ("deps", "outs") for one in lock[stage].get(key, [])}
        for change in changes:
            if isinstance(change, str):
                found.append(f"{stage}: {change}")
                continue
            for kind, items in change.items():
                differing = [
                    path
                    for path in items
                    if (home() / path).exists() or path not in elsewhere or elsewhere[path] != taken.get(path)
                ]
                found += [f"{kind} of {stage}: {', '.join(differing)}"] if differing else []
    return "; ".join(found)


def _changed_source(config: Config) -> str:
    """Describe what has changed in the source of the corpus; empty if nothing, or if the source is not here."""
    try:
        now = made_of(config)
    except DataError:
        return ""  # a corpus pulled from a DVC remote does not need its source here
    before = damage.read_json(source(config.dataset), cure=f"run: dvc repro source@{config.dataset}")
    changed = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"changed in its source: {changed[0]}{more}" if changed else ""
