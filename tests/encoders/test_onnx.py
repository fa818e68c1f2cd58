"""Nets in ONNX: their outputs as layers, sound in pieces, and files that are none."""

import builtins

import numpy as np
import pytest
from encoder_weights import onnx_file

from genrelab.encoders import onnx
from genrelab.errors import ConfigError, DataError

NOISE = np.random.default_rng(1).normal(0, 0.1, 20000).astype(np.float32)


def test_without_onnxruntime_it_says_what_to_install(tmp_path, monkeypatch):
    there = builtins.__import__

    def without(name, *words):
        if name == "onnxruntime":
            raise ImportError(name)
        return there(name, *words)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r'install it with: pip install "genrelab\[onnx\]"'):
        onnx.layers(tmp_path / "net.onnx")


def test_layers_are_outputs_and_what_an_output_of_several_holds(tmp_path):
    pytest.importorskip("onnxruntime")
    path = onnx_file(tmp_path / "net.onnx")
    assert onnx.layers(path) == {"hidden.0": 5, "frames": 5, "clip": 5}
    found = onnx.encode(NOISE, path)
    kernel = np.random.default_rng(0).normal(0, 1, (5, 1, 8)).astype(np.float32)[:, 0]
    wanted = np.lib.stride_tricks.sliding_window_view(NOISE, 8)[::4] @ kernel.T
    np.testing.assert_allclose(found["frames"], wanted, atol=1e-5)
    np.testing.assert_array_equal(found["hidden.0"], found["frames"])
    np.testing.assert_allclose(found["clip"], wanted.mean(axis=0, keepdims=True), atol=1e-5)


def test_a_net_of_a_fixed_length_is_given_pieces_of_it(tmp_path):
    pytest.importorskip("onnxruntime")
    path = onnx_file(tmp_path / "net.onnx", samples=8000)
    found = onnx.encode(NOISE, path)
    assert len(found["clip"]) == 3  # the last is half full
    short = onnx.encode(NOISE[:100], path)
    assert len(short["clip"]) == 1


def test_a_file_that_is_no_net_of_sound_is_one_line(tmp_path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "net.onnx").write_bytes(b"no net")
    with pytest.raises(DataError, match=r"net\.onnx is not an ONNX model that can be run") as caught:
        onnx.layers(tmp_path / "net.onnx")
    assert "\n" not in str(caught.value)
