"""A task of several labels a clip in this process: tags that can be heard, and tags that are dealt out at random."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from training_data import CLIPS, FOLD, Watched, training_data

from genrelab import config, plugins
from genrelab.classifiers.slicing import slicing
from genrelab.corpus import TaggedCorpus
from genrelab.data.streamed import Streamed
from genrelab.errors import ConfigError
from genrelab.evaluation import tag_html, tag_tables
from genrelab.evaluation.tables import Drawing, Entry
from genrelab.tracking import registry, runs
from genrelab.training import cross_validation, experiment_data, prediction_table, trainer

pytestmark = pytest.mark.usefixtures("workplace")
TASK = {"task": "mood", "tasks.mood": "{kind: multilabel, source: mood.csv, min_clips: 2}"}
TAGS = ("calm", "guitar")
HEARD = {clip.id: (i % 3 > 0, i % 4 > 1) for i, clip in enumerate(CLIPS)}  # what sounds in each clip


class Tagged(Watched):
    """Features in which each tag is heard in bands of its own, by their means and by their deviations."""

    def stream(self, ids):
        rng = np.random.default_rng(0)
        heard = np.repeat([HEARD[clip] for clip in ids], 64, axis=1)[..., None]
        x = -60 + 30 * heard + (5 + 15 * heard) * rng.uniform(-1, 1, (len(ids), *self.feature.shape))
        x = x.astype(np.float32)
        return Streamed(x.shape, x.__getitem__)


def tagged_data(labels=None, *folds, **overrides):
    """Training data of the tags, or of `labels`, those that clips are said to have."""
    made = training_data(*folds, **{**TASK, **overrides})
    has = {clip: frozenset(np.array(TAGS)[list(own)]) for clip, own in (labels or HEARD).items()}
    own = TaggedCorpus(CLIPS, TAGS, tags=has)
    return Tagged(made.config, own, made.folds, made.version, made.feature, made.model, made.module)


def test_tags_that_can_be_heard_are_found_and_tags_at_random_are_not():
    found = trainer.train(tagged_data())
    assert found.metrics["test_map"] == found.metrics["test_roc_auc"] == found.metrics["test_f1"] == 1
    assert found.metrics["test_map_low"] < found.metrics["test_map_high"] == 1
    assert "test_accuracy" not in found.metrics
    table = prediction_table.read(found.run_id)
    assert list(table.columns) == ["clip", "fold", "true", "predicted", *TAGS]
    assert (
        list(table["true"])
        == list(table["predicted"])
        == [*("guitar", "calm; guitar", "calm", "", "calm; guitar", "calm; guitar")]
    )
    per_tag = pd.read_csv(io.StringIO(runs.read_text(found.run_id, "per_tag.csv")))
    assert list(per_tag["tag"]) == list(TAGS)
    assert list(per_tag["clips"]) == list(per_tag["predicted"]) == [4, 4]
    model = registry.load_model(f"models:/synthetic-mood/{found.version}")
    assert model.about["classes"] == list(TAGS)
    assert model.about["task_map"]["kind"] == "multilabel"
    assert ((model.thresholds > 0) & (model.thresholds < 1)).all()
    version = registry.versions_of("synthetic-mood")[found.version]
    assert (version.tags["test_map"], "test_accuracy" in version.tags) == ("1", False)
    assert "several or none of" in registry.model_card(f"models:/synthetic-mood/{found.version}")
    assert [run.info.run_id for run in runs.scored("synthetic")] == [found.run_id]

    rng = np.random.default_rng(1)
    dealt = dict(zip(HEARD, [tuple(row) for row in rng.permutation(list(HEARD.values()))], strict=True))
    chance = trainer.train(tagged_data(dealt))
    assert chance.metrics["test_roc_auc_low"] < 0.5 < chance.metrics["test_roc_auc_high"]


def test_folds_are_pooled_tag_by_tag():
    ids = [clip.id for clip in CLIPS]
    folds = [FOLD, FOLD.__class__(tuple(ids[12:]), tuple(ids[6:12]), tuple(ids[:6]))]
    found = cross_validation.crossvalidate(tagged_data(None, *folds))
    assert (found.metrics["test_map"], found.metrics["test_clips"]) == (1, 12)
    assert runs.metrics_of(found.run_id)["test_map_mean"] == 1


def entry(model, p, true, predicted=None):
    table = prediction_table.make([c.id for c in CLIPS], 0, true, p, TAGS, true if predicted is None else predicted)
    figures = tag_tables.tag_reports.metrics("test", true, p, true, config.load(PARAMS), np.arange(len(true)))
    return Entry(model, "seed 0", f"{model:0<32}", "", figures, table.set_index("clip"))


PARAMS = Path("params.yaml").resolve()


def test_models_are_compared_by_map_with_paired_intervals():
    true = np.array(list(HEARD.values())).astype(int)
    rng = np.random.default_rng(0)
    good, poor = entry("good", true + rng.random(true.shape), true), entry("poor", rng.random(true.shape), true)
    found = tag_tables.compare(
        "title", [poor, good, good], TAGS, [], ["a note"], drawing=Drawing(TaggedCorpus(CLIPS, TAGS), 200, 0)
    )
    assert list(found.table["name"]) == ["good", "good 2", "poor"]
    alike, ahead, _ = found.pairs.to_dict("records")
    assert (alike["map"], bool(alike["differ"])) == (0, False)
    assert ahead["map"] == pytest.approx(good.metrics["test_map"] - poor.metrics["test_map"])
    assert 0 < ahead["map_low"] < ahead["map"] < ahead["map_high"]
    assert list(found.per_tag.columns) == ["tag", "clips", "good", "good 2", "poor"]
    assert found.units == "24 clips"
    text = f"{tag_html.leaderboard(found)}\n{tag_html.details(found)}"
    assert "100.0 (" in text
    assert "calm" in text
    page = tag_html.page(found)
    assert "it cannot be distinguished from good 2" in page
    assert "Average precision of each tag" in page


def test_what_takes_one_label_a_clip_says_so():
    asked = config.load(PARAMS, TASK)
    with pytest.raises(ConfigError, match="zoo needs a task with one label per clip; 'mood' has kind multilabel"):
        experiment_data.one_label(asked, "zoo")
    experiment_data.one_label(config.load(PARAMS), "zoo")
    with pytest.raises(ConfigError, match=r"slices\.vote must be mean or geometric"):
        experiment_data.load(config.load(PARAMS, {**TASK, "slices.seconds": 3.0, "slices.vote": "majority"}), "cnn")


def test_slices_decide_on_each_tag_by_itself():
    chosen = config.load(PARAMS, {**TASK, "slices.seconds": 3.0, "slices.vote": "geometric"})
    assert slicing(chosen.for_model(plugins.load("models", "cnn"))).vote == "log_odds"


def test_its_config_is_one_of_its_own():
    asked = config.load(PARAMS, TASK)
    assert asked.multilabel
    assert not config.load(PARAMS).multilabel
    assert asked.config_hash != config.load(PARAMS, {"task": "genre"}).config_hash
    again = config.load(PARAMS, {"task": "mood", "tasks.mood": json.loads(asked.task_map("mood").model_dump_json())})
    assert again.config_hash == asked.config_hash


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("{kind: multilabel, sorce: a}", r"unknown parameter 'tasks\.mood\.sorce'; did you mean 'source'"),
        ("{kind: several}", r"parameter 'tasks\.mood\.kind' is wrong: input should be 'multilabel', got 'several'"),
        ("{kind: multilabel, min_clips: 0}", r"parameter 'tasks\.mood\.min_clips' is wrong"),
        ("{Pop: disco}", r"parameter 'tasks\.mood\.Pop' is wrong: input should be a valid list, got 'disco'"),
    ],
)
def test_a_wrong_task_is_one_line(task, message):
    with pytest.raises(ConfigError, match=message):
        config.load(PARAMS, {"tasks.mood": task})
