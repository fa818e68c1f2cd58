"""Keras as this project needs it, whatever the user's own settings are."""

import json
import os
import subprocess
import sys

import pytest

SHOWN = (
    "from genrelab.layers.keras_backend import keras\n"
    "print(keras.backend.backend(), keras.config.image_data_format(), keras.config.floatx())"
)


def started(code=SHOWN, **env):
    env = {**os.environ, "PYTHONPATH": "src", **env}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_model_that_imports_keras_starts_it_quietly():
    done = started("from genrelab import plugins; plugins.load('models', 'cnn')", TF_CPP_MIN_LOG_LEVEL="0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_users_keras_json_changes_nothing(tmp_path):
    settings = {"backend": "torch", "image_data_format": "channels_first", "floatx": "float16", "epsilon": 0.1}
    (tmp_path / "keras.json").write_text(json.dumps(settings))
    assert started(KERAS_HOME=str(tmp_path), KERAS_BACKEND="").stdout.split() == [
        *("tensorflow", "channels_last", "float32")
    ]


def test_a_backend_that_is_not_installed_is_a_line():
    last_line = started(KERAS_BACKEND="nonesuch").stderr.splitlines()[-1]
    assert last_line.endswith("KERAS_BACKEND is 'nonesuch', which is not installed; unset it, or set it to tensorflow")


def test_tensorflow_keeps_its_memory_from_step_to_step_whichever_module_imports_it():
    code = "import os, sys, genrelab; print('tensorflow' in sys.modules, os.environ['TF_CPU_ALLOCATOR_USE_BFC'])"
    env = {name: value for name, value in os.environ.items() if name != "TF_CPU_ALLOCATOR_USE_BFC"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert result.stdout.split() == ["False", "true"]
