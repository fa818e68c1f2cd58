"""What DVC knows: whether a corpus is built and up to date, and the hashes of its data."""

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

OF_A_FEATURE = ("features", "explore")  # stages named <corpus>-<feature>; the others are named for a corpus
TOGETHER = "GENRELAB_FEATURES"  # environment variable: features that `dvc repro` is to compute, timbre,rhythm or all
WORKERS = "GENRELAB_WORKERS"  # what a verb tells the stages of its `workers`, which may not be those of params.yaml


@dataclass(frozen=True)
class DataVersion:
    """DVC's hashes of a corpus: of its clip table, of its sound files and, if they are used, of its features."""

    table: str
    clips: str
    features: str


def require(config: Config, kinds: Sequence[str]) -> DataVersion:
    """Return the version of the corpus `config.dataset` and of features of it.

    Raises DataError, with the command that helps, where they are missing or not what config, code and source ask for.
    """
    dataset = config.dataset
    needed = [_stage(config, kind) for kind in kinds]
    build = f"dvc repro {' '.join(needed) or f'dataset@{dataset}'}"
    if any(config.feature_group(kind) == "on_request" for kind in kinds):  # whose stages there may not be yet
        build = f"genrelab build --dataset {dataset} --feature {'+'.join(kinds)}"
    stages = [f"dataset@{dataset}", *needed]
    lock = _lock()
    if os.access(home(), os.W_OK):
        on_request.ask(config, [])  # whose stages the commands below name
    missing = [stage for stage in stages if stage not in lock]
    if missing:
        raise DataError(f"corpus '{dataset}' is not built; build it with: {build}")
    pull_tables(config)
    if not (folder(dataset) / "clips.csv").exists() or not source(dataset).exists():
        raise DataError(f"corpus '{dataset}' is not here; {_pulling(stages)}build it with: {build}")
    _same_params(config, kinds, [lock[stage] for stage in stages], build)
    hashes = _hashes(lock, stages)
    changed = _status(stages, hashes if config.remote else {}) or _changed_source(config)
    if changed:
        raise DataError(f"corpus '{dataset}' is out of date ({changed}); {_pulling(stages)}build it with: {build}")
    root = f"{DATA}/{dataset}"
    each = [hashes[f"{root}/features/{kind}.zarr"] for kind in kinds]
    # A digest in MLflow has 36 characters at most, so that several become one.
    features = each[0] if len(each) == 1 else hashlib.md5("".join(each).encode()).hexdigest() if each else ""
    return DataVersion(hashes[f"{root}/clips.csv"], hashes[f"{root}/clips"], features)


def digest(config: Config, out: str) -> str:
    """Return DVC's hash of an output of the corpus `config.dataset` by its path, such as data/synthetic/clips.

    Raises DataError where dvc.lock names none.
    """
    lock = _lock()
    in_force = {f"dataset@{config.dataset}", *(_stage(config, kind) for kind in config.known_features)}
    hashes = _hashes(lock, [stage for stage in lock if stage in in_force])  # a feature may have moved to another stage
    if out not in hashes:
        raise DataError(f"dvc.lock names no version of {out}; build it with: dvc repro")
    return hashes[out]


def pull_tables(config: Config) -> None:
    """Bring what of `config.dataset` is small and not here from `config.remote`: all but its sounds and features.

    Without a remote, and where dvc.lock does not know the corpus, nothing is done. DataError where DVC cannot bring it.
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
    """Return the part of a cure that names `dvc pull`; empty where the project has no default remote."""
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
    """Build the corpus and those features of it that were never built here, unless `config.build` is false.

    What dvc.lock knows and a DVC remote may have is left to `require`, which says how to pull it. So is what was built
    and is out of date: a corpus that changes under a user's hands is not rebuilt without being asked for.
    """
    lock = _lock()
    stages = [f"dataset@{config.dataset}", *feature_stages(config, kinds)]
    missing = [stage for stage in stages if stage not in lock]
    absent = [stage for stage in stages if stage in lock and not _is_here(lock[stage])]
    if absent and not (config.remote or _default_remote()):
        missing += absent
    if missing and config.build:
        config.corpus_params(config.dataset)  # a corpus that there is not is said to be so
        say(f"not built yet: {', '.join(missing)}; running dvc repro")
        reproduce(config, *missing, kinds=[kind for kind in kinds if _stage(config, kind) in missing])


def feature_stages(config: Config, kinds: Sequence[str]) -> list[str]:
    """Return the stages that compute these features; ConfigError for one that params.yaml does not name."""
    for kind in kinds:
        if kind not in config.known_features:
            raise ConfigError(
                f"params.yaml names no feature '{kind}', which is asked for; add under on_request there: {kind}: {{}}"
            )
    return [_stage(config, kind) for kind in kinds]


def together(config: Config) -> list[str]:
    """Return the features that are computed in one pass, by the environment; ConfigError for an unknown one."""
    asked = os.environ.get(TOGETHER, "").replace(",", " ").split()
    if asked == ["all"]:
        return list(config.features)
    for kind in asked:
        if kind not in config.known_features:
            raise ConfigError(
                f"{TOGETHER} must be all or features of params.yaml with commas between them, got '{kind}'"
                f"{suggest(kind, config.known_features)}"
            )
    return asked


def _stage(config: Config, kind: str) -> str:
    if config.feature_group(kind) == "on_request":
        return on_request.name(config.dataset, kind)
    return f"features@{config.dataset}-{kind}"


def ensure_built(config: Config, stage: str) -> DataVersion:
    """Bring a stage of the corpus `config.dataset` up to date, with all it needs, and return the corpus's version.

    Raises DataError where that fails, or where config asks for other parameters than params.yaml.
    """
    reproduce(config, stage)
    lock, stages = _lock(), [f"dataset@{config.dataset}", stage]
    _same_params(config, config.feature.split("+"), [lock[name] for name in stages], f"dvc repro {stage}")
    hashes, root = _hashes(lock, stages), f"{DATA}/{config.dataset}"
    return DataVersion(hashes[f"{root}/clips.csv"], hashes[f"{root}/clips"], "")


def of_stage(name: str, config: Config) -> dict[str, str]:
    """Return the overrides that a stage stands for, `dataset`, `feature` and `workers`; ConfigError where it does not.

    `name` is as DVC has it, such as features@synthetic-mel, or on_request/dvc.yaml:features@synthetic-stft. Commands of
    stages hold no names, because a shell reads them: what params.yaml calls a corpus comes here instead, where it has
    been checked.
    """
    group, _, item = name.rpartition(":")[2].partition("@")
    workers = {"workers": os.environ[WORKERS]} if WORKERS in os.environ else {}
    if group not in OF_A_FEATURE and item in config.corpora:
        return {"dataset": item, **workers}
    for corpus, feature in itertools.product(config.corpora, config.known_features):
        if group in OF_A_FEATURE and item == f"{corpus}-{feature}":
            return {"dataset": corpus, "feature": feature, **workers}
    raise ConfigError(f"DVC's stage '{name}' names no corpus of params.yaml. Known: {', '.join(config.corpora)}")


def _hashes(lock: dict[str, Any], stages: list[str]) -> dict[str, str]:
    """Return DVC's hash of each output of the stages, by its path."""
    return {out["path"]: out["md5"] for stage in stages for out in lock[stage]["outs"]}


def source(dataset: str) -> Path:
    """Return the file that says what a corpus is made of."""
    return folder(dataset) / "source.json"


def made_of(config: Config) -> dict[str, str]:
    """Return what the corpus `config.dataset` would be made of now, by name; DataError if it is not there."""
    module, params = config.corpus_params(config.dataset)
    return module.fingerprint(params, state_folder() / "digests" / f"{config.dataset}.json")


# How the workspace shares its files with the cache: the first that the file system can. DVC puts a new file into the
# cache without copying it only where the first is hardlink.
LINKS = "hardlink,reflink,copy"


def initialise(target: Path) -> None:
    """Make a folder one of DVC's, with git where it lies in a git checkout; nothing if it is one already."""
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
    """Remove DVC's list of who reads and writes where a kill has torn it; DVC makes it anew."""
    path = home() / ".dvc/tmp/rwlock"
    for _ in range(2):  # DVC writes it in place: what is torn now may be whole in a moment
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except OSError:
            return
        except ValueError:
            time.sleep(0.5)
        else:
            return
    path.unlink(missing_ok=True)
    say(f"{path} was torn by a kill; it is removed, and DVC makes it anew")


def reproduce(config: Config, *targets: str, kinds: Sequence[str] = ()) -> None:
    """Run `dvc repro` for the targets, with the workers of `config`, and its output where the user sees it.

    `kinds` are the features among them: of several, the first one's stage computes what is missing of all, so that
    each clip is decoded once.
    """
    _free_rwlock()
    _lock()
    if not (home() / "dvc.yaml").exists():
        raise DataError(
            f"`dvc repro` needs a dvc.yaml, and there is none in {home().absolute()}; write one with: genrelab init"
        )
    on_request.ask(config, targets)
    env = _environment() | {WORKERS: str(config.workers)}
    env |= {TOGETHER: ",".join(kinds)} if len(kinds) > 1 else {}
    result = subprocess.run([*DVC, "repro", *targets], cwd=home(), env=env, check=False)
    if result.returncode:
        on_request.withdraw(config)
        raise DataError(f"`dvc repro {' '.join(targets)}` failed; its output above says why")


def _same_params(config: Config, kinds: Sequence[str], locked: list[dict[str, Any]], build: str) -> None:
    """Refuse an override (`--features.mel.n_mels 96`) of what the data on disk was made with."""
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
                    f"corpus '{config.dataset}' was built with {key}.{name} = {built.get(name)}, and {asked.get(name)} "
                    f"is asked for; set it in params.yaml and run: {build}"
                )


def _resolved(key: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with the defaults of their plug-in, as far as it still knows them."""
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
        env["GENRELAB_HOME"] = str(home().absolute())  # which the stages, running there, would take for another
    env["PATH"] = str(Path(sys.executable).parent) + os.pathsep + env.get("PATH", "")
    return env


def _lock() -> dict[str, Any]:
    """Return what DVC knows of the stages that it has run, by the names by which they are called here."""
    asked_for = lock_file.read(on_request.LOCK)
    return {**lock_file.read("dvc.lock"), **{f"{on_request.FILE}:{stage}": known for stage, known in asked_for.items()}}


def _status(stages: list[str], elsewhere: Mapping[str, str]) -> str:
    """Return in words what DVC finds changed in the stages; empty if nothing is.

    `elsewhere` are hashes of outputs by path: what is of that hash need not be here.
    """
    if not os.access(home(), os.W_OK):
        return ""  # DVC looks at nothing that it cannot write to; what is there is taken as it is
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
    """Return in words what has changed of what the corpus is made of; empty if nothing has, or it is not here."""
    try:
        now = made_of(config)
    except DataError:
        return ""  # who pulled the corpus from a DVC remote need not have its source
    before = damage.read_json(source(config.dataset), cure=f"run: dvc repro source@{config.dataset}")
    changed = sorted(name for name in {*now, *before} if now.get(name) != before.get(name))
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"changed in its source: {changed[0]}{more}" if changed else ""
