"""The contracts find what is wrong, and say so."""

from types import SimpleNamespace

import numpy as np
import pytest

from genrelab import testing
from genrelab.config import Section
from genrelab.corpus import Fold
from genrelab.errors import ConfigError


class Params(Section):
    sample_rate: int = 8000


def feature(extract, doc="Source: made up.", **more):
    return SimpleNamespace(__doc__=doc, Params=Params, shape=lambda params: (4,), extract=extract, **more)


def four(values=0.0, dtype=np.float32):
    return lambda samples, params: np.full(4, values, dtype)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (feature(four(), doc="No word"), "names no source"),
        (feature(lambda samples, params: np.zeros(5, np.float32)), r"gives the shape \(5,\)"),
        (feature(four(dtype=np.float64)), "gives float64"),
        (feature(four(np.nan)), "not finite"),
        (
            feature(lambda y, params: np.random.default_rng().normal(size=4).astype("f4")),
            "different values the second time",
        ),
        (feature(lambda y, params: np.full(4, np.abs(y).max(), "f4")), "say why in FOLLOWS_LEVEL"),
        (feature(four(), FOLLOWS_LEVEL="it says so"), "FOLLOWS_LEVEL says that it follows"),
        (feature(four(), seconds=len), "it lacks frame_rate, pad_value"),
    ],
)
def test_a_feature_that_breaks_its_contract_is_told_how(given, message):
    def check_all():
        for check in testing.features.CHECKS:
            check(given)

    with pytest.raises(AssertionError, match=message):
        check_all()


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "no fold"),
        ([Fold(("class0.0.0",), ("class0.0.0",), ("class0.0.1",))], "the clip class0.0.0 in two parts"),
        ([Fold(("class0.0.0",), ("x",), ("class0.0.1",))], "the clip x, which is not in the corpus"),
        ([Fold(("class0.0.0",), (), ("class0.0.1",))], "nothing in valid"),
    ],
)
def test_folds_that_break_their_contract_are_told_how(folds, message):
    with pytest.raises(AssertionError, match=message):
        testing.splits.check_folds(folds, testing.splits.corpus())


@pytest.mark.parametrize(
    "check", [testing.check_model, testing.check_feature, testing.check_split, testing.check_dataset]
)
def test_a_plug_in_that_there_is_not_is_one_line(check):
    with pytest.raises(ConfigError, match="there is no 'nothing' among the"):
        check("nothing")
