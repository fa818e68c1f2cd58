"""Damaged state: a line with the file and the cure, or made again."""

import pytest

from genrelab.errors import DataError
from genrelab.state import damage


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"<<<<<<< HEAD\n{}\n", b"\xff\xfe", b"null", b'"text"'])
def test_what_is_no_json_is_said_with_the_cure_or_made_again(tmp_path, capsys, content):
    path = tmp_path / "trial.json"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        damage.read_json(path, cure="remove it")
    assert str(caught.value) == f"{path} is damaged: it holds no JSON object; remove it"
    assert damage.read_json_or({}, path) == {}
    assert f"{path} is damaged" in capsys.readouterr().out


def test_what_is_whole_is_read_and_what_is_missing_is_no_damage(tmp_path, capsys):
    path = tmp_path / "history.json"
    assert damage.read_json_or([], path) == []
    path.write_text("[1]")
    assert damage.read_json_or([], path) == [1]
    path.write_text('{"a": 1}')
    assert damage.read_json_or({}, path) == damage.read_json(path, cure="") == {"a": 1}
    assert not capsys.readouterr().out
