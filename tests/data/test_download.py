import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from genrelab.data import download as module
from genrelab.data.download import download
from genrelab.errors import DataError

CONTENT = os.urandom(3 * 2**20 + 17)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT as /file; `server` says how it behaves, and collects the Range headers that it was sent."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        status = server.statuses.pop(0) if server.statuses else 200
        if status != 200 or self.path != "/file":
            self.send_error(status if status != 200 else 404)
            return
        start = 0
        if server.resumable and (asked := self.headers.get("Range")):
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(CONTENT):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start + server.shift}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        part = CONTENT[start:][: server.break_after]
        for i in range(0, len(part), 2**16):
            self.wfile.write(part[i : i + 2**16])
            time.sleep(server.pause)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # a client that was killed
        server.ranges, server.statuses, server.shift = [], [], 0
        server.resumable, server.break_after, server.pause = True, None, 0
        server.url = f"http://127.0.0.1:{server.server_address[1]}/file"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def fails(server, target, match, **how):
    with pytest.raises(DataError, match=match) as caught:
        download(server.url, target, **how)
    assert "\n" not in str(caught.value)
    assert not target.exists()


def test_a_file_arrives_whole_and_is_verified(tmp_path, server, capfd):
    target = tmp_path / "new" / "file"
    download(server.url, target, MD5)
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["file"]
    assert "downloading: 100%" in capfd.readouterr().err


def test_what_is_there_is_not_fetched_again(tmp_path, server):
    (tmp_path / "file").write_bytes(b"here")
    download(server.url, tmp_path / "file", MD5)
    assert server.ranges == []


def test_a_download_goes_on_where_it_stopped(tmp_path, server):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    download(server.url, tmp_path / "file", MD5)
    assert server.ranges == ["bytes=1000-"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_cannot_resume_sends_all_again(tmp_path, server):
    server.resumable = False
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    download(server.url, tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_that_is_whole_is_only_verified(tmp_path, server):
    (tmp_path / "file.part").write_bytes(CONTENT)
    download(server.url, tmp_path / "file", MD5)
    assert server.ranges == [f"bytes={len(CONTENT)}-"]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_dropped(tmp_path, server):
    (tmp_path / "file.part").write_bytes(CONTENT + b"more")
    download(server.url, tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_broken_line_is_taken_up_again(tmp_path, server, caplog):
    server.break_after = 2**19
    download(server.url, tmp_path / "file", MD5)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.ranges == [None, *(f"bytes={i * 2**19}-" for i in range(1, 7))]
    assert [r.getMessage() for r in caplog.records] == ["the connection broke; trying again in 0 s"] * 6
    assert len(server.ranges) > module.ATTEMPTS  # as often as it takes, so long as each brings something


def test_a_killed_download_goes_on(tmp_path, server):
    server.pause = 0.05
    code = "import sys; from pathlib import Path; from genrelab.data.download import download; "
    code += "download(sys.argv[1], Path(sys.argv[2]))"
    target = tmp_path / "file"
    process = subprocess.Popen([sys.executable, "-c", code, server.url, target], stderr=subprocess.DEVNULL)
    part = tmp_path / "file.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    arrived = part.stat().st_size
    assert 0 < arrived < len(CONTENT)
    server.pause = 0
    download(server.url, target, MD5)
    assert server.ranges == [None, f"bytes={arrived}-"]
    assert target.read_bytes() == CONTENT


def test_another_file_than_expected_is_removed(tmp_path, server):
    fails(server, tmp_path / "file", f"its md5 is {MD5}, expected {'0' * 32}", md5="0" * 32)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_told_at_once(tmp_path, server):
    server.url += "-that-is-not-there"
    fails(server, tmp_path / "file", "the server answered 404 Not Found")
    assert len(server.ranges) == 1


def test_a_server_in_trouble_is_asked_again(tmp_path, server):
    server.statuses = [500, 503, 429]
    download(server.url, tmp_path / "file", MD5)
    assert len(server.ranges) == 4


def test_a_server_that_stays_in_trouble_is_given_up(tmp_path, server):
    server.statuses = [500] * 20
    fails(server, tmp_path / "file", "the server answered 500")
    assert len(server.ranges) == module.ATTEMPTS


def test_no_server(tmp_path, server, monkeypatch):
    server.url = "http://127.0.0.1:9/file"
    fails(server, tmp_path / "file", "Connection refused")


def test_what_has_arrived_is_kept_when_given_up(tmp_path, server):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    server.statuses = [500] * 20
    fails(server, tmp_path / "file", "1000 bytes are kept in .*file.part; run again to resume")


def test_a_wrong_part_is_refused(tmp_path, server):
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    server.shift = 5
    fails(server, tmp_path / "file", "a different range than requested")


def test_no_such_address(tmp_path, server):
    server.url = "http:///nowhere"
    fails(server, tmp_path / "file", "cannot download http:///nowhere")


def test_no_place_to_store(tmp_path, server):
    (tmp_path / "a").touch()
    with pytest.raises(DataError, match="cannot be stored"):
        download(server.url, tmp_path / "a" / "file")
