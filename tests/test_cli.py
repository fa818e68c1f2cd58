"""The command line: what it reads, and that MLproject and README name what it has."""

import re
from pathlib import Path

import pytest
import yaml

from genrelab import cli, config, verbs
from genrelab.errors import ConfigError

ALL = [(group, verb) for group, its in verbs.GROUPS.items() for verb in its]
ENTRY_POINTS = {verb for _, verb in ALL} - verbs.LOCAL


@pytest.mark.parametrize(
    ("line", "verb", "options", "overrides"),
    [
        ("train --model cnn", "train", {"model": "cnn", "seeds": None}, {}),
        ("train --model=cnn --epochs 5 --seeds 3", "train", {"model": "cnn", "seeds": 3}, {"epochs": "5"}),
        ("train --hp.conv1.units 64 --model cnn", "train", {"model": "cnn"}, {"hp.conv1.units": "64"}),
        ("train --hp.learning_rate -0.5", "train", {"model": ""}, {"hp.learning_rate": "-0.5"}),
        ("train --batch-size=8 --from-tune 1a", "train", {"from_tune": "1a"}, {"batch_size": "8"}),
        ("audit --strict true", "audit", {"strict": True}, {}),
        ("audit --strict", "audit", {"strict": True}, {}),
        ("audit --strict clipped,silence", "audit", {"strict": ["clipped", "silence"]}, {}),
        ("audit", "audit", {"strict": False}, {}),
        ("promote --name a --force --version 2", "promote", {"force": True, "version": "2", "history": False}, {}),
        ("zoo --models cnn,svm", "zoo", {"models": ["cnn", "svm"], "folds": None}, {}),
        ("predict --model_uri m --audio a,b.mp3", "predict", {"audio": "a,b.mp3", "top_k": None}, {}),
        ("similar --model_uri m --audio a --n 3", "similar", {"n": 3}, {}),
        ("tune --model cnn --space both", "tune", {"space": "both", "trials": None}, {}),
        ("evaluate --model_uri m --dataset other", "evaluate", {"dataset": "other"}, {}),
        ("compare --dataset other", "compare", {"runs": ()}, {"dataset": "other"}),
        ("show_config --split kfold", "show_config", {"model": ""}, {"split": "kfold"}),
        ("ui", "ui", {"port": 5000}, {}),
    ],
)
def test_a_line_is_a_verb_with_typed_options_and_overrides(line, verb, options, overrides):
    found = cli.parse(line.split())
    assert found.verb == verb
    assert {name: found.options[name] for name in options} == options
    assert found.overrides == overrides


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], "no such command 'trian'.*'train'"),
        (["train", "cnn"], "got 'cnn' where an option was expected"),
        (["train", "--epochs"], "option --epochs has no value"),
        (["train", "--seeds", "many"], "seeds must be a whole number, got 'many'"),
        (["replicate", "--fast", "maybe"], "fast must be true or false, got 'maybe'"),
        (["similar", "--audio", "a"], "missing option '--model_uri'"),
        (["ui", "--port", "x"], "port must be a whole number, got 'x'"),
    ],
)
def test_what_is_wrong_with_a_line_is_one_line(words, message):
    with pytest.raises(ConfigError, match=message) as raised:
        cli.parse(words)
    assert "\n" not in str(raised.value)


def test_an_empty_word_is_an_option_not_given():  # MLflow's `-P folds=`
    assert cli.parse(["train", "--model", "cnn", "--folds", "", "--preset", ""]).options["folds"] is None
    assert cli.parse(["audit", "--strict", ""]).options["strict"] is False


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"]])
def test_help_and_version_end_the_program(words, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.parse(words)
    assert ended.value.code == 0
    assert "genrelab" in capsys.readouterr().out


@pytest.mark.parametrize(("group", "verb"), ALL)
def test_every_option_of_a_verb_is_described_where_it_is_declared(group, verb):
    function = verbs.load(group, verb)
    texts = cli.parameter_help(function)
    for option in cli.parse([verb, *_required(function)]).options:
        assert texts[option]
    assert cli.summary(function).endswith(".")


def _required(function):
    import inspect

    needed = [p.name for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    return [word for name in needed if name != "config" for word in (f"--{name}", "x")]


def test_overrides_with_short_names_are_named_in_the_help():
    assert set(config.ALIASES) <= {name.strip(" -") for name in cli.COMMON.split(",")}


def test_every_verb_is_an_entry_point_of_mlflow():
    project = yaml.safe_load(Path("MLproject").read_text(encoding="utf-8"))
    assert set(project["entry_points"]) == ENTRY_POINTS


@pytest.mark.parametrize(("group", "verb"), [(group, verb) for group, verb in ALL if verb in ENTRY_POINTS])
def test_an_entry_point_hands_on_what_it_declares_and_its_empty_words_are_the_verbs_defaults(group, verb):
    entry = yaml.safe_load(Path("MLproject").read_text(encoding="utf-8"))["entry_points"][verb]
    declared = entry.get("parameters", {})
    words = ["PYTHONPATH=src", "python", "-m", "genrelab", verb]
    assert entry["command"].split() == words + [word for name in declared for word in (f"--{name}", f"{{{name}}}")]
    given = {name: parameter.get("default", "x") for name, parameter in declared.items()}
    needed = [word for word in _required(verbs.load(group, verb)) if word.lstrip("-") not in given and word != "x"]
    read = cli.parse(
        [verb, *(w for name in needed for w in (name, "x")), *(w for n, v in given.items() for w in (f"--{n}", v))]
    )
    plain = cli.parse([verb, *_required(verbs.load(group, verb))])
    optional = {name for name, parameter in declared.items() if "default" in parameter}
    assert {name: read.options[name] for name in optional} == {name: plain.options[name] for name in optional}
    assert not read.overrides
    # MLflow logs them as they were typed, and nothing else can be logged under their names.
    assert not {"model", "dataset", "task", "split", "feature", "seed"} & set(declared)


def test_every_verb_stands_in_the_readme():
    table = Path("README.md").read_text(encoding="utf-8").partition("## Entry points")[2].partition("\n## ")[0]
    named = set(re.findall(r"mlflow run \. -e (\w+)", table)) | {"main"}
    assert named == ENTRY_POINTS
    local = {verb.replace("_", "-") for verb in verbs.LOCAL} - {*verbs.GROUPS["stages"]}
    assert local <= set(re.findall(r"`genrelab ([\w-]+)", table))
