"""What a run was made with."""

from genrelab.tracking import environment


def test_without_git_runs_are_made_all_the_same_and_a_line_says_what_they_lack(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert environment.git() == {}
    assert environment.git() == {}
    assert capsys.readouterr().err.count("git is not installed") == 1
