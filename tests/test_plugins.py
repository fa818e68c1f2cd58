"""Plug-ins by name."""

import pytest

from genrelab import plugins
from genrelab.errors import ConfigError


def test_names_are_the_modules():
    assert {"cnn", "crnn", "svm"} <= set(plugins.names("models"))
    assert {"synthetic", "gtzan", "gtzan_mini", "folder"} <= set(plugins.names("datasets"))
    assert "mel" in plugins.names("features")
    assert "random" in plugins.names("splits")


def test_a_typo_gets_a_suggestion():
    with pytest.raises(ConfigError, match="no 'crn' among the models; did you mean 'crnn'"):
        plugins.load("models", "crn")


@pytest.mark.parametrize("name", ["__init__", "../cnn", "os", ""])
def test_only_plug_ins_are_loaded(name):
    with pytest.raises(ConfigError):
        plugins.load("models", name)
