"""The command line: parse, load the config, call one verb of pipeline.py.

Heavy packages (TensorFlow, MLflow) are imported by the verbs that need them, so that --help is quick.
"""

import argparse
import os
import signal
import sys
import types
from collections.abc import Sequence
from typing import Any, NoReturn

from genrelab.errors import ConfigError, GenreLabError

MODEL = "a module of models/, such as cnn, crnn or svm; or several as one, cnn+svm"
# verb: (what it does, the options that it needs beside those of params.yaml, those that it may have: name -> help)
VERBS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "main": ("data, each model of params.yaml trained and scored, and their leaderboard", {}, {}),
    "explore": ("log a look at a corpus: typical clips, class balance, lengths, loudness, spectra, tempo", {}, {}),
    "train": (
        "train a model, score it once on test, register it",
        {},
        {
            "model": MODEL,
            "preset": "hyperparameters that the model knows by name, such as thesis-both",
            "from_tune": "run id of a search, whose best hyperparameters are used",
            "folds": "cross-validate: train and score on each of so many folds (split kfold or artist_kfold)",
            "seeds": "train and score with so many seeds, and say how far they differ",
        },
    ),
    "tune": (
        "search a model's hyperparameters on validation, then train, score and register the best",
        {"model": MODEL},
        {
            "role": "chief or worker, in a search on several machines",
            "chief": "the chief's host:port, 127.0.0.1:8476 if not given",
        },
    ),
    "evaluate": (
        "score a saved model on its test part, or on another corpus with the same classes",
        {"model_uri": "models:/<name>/<version>, runs:/<run id>/model"},
        {"dataset": "a corpus other than the model's own"},
    ),
    "compare": (
        "compare the latest scored runs on the same corpus, task, split and test clips",
        {},
        {"runs": "ids of the runs to compare instead, or beginnings of ids, with commas between them"},
    ),
    "promote": (
        "make a version of a registered model champion, if it earns it",
        {"name": "the registered model: <dataset>-<task>"},
        {
            "version": "the version that challenges; if not given, the best other one by validation",
            "force": "true: promote it whatever speaks against it",
            "rollback": "true: go back to the champion before",
            "history": "true: print every decision so far",
        },
    ),
    "replicate": (
        "run the thesis's experiments: baselines, searches, both tasks; its tables beside ours",
        {},
        {"fast": "true for a small version, of few trials and epochs"},
    ),
    "zoo": (
        "train and score many models on the same clips, resumable, one failing stops no other; compare them",
        {},
        {
            "models": "names with commas between them; if not given, all there are",
            "budget": "the longest each may train, such as 90s, 20m or 1h",
            "folds": "train and score each on so many folds (split kfold or artist_kfold)",
        },
    ),
    "audit": (
        "find what is wrong with a corpus, clip by clip",
        {},
        {"strict": "true to fail on findings, or those on which to fail, such as near_duplicate,label_suspect"},
    ),
    "leakage": (
        "train a model on slices divided by slice, by clip and by artist, and show what the first two leak",
        {"model": MODEL},
        {"seeds": "how many seeds; leakage.seeds of params.yaml if not given"},
    ),
    "predict": (
        "say what genres sound files are of, by a saved model",
        {
            "model_uri": "models:/<name>@<alias>, models:/<name>/<version>, runs:/<run id>/model",
            "audio": "a file, a folder, a pattern such as ~/Music/*.mp3, or several with commas between",
        },
        {
            "output": "a .csv or .jsonl file to write",
            "top_k": "how many of the most probable genres are named, 3 if not given",
            "timeline": "true for the windows of long songs one by one",
            "explain": "true for pictures of what spoke for the label",
        },
    ),
    "similar": (
        "name the clips of a corpus that a saved model finds most like a song",
        {
            "model_uri": "models:/<name>@<alias>, models:/<name>/<version>, runs:/<run id>/model",
            "audio": "a file, a folder, a pattern such as ~/Music/*.mp3, or several with commas between",
        },
        {
            "corpus": "the corpus, by its name in params.yaml; if not given, that of `dataset`",
            "n": "how many clips, 10 if not given",
            "output": "a .csv or .jsonl file to write",
        },
    ),
    "ui": ("the MLflow UI on 127.0.0.1", {"port": "its port, such as 5000"}, {}),
    "source": ("DVC stage: note what a corpus is made of", {}, {}),
    "dataset": ("DVC stage: check the sound files of a corpus and list them in clips.csv", {}, {}),
    "features": ("DVC stage: compute a feature of each clip", {}, {}),
    "survey": ("DVC stage: measure levels, tempo and spectrum of each clip", {}, {}),
    "pictures": ("DVC stage: draw the pictures of a corpus", {}, {}),
}
COMMON = (
    "--dataset, --task, --split, --feature, --seed, --epochs, --batch_size, --early_stopping, --restore_best, --space, "
    "--oracle, --trials, --objective, --repeats, --refit"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(f"{message}; see {self.prog} --help")


def parse(words: Sequence[str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """Return (verb, the verb's own options, overrides of params.yaml) of a command line."""
    parser = _Parser(
        prog="python -m genrelab",
        description="A laboratory for music genre classification.",
        epilog="Every verb is also an entry point: mlflow run . -e <verb> -P name=value.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True, parser_class=_Parser)
    for verb, (what, needed, possible) in VERBS.items():
        sub = verbs.add_parser(
            verb,
            help=what,
            description=what[0].upper() + what[1:] + ".",
            epilog=f"Any value of params.yaml can be overridden: {COMMON}, --training.epochs, --hp.conv1.units ...",
            allow_abbrev=False,
        )
        for name, text in needed.items():
            sub.add_argument(f"--{name}", required=True, help=text)
        for name, text in possible.items():
            sub.add_argument(f"--{name}", default="", help=text)
    known, rest = parser.parse_known_args(list(words))
    own = {name: value for name, value in vars(known).items() if name != "verb"}
    return known.verb, own, _overrides(rest)


def _overrides(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise ConfigError(f"'{word}' stands where an option was expected; write --name value")
        name, equals, value = word[2:].partition("=")
        if not equals:
            if not rest:
                raise ConfigError(f"option --{name} has no value; write --{name} value")
            value = rest.pop(0)
        found[name if "." in name else name.replace("-", "_")] = value  # below a dot stand names of the user's own
    return found


def run(words: Sequence[str]) -> None:
    """Run one command line; errors that a user can meet are GenreLabErrors."""
    verb, own, overrides = parse(words)
    from genrelab import config
    from genrelab import verbs as pipeline

    getattr(pipeline, verb)(config.load(overrides=overrides), **own)


def main() -> NoReturn:
    """Run the command line of this process; exit with 0, 2 (a line says why), 3 (done in part) or 130 (stopped)."""
    signal.signal(signal.SIGTERM, _interrupt)  # `kill` ends a run as Ctrl-C does: recorded, and able to go on
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        run(sys.argv[1:])
    except GenreLabError as error:
        _fail(sys.argv[1:], str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("genrelab: interrupted; run the same command again to resume", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


def _fail(words: Sequence[str], message: str) -> None:
    print(f"genrelab: error: {message}", file=sys.stderr)
    if "MLFLOW_RUN_ID" in os.environ:
        from genrelab.tracking import runs

        runs.note_failure(words[0], message)


def _interrupt(number: int, frame: types.FrameType | None) -> Any:
    raise KeyboardInterrupt
