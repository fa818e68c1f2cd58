"""What `training.precision: auto` stands for on a machine."""

import pytest

from genrelab import config
from genrelab.errors import ConfigError
from genrelab.state import cards, processor


@pytest.fixture
def cpu(tmp_path, monkeypatch):
    """Set the flags of the CPU, of a machine without cards."""
    monkeypatch.setenv(cards.VARIABLE, "")

    def with_flags(flags):
        (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: fpu {flags}\n")
        monkeypatch.setattr(processor, "CPUINFO", tmp_path / "cpuinfo")

    return with_flags


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("avx512f avx512_bf16 amx_tile", "bfloat16"), ("amx_bf16", "bfloat16"), ("avx2 avx512f", "float32")],
)
def test_auto_is_what_the_cpu_is_quick_in(cpu, flags, precision):
    cpu(flags)
    auto, explicit = (config.load(overrides={"training.precision": value}) for value in ("auto", precision))
    assert auto.training.precision == precision
    assert auto.config_hash == explicit.config_hash


def test_a_machine_that_does_not_tell_computes_in_float32(tmp_path, cpu, monkeypatch):
    cpu("amx_bf16")
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "none")
    assert processor.precision() == "float32"


def test_the_usual_precision_changes_no_hash_and_another_does():
    plain, single, half = (
        config.load(overrides=given).config_hash
        for given in ({}, {"training.precision": "float32"}, {"training.precision": "bfloat16"})
    )
    assert plain == single != half
    assert "precision" not in config.load().training.recipe


def test_another_word_is_a_line():
    with pytest.raises(ConfigError, match=r"'training\.precision' is wrong: input should be 'auto', 'float32' or 'bf"):
        config.load(overrides={"training.precision": "float16"})
