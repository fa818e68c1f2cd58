"""CNN14 built anew, against the same sums in plain numpy; and files that hold something else."""

import numpy as np
import pytest
from encoder_weights import cnn14_file

from genrelab.encoders import cnn14
from genrelab.errors import DataError

NOISE = np.random.default_rng(1).normal(0, 0.1, 16000).astype(np.float32)


def norm(x, arrays, name):
    """Batch normalisation of (channels, time, bands), as PyTorch has it."""
    scale = arrays[f"{name}.weight"] / np.sqrt(arrays[f"{name}.running_var"] + 1e-5)
    return (x - arrays[f"{name}.running_mean"][:, None, None]) * scale[:, None, None] + arrays[f"{name}.bias"][
        :, None, None
    ]


def convolved(x, kernel):
    """The correlation of (in, time, bands) with (out, in, 3, 3), edges padded with 0."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.einsum("itbhw,oihw->otb", windows, kernel)


def halved(x):
    _, time, bands = x.shape
    x = x[:, : time // 2 * 2, : bands // 2 * 2]
    return x.reshape(len(x), time // 2, 2, bands // 2, 2).mean(axis=(2, 4))


def test_it_is_the_net_of_the_paper(tmp_path):
    path = cnn14_file(tmp_path / "cnn14.npz")
    arrays = dict(np.load(path))
    x = norm(cnn14._log_mel(NOISE).T[:, :, None], arrays, "bn0")  # each band is a channel
    x, means = x.transpose(2, 1, 0), {}
    for i in range(1, 7):
        for k in (1, 2):
            x = convolved(x, arrays[f"conv_block{i}.conv{k}.weight"])
            x = np.maximum(norm(x, arrays, f"conv_block{i}.bn{k}"), 0)
        x = halved(x) if i < 6 else x
        means[f"block{i}"] = x.mean(axis=(1, 2))
    over_bands = x.mean(axis=2)
    whole = over_bands.max(axis=1) + over_bands.mean(axis=1)
    means["embedding"] = np.maximum(arrays["fc1.weight"] @ whole + arrays["fc1.bias"], 0)
    found = cnn14.encode(NOISE, path)
    for layer, vectors in found.items():
        np.testing.assert_allclose(vectors[0], means[layer], rtol=1e-3, atol=1e-4)


def test_its_frames_are_pieces_of_ten_seconds(tmp_path):
    path = cnn14_file(tmp_path / "cnn14.npz")
    counts = {seconds: len(cnn14.encode(np.zeros(32000 * seconds, "f4"), path)["embedding"]) for seconds in (1, 14, 16)}
    assert counts == {1: 1, 14: 1, 16: 2}


def test_a_file_of_something_else_is_one_line(tmp_path):
    np.savez(tmp_path / "other.npz", **{"bn0.weight": np.ones(64)})
    with pytest.raises(DataError, match=r"other\.npz does not hold the weights of CNN14: it lacks bn0\.bias"):
        cnn14.layers(tmp_path / "other.npz")
    (tmp_path / "net.pth").write_bytes(b"\x80\x02")
    with pytest.raises(DataError, match=r"net\.pth is not an \.npz file of plain arrays") as caught:
        cnn14.layers(tmp_path / "net.pth")
    assert "\n" not in str(caught.value)
