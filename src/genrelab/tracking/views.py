"""Saved views of an experiment's runs: the columns and charts with which the UI compares them at a glance.

MLflow stores a shared view as JSON in a tag of the experiment, and a link names it (`viewStateShareKey`). A view does
not store which parents are expanded: "Expand rows" above the table does that.
"""

import contextlib
import json
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

SAVED = "mlflow.sharedViewState."
KIND = "mlflow.experimentKind"  # without it the UI asks whether the experiment is about language models
TRAINING = "custom_model_development"
VIEW = "glance"
COLUMNS = (
    *("params.`model`", "params.`dataset`", "params.`split`"),
    *("metrics.`test_accuracy`", "tags.`test_accuracy_interval`", "metrics.`test_f1`", "metrics.`valid_accuracy`"),
    "metrics.`train_seconds`",
)
TAGS = ("metrics.`test_map`", "metrics.`test_roc_auc`")  # additional columns if clips have several labels
HEADLINES = (
    *("test_accuracy", "test_f1", "valid_accuracy", "train_seconds"),
    *("test_log_loss", "test_ece", "predict_ms", "parameters"),
)
PICTURES = ("confusion_matrix",)
FITTED = "params.`model` LIKE '%'"  # no comparisons or promotions, which `mlflow run` puts into the same experiment


def save(experiment_id: str) -> None:
    """Save the view with the experiment; leave a store that accepts no tags unchanged."""
    client = mlflow.MlflowClient()
    with contextlib.suppress(MlflowException):
        client.set_experiment_tag(experiment_id, KIND, TRAINING)
        multilabel = bool(client.search_runs([experiment_id], "metrics.test_map >= 0", max_results=1))
        client.set_experiment_tag(experiment_id, f"{SAVED}{VIEW}", json.dumps(view(multilabel=multilabel)))


def link(experiment_id: str, mode: str) -> str:
    """Return the part of the UI's address that opens the view; `mode` is TABLE or CHART."""
    query = f"viewStateShareKey={VIEW}&workflowType=machine_learning&compareRunsMode={mode}"
    return f"#/experiments/{experiment_id}/runs?{query}"


def view(*, multilabel: bool = False) -> dict[str, Any]:
    """Return the state of the runs view: fitted models, newest first; charts of headline figures, confusion matrices.

    With `multilabel`, the figures of tags get columns, and the mean average precision a chart.
    """
    columns = [*COLUMNS, *(TAGS if multilabel else ())]
    figures = [*HEADLINES, *(("test_map",) if multilabel else ())]
    headlines = [
        {**_chart("BAR", "headlines", name), "metricKey": name, "selectedMetricKeys": [name], "dataAccessKey": name}
        for name in figures
    ]
    pictures = [
        {**_chart("IMAGE", "pictures", name), "imageKeys": [name], "step": 0, "showRunParams": False}
        for name in PICTURES
    ]
    return {
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "searchFilter": FITTED,
        "selectedColumns": columns,
        "columnOrder": columns,
        "compareRunCharts": [*headlines, *pictures],
        "compareRunSections": [
            {**_section("headlines", "At a glance"), "columns": 2, "cardHeight": 280},
            {**_section("pictures", "Confusion matrices"), "columns": 1, "cardHeight": 640},
            # MLflow's name for the section of all figures that have no chart above.
            {**_section("rest", "Model metrics"), "display": False},
        ],
        "isAccordionReordered": True,
    }


def _chart(kind: str, section: str, name: str) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": f"genrelab-{name}",
        "metricSectionId": f"genrelab-{section}",
        "runsCountToCompare": 10,
        "deleted": False,
        "isGenerated": True,
    }


def _section(uuid: str, name: str) -> dict[str, Any]:
    return {
        "uuid": f"genrelab-{uuid}",
        "name": name,
        "display": True,
        "isReordered": True,
        "deleted": False,
        "isGenerated": True,
    }
