"""Addresses of sources: no password stands where DVC would copy it, and variables take its place."""

import http.server
import threading
import zipfile
from base64 import b64encode

import pytest

from genrelab.data.sources import Source
from genrelab.errors import ConfigError


def test_a_password_is_refused_with_a_cure_and_not_repeated():
    with pytest.raises(
        ConfigError, match=r"https://\*\*\*@host/a\.zip holds a password, .*netrc, or .*\$NAME"
    ) as caught:
        Source("https://me:secret@host/a.zip")
    assert "secret" not in str(caught.value)


def test_a_variable_that_is_not_set_is_one_line(tmp_path, monkeypatch):
    monkeypatch.delenv("MUSIC_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="names the environment variable MUSIC_PASSWORD, which is not set"):
        Source("http://me:$MUSIC_PASSWORD@127.0.0.1:9/a.zip").folder(lambda name: True, tmp_path)


def test_a_variable_takes_the_place_of_a_password(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("rock/a.wav", b"sound")
    heard = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.path, self.headers["Authorization"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write((tmp_path / "a.zip").read_bytes())

        def log_message(self, *what):
            """Print nothing."""

    monkeypatch.setenv("MUSIC_PASSWORD", "se:cr@t")
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        source = Source(f"http://me:$MUSIC_PASSWORD@127.0.0.1:{server.server_address[1]}/a.zip")
        folder = source.folder(lambda name: True, tmp_path / "work")
    assert heard == [("/a.zip", f"Basic {b64encode(b'me:se:cr@t').decode()}")]
    assert (folder / "rock/a.wav").read_bytes() == b"sound"
    assert "se:cr@t" not in str(source.fingerprint(lambda name: True, tmp_path / "cache"))
