"""Plug-ins by name."""

import pytest

from genrelab import catalog
from genrelab.errors import ConfigError


def test_names_are_the_modules():
    assert {"cnn", "crnn", "svm"} <= set(catalog.names("models"))
    assert {"synthetic", "gtzan", "gtzan_mini", "folder"} <= set(catalog.names("datasets"))
    assert "mel" in catalog.names("features")
    assert "random" in catalog.names("splits")


def test_a_typo_gets_a_suggestion():
    with pytest.raises(ConfigError, match="no 'crn' among the models; did you mean 'crnn'"):
        catalog.load("models", "crn")


@pytest.mark.parametrize("name", ["__init__", "../cnn", "os", ""])
def test_only_plug_ins_are_loaded(name):
    with pytest.raises(ConfigError):
        catalog.load("models", name)
