"""Plug-ins by name, ours and those of other packages."""

import sys

import numpy as np
import pytest

from genrelab import plugins
from genrelab.errors import ConfigError
from genrelab.features._base import Feature

MODEL = "FEATURES = ('mel',)\ndef build(hp, input_shape, n_classes): ..."


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package of one module with entry points, as pip would: a function of them and the module's source."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(package: str, entry_points: str, source: str = MODEL) -> None:
        about = tmp_path / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(entry_points)
        (tmp_path / f"{package}.py").write_text(source)

    yield install
    for name in [name for name in sys.modules if name.startswith("outside")]:
        del sys.modules[name]


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


def test_another_package_adds_to_a_group_and_is_not_imported_until_it_is_used(install):
    install("outside_a", "[genrelab.models]\ntiny = outside_a\n")
    assert "tiny" in plugins.names("models")
    assert plugins.names("models") == sorted(plugins.names("models"))
    assert "tiny" not in plugins.names("features")
    assert "outside_a" not in sys.modules
    assert plugins.load("models", "tiny").FEATURES == ("mel",)
    assert plugins.foreign({"models": ["cnn", "tiny"], "features": ["mel"]}) == [
        {"group": "models", "name": "tiny", "module": "outside_a", "package": "outside_a"}
    ]
    assert "outside_a" in plugins.packages()
    assert plugins.code_of("outside_a").name == "outside_a.py"


def test_a_name_that_genrelab_has_is_a_clash_and_the_rest_goes_on(install):
    install("outside_b", "[genrelab.models]\ncnn = outside_b\n")
    with pytest.raises(ConfigError, match="the model 'cnn' is provided by genrelab and by outside_b; uninstall"):
        plugins.load("models", "cnn")
    assert plugins.names("models").count("cnn") == 1
    plugins.load("models", "svm")


def test_a_name_that_two_packages_give_is_a_clash(install):
    for package in ("outside_c", "outside_d"):
        install(package, f"[genrelab.splits]\nhalves = {package}\n")
    with pytest.raises(ConfigError, match=r"the split 'halves' is provided by outside_\w and by outside_\w;"):
        plugins.load("splits", "halves")


@pytest.mark.parametrize(
    ("source", "value", "message"),
    [
        ("import nothing_like_it", "{}", "cannot be imported: .*No module named 'nothing_like_it'"),
        ("1 / 0", "{}", "cannot be imported: .*division by zero"),
        ("x = (", "{}", "cannot be imported: "),
        ("FEATURES = ('mel',)", "{}", "lacks build; see docs/plugins.md"),
        (MODEL, "{}:build", "must be a module, but its entry point names 'outside_.*:build'"),
        (MODEL, "{}_nowhere", "cannot be imported: .*No module named 'outside_"),
    ],
)
def test_a_broken_plug_in_is_one_line_that_names_its_package(install, source, value, message, request):
    package = f"outside_broken{abs(hash(request.node.name))}"
    install(package, f"[genrelab.models]\nbroken = {value.format(package)}\n", source)
    assert "broken" in plugins.names("models")
    with pytest.raises(ConfigError, match=f"the model 'broken' of the package {package} {message}") as caught:
        plugins.load("models", "broken")
    assert "\n" not in str(caught.value)


def test_what_a_loaded_model_carries_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugins, "_carried", {})  # for this test alone
    (tmp_path / "outside_carried.py").write_text(MODEL)
    with pytest.raises(ConfigError, match="there is no 'carried_model' among the models"):
        plugins.load("models", "carried_model")
    plugins.carry([{"group": "models", "name": "carried_model", "module": "outside_carried", "package": "p"}])
    assert plugins.load("models", "carried_model").__name__ == "outside_carried"
    assert "outside_carried" in plugins.packages()
    plugins.carry([{"group": "models", "name": "cnn", "module": "outside_carried", "package": "p"}])
    assert plugins.load("models", "cnn").__name__ == "genrelab.models.cnn"


ENCODER = """
import numpy as np
LICENCE, SOURCE, SHA256 = "ISC", "nowhere", "0" * 64
SAMPLE_RATE, FRAME_SECONDS, DEFAULT_LAYERS = 8000, 0.0, ()
def at_hand(path): return SHA256
def layers(path): return {"loudness": 1}
def encode(samples, path): return {"loudness": np.abs(samples).mean(keepdims=True)[np.newaxis]}
"""


def test_an_encoder_of_another_package_gives_embeddings_and_is_carried(install):
    install("outside_encoder", "[genrelab.encoders]\nloudness = outside_encoder\n", ENCODER)
    feature = Feature.from_params("embeddings", {"encoder": "loudness"})
    assert feature.sample_rates == [8000]
    assert feature.shape == (1,)
    np.testing.assert_allclose(feature.extract({8000: np.full(10, -0.5, np.float32)}), [0.5])
    carried = plugins.foreign({"features": feature.kinds, "encoders": feature.encoders})
    assert [(one["group"], one["name"]) for one in carried] == [("encoders", "loudness")]
