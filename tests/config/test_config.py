"""params.yaml, overrides, messages and the config's hash."""

from pathlib import Path

import pytest
import yaml

from genrelab import config, plugins
from genrelab.errors import ConfigError


def test_shipped_params_are_valid_and_name_every_value():
    found = config.load("params.yaml")
    assert found.dataset == "synthetic"
    assert found.training.epochs == 25
    assert found.training.batch_size == 20
    feature = found.feature_params("mel")[1]
    assert (feature.sample_rate, feature.n_fft, feature.hop) == (22050, 2048, 1024)
    assert (feature.n_mels, feature.frames, feature.top_db) == (128, 660, 80)
    assert set(found.features["mel"]) == set(type(feature).model_fields)


def test_overrides_reach_any_depth_and_short_names_work():
    found = config.load(overrides={"training.epochs": "3", "batch_size": "7", "features.mel.n_mels": "96"})
    assert (found.training.epochs, found.training.batch_size) == (3, 7)
    assert found.feature_params("mel")[1].n_mels == 96


def test_a_feature_on_request_is_overridden_as_any_other_is():
    found = config.load(overrides={"features.stft.bands": "100"})
    assert found.feature_params("stft")[1].bands == 100
    assert found.on_request["stft"]["n_fft"] == 1024
    assert "stft" not in found.features
    assert found.derive({"features.stft.n_fft": 512}).on_request["stft"] == found.on_request["stft"] | {"n_fft": 512}
    assert {*found.known_features} == {*found.features, *found.on_request}
    assert found.feature_group("stft") == "on_request"
    with pytest.raises(ConfigError, match=r"on_request\.stft\.band"):
        config.load(overrides={"features.stft.band": "100"})


def test_a_feature_that_stands_in_both_places_is_the_one_that_dvc_repro_computes(tmp_path):
    data = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    data["features"]["stft"] = {"bands": 7}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    found = config.load(tmp_path / "params.yaml", {"features.stft.n_fft": 256})
    assert found.feature_group("stft") == "features"
    assert found.features["stft"] == {"bands": 7, "n_fft": 256}
    assert found.known_features.count("stft") == 1


def test_hyperparameters_keep_their_dotted_names_and_numbers_in_exponent_form_are_numbers():
    found = config.load(overrides={"hp.conv1.units": "64", "hp.learning_rate": "1e-3"})
    assert found.hp == {"conv1.units": 64, "learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"training.epoch": "3"}, ["training.epoch", "did you mean 'epochs'"]),
        ({"epohcs": "3"}, ["epohcs", "did you mean 'epochs'"]),
        ({"training.epochs": "many"}, ["training.epochs", "'many'", "integer"]),
        ({"training.epochs": "0"}, ["training.epochs", "greater than or equal to 1", "0"]),
        ({"training.epochs": "2.5"}, ["training.epochs", "2.5"]),
        ({"seed": "-1"}, ["seed", "-1"]),
        ({"dataset": "synthetik"}, ["synthetik", "did you mean 'synthetic'"]),
        ({"task": "stile"}, ["stile", "did you mean 'style'"]),
        ({"split": "rndom"}, ["rndom", "did you mean 'random'"]),
        ({"feature": "mell"}, ["mell", "did you mean 'mel'"]),
        ({"models": "[cnn, crn]"}, ["crn", "did you mean"]),
        ({"features.mel.hop_length": "1"}, ["features.mel.hop_length", "hop"]),
        ({"features.mel.f_max": "20000"}, ["features.mel", "11025"]),
        ({"splits.random.test": "1.5"}, ["splits.random.test", "1.5"]),
        ({"corpora.mine.kind": "foldr", "corpora.mine.source": "x"}, ["foldr", "did you mean 'folder'"]),
        ({"corpora.mine.source": "x"}, ["corpora.mine", "kind"]),
        ({"corpora.bad name.kind": "synthetic"}, ["corpora", "bad name"]),
        ({"seed.x": "1"}, ["seed.x", "not a group"]),
        ({"dataset": "2024-99-99"}, ["2024-99-99"]),
        ({"features.mel.top_db": ".inf"}, ["features.mel.top_db", "finite"]),
        ({"corpora": "3"}, ["corpora", "dictionary"]),
        ({"corpora.synthetic": "null"}, ["corpora.synthetic", "dictionary"]),
        ({"tasks.two.A": "[rock]", "tasks.two.B": "[rock]"}, ["tasks.two", "rock", "more than once"]),
    ],
)
def test_a_wrong_parameter_is_one_line_that_names_it_and_the_cure(overrides, words):
    with pytest.raises(ConfigError) as caught:
        config.load(overrides=overrides)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_name_that_is_refused_is_refused_in_words(tmp_path):
    text = Path("params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("corpora:", "corpora:\n  my music: {kind: synthetic}", 1))
    with pytest.raises(ConfigError, match=r"a name consists of letters, digits, - and _, .* got 'my music'"):
        config.load(tmp_path / "params.yaml")


def test_a_missing_or_broken_file_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="genrelab init"):
        config.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1")
    with pytest.raises(ConfigError, match="not valid YAML"):
        config.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("- 1")
    with pytest.raises(ConfigError, match="mapping"):
        config.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match="not valid YAML"):
        config.load(tmp_path / "params.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path)
    (tmp_path / "params.yaml").write_text("dataset: synthetic")
    with pytest.raises(ConfigError, match="'seed' is missing"):
        config.load(tmp_path / "params.yaml")


def test_uid_is_that_of_the_values_and_not_of_their_spelling():
    assert config.load().config_hash == config.load(overrides={"training.epochs": "25"}).config_hash
    assert config.load().config_hash != config.load(overrides={"training.epochs": "24"}).config_hash


@pytest.mark.parametrize(
    ("overrides", "same"),
    [
        ({"workers": "7"}, True),
        ({"corpora.other.kind": "synthetic"}, True),
        ({"tasks.style.Pop": "[rock]"}, True),
        ({"models": "[svm]"}, True),
        ({"features.mel.hop": "512"}, False),
        ({"splits.random.seed": "1"}, False),
        ({"corpora.synthetic.seed": "1"}, False),
        ({"hp.learning_rate": "1e-3"}, False),
        ({"task": "style"}, False),
    ],
)
def test_uid_is_that_of_what_is_in_force(overrides, same):
    assert (config.load().config_hash == config.load(overrides=overrides).config_hash) is same


def test_uid_heeds_the_order_of_classes(tmp_path):
    text = Path("params.yaml").read_text()
    eclectic = next(line for line in text.splitlines(keepends=True) if "Eclectic:" in line)
    pop = next(line for line in text.splitlines(keepends=True) if "Pop:" in line)
    (tmp_path / "params.yaml").write_text(text.replace(eclectic + pop, pop + eclectic))
    uids = {config.load(path, {"task": "style"}).config_hash for path in ("params.yaml", tmp_path / "params.yaml")}
    assert len(uids) == 2


def test_numbers_in_exponent_form_are_numbers_in_the_file_too(tmp_path):
    text = Path("params.yaml").read_text().replace("top_db: 80 ", "top_db: 8e1 ").replace("hp: {}", "hp: {a: 1e-3}")
    (tmp_path / "params.yaml").write_text(text)
    found = config.load(tmp_path / "params.yaml")
    assert found.features["mel"]["top_db"] == 80.0
    assert found.hp == {"a": 1e-3}


def test_config_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        config.load().seed = 1


def test_a_search_cannot_look_at_test():
    with pytest.raises(ConfigError, match="no validation metric 'test_accuracy'"):
        config.load(overrides={"objective": "test_accuracy"})


def test_a_derived_config_is_checked_as_params_yaml_is():
    settings = config.load()
    derived = settings.derive({"training.epochs": 3, "hp": {"conv1.units": 64}, "splits.random.test": 0.3})
    assert (derived.training.epochs, derived.hp, derived.splits["random"]["test"]) == (3, {"conv1.units": 64}, 0.3)
    assert derived == config.load(
        overrides={"training.epochs": "3", "hp.conv1.units": "64", "splits.random.test": "0.3"}
    )
    assert settings == config.load()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training.epochs": 0}, "parameter 'training.epochs' is wrong"),
        ({"training.epoch": 3}, "unknown parameter 'training.epoch'; did you mean 'epochs'"),
        ({"split": "rondom"}, "no 'rondom' among the splits; did you mean 'random'"),
        ({"splits.random.test": 2}, "parameter 'splits.random.test' is wrong"),
        ({"task": "mood"}, "no task 'mood'"),
    ],
)
def test_what_is_wrong_in_a_derived_config_is_one_line(changes, message):
    with pytest.raises(ConfigError, match=message):
        config.load().derive(changes)


def test_what_is_derived_is_no_longer_left_to_the_model():
    module = plugins.load("models", "resnet")
    settings = config.load()
    assert settings.for_model(module).training.epochs == module.TRAINING_DEFAULTS["training.epochs"]
    derived = settings.derive({"training.epochs": 2})
    assert derived.for_model(module).training.epochs == 2
    assert derived.for_model(module).derive({"seed": 1}).for_model(module).training.epochs == 2


def test_a_preset_gives_way_to_what_the_user_has_given():
    module = plugins.load("models", "resnet")
    preset = {"training.epochs": 3, "slices.seconds": 2.0, "dropout": 0.1, "learning_rate": 1e-3}
    given = config.load(overrides={"training.epochs": "7", "hp.dropout": "0.5"})
    found = given.with_preset(preset).for_model(module)
    assert (found.training.epochs, found.slices.seconds, found.training.batch_size) == (7, 2.0, 32)
    assert found.hp == {"dropout": 0.5, "learning_rate": 1e-3}


def test_a_config_that_one_model_has_settled_is_settled_anew_for_another():
    resnet, cnn = plugins.load("models", "resnet"), plugins.load("models", "cnn")
    assert config.load().for_model(resnet).for_model(cnn) == config.load().for_model(cnn)


def test_a_clips_slices_vote_as_the_model_has_it_unless_told_otherwise():
    votes = {model: config.load().for_model(plugins.load("models", model)).slices.vote for model in ("resnet", "cnn")}
    assert votes == {"resnet": "geometric", "cnn": "mean"}
    settings = config.load(overrides={"slices.vote": "majority"})
    assert settings.for_model(plugins.load("models", "resnet")).slices.vote == "majority"


def test_a_hop_may_be_given_to_a_model_that_has_slices_of_its_own_and_to_no_other():
    settings = config.load(overrides={"slices.hop": "1.5"})
    slices = settings.for_model(plugins.load("models", "resnet")).slices
    assert (slices.seconds, slices.hop) == (3.0, 1.5)
    with pytest.raises(ConfigError, match=r"^parameter 'slices\.hop': it is 1\.5, but there are no slices"):
        settings.for_model(plugins.load("models", "svm"))


def test_parameters_with_other_values_are_checked():
    params = config.load().feature_params("mel")[1]
    assert params.with_values(n_mels=64).n_mels == 64
    with pytest.raises(ConfigError, match="parameter 'n_mels' is wrong"):
        params.with_values(n_mels=0)
