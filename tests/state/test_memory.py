"""What `training.memory` stands for."""

import pytest

from genrelab import config
from genrelab.errors import ConfigError
from genrelab.state import memory


@pytest.mark.parametrize(
    ("written", "n"), [("3 GB", 3e9), ("500MB", 5e8), ("1.5 gb", 1.5e9), (0, 0), (0.5, 4e9), (1, 8e9)]
)
def test_it_is_an_amount_or_a_share_of_the_machine(monkeypatch, written, n):
    monkeypatch.setattr(memory, "machine", lambda: 8 * 10**9)
    assert memory.allowed(written) == n


@pytest.mark.parametrize("written", ["lots", "3", "-1 GB", "1.5", "-0.1"])
def test_anything_else_is_one_line(written):
    with pytest.raises(
        ConfigError, match=r"training\.memory': must be a share .* in 0\.\.\.1, or an amount such as 3 GB"
    ):
        config.load(overrides={"training.memory": written})


def test_a_container_sees_its_own_limit(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "LIMIT", tmp_path / "max")
    whole = memory.machine()
    for text, limit in (("max\n", whole), ("1000000\n", 1_000_000), (f"{10**18}\n", whole)):
        memory.LIMIT.write_text(text)
        assert memory.machine() == limit


def test_it_is_no_part_of_what_figures_depend_on():
    some, more = (config.load(overrides={"training.memory": share}) for share in ("0.1", "3 GB"))
    assert some.config_hash == more.config_hash
    assert some.training.recipe == more.training.recipe


def test_it_is_told_in_the_unit_that_fits():
    assert (memory.text(33.8e9), memory.text(5.2e6)) == ("33.8 GB", "5 MB")
