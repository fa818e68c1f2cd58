import pytest
from sounds import text

from genrelab.errors import ConfigError
from genrelab.inference import audio_files


@pytest.fixture
def music(tmp_path, monkeypatch):
    for name in ("b.mp3", "a.WAV", "deep/er/c, d.flac", "deep/cover.jpg", "._a.wav", "notes.txt"):
        text(tmp_path / name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def names(music, where):
    return [path.relative_to(music).as_posix() for path in audio_files.sounds(where)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("{}", ["a.WAV", "b.mp3", "deep/er/c, d.flac"]),
        ("~", ["a.WAV", "b.mp3", "deep/er/c, d.flac"]),
        ("~/b.mp3", ["b.mp3"]),
        ("{}/notes.txt", ["notes.txt"]),  # named: its content decides
        ("{}/deep/er/c, d.flac", ["deep/er/c, d.flac"]),
        ("{}/b.mp3, {}/deep", ["b.mp3", "deep/er/c, d.flac"]),
        ("{}/b.mp3,{}", ["b.mp3", "a.WAV", "deep/er/c, d.flac"]),  # each once
        ("~/*", ["a.WAV", "b.mp3", "deep/er/c, d.flac"]),
        ("{}/**/*.flac", ["deep/er/c, d.flac"]),
    ],
)
def test_files_folders_patterns_and_several_of_them(music, where, found):
    assert names(music, where.replace("{}", str(music))) == found


@pytest.mark.parametrize("where", ["{}/none.mp3", "{}/b.mp3,{}/none.mp3", "{}/*.ogg", "{}/empty", "", ",", "~nobody/x"])
def test_where_nothing_is_there_an_error_of_one_line_says_so(music, where):
    (music / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"has no sound file|does not exist") as caught:
        audio_files.sounds(where.replace("{}", str(music)) if where else str(music / "empty"))
    assert "\n" not in str(caught.value)
