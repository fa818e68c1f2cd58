"""What the verbs make of their options."""

import pytest

from genrelab import config, verbs
from genrelab.errors import ConfigError


@pytest.mark.parametrize(
    ("split", "taken"), [("random", "kfold"), ("artist", "kfold"), ("kfold", "kfold"), ("artist_kfold", "artist_kfold")]
)
def test_folds_are_of_the_split_that_is_asked_for_if_it_has_any(split, taken):
    found = verbs.in_folds(config.load(overrides={"split": split, f"splits.{taken}.seed": "7"}), "3")
    assert found.split == taken
    assert found.split_params(taken)[1].model_dump() == {"folds": 3, "valid": 0.125, "seed": 7}


def test_a_wrong_number_of_folds_is_one_line():
    with pytest.raises(ConfigError, match=r"splits\.artist_kfold\.folds"):
        verbs.in_folds(config.load(overrides={"split": "artist_kfold"}), "one")
