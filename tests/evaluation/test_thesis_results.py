import pytest

from genrelab.evaluation import thesis_results

ALL = pytest.mark.parametrize(("experiment", "model"), thesis_results.REPORTED)


def reported(experiment, model):
    found = thesis_results.REPORTED[experiment, model]
    return found, thesis_results.TEST_CLIPS_OF[thesis_results.EXPERIMENTS[experiment].task]


def test_two_models_an_experiment_in_the_order_of_the_tables():
    assert [experiment.table for experiment in thesis_results.EXPERIMENTS.values()] == [1, 2, 3, 4, 5]
    assert list(thesis_results.REPORTED) == [
        (name, model) for name in thesis_results.EXPERIMENTS for model in ("cnn", "crnn")
    ]


@pytest.mark.parametrize("task", ["genre", "style"])
def test_every_task_has_the_same_number_of_test_clips(task):
    assert sum(thesis_results.TEST_CLIPS_OF[task].values()) == thesis_results.TEST_CLIPS == 200


@ALL
def test_right_answers_give_the_accuracy_to_within_rounding(experiment, model):
    found, asked = reported(experiment, model)
    assert list(found.right) == list(asked)
    assert all(found.right[name] <= asked[name] for name in asked)
    assert abs(100 * sum(found.right.values()) / thesis_results.TEST_CLIPS - found.accuracy) <= 0.5


@ALL
def test_right_answers_give_the_recall_to_within_rounding(experiment, model):
    found, asked = reported(experiment, model)
    recall = sum(found.right[name] / asked[name] for name in asked) / len(asked)
    assert abs(100 * recall - found.recall) <= 0.5 + 1e-9


@ALL
def test_no_macro_f1_above_what_precision_and_recall_allow(experiment, model):
    found, _ = reported(experiment, model)
    precision, recall = found.precision + 0.5, found.recall + 0.5
    assert found.f1 - 0.5 <= 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("model", ["cnn", "crnn"])
def test_two_classes_give_every_figure(model):
    found, asked = reported("styles", model)
    right = list(found.right.values())
    missed = [n - r for n, r in zip(asked.values(), right, strict=True)]
    precisions = [r / (r + m) for r, m in zip(right, reversed(missed), strict=True)]
    f1s = [2 * r / (2 * r + sum(missed)) for r in right]
    assert round(100 * sum(precisions) / 2) == found.precision
    assert round(100 * sum(f1s) / 2) == found.f1
