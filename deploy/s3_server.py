"""An S3 server for one machine, to try things out: moto's, whose objects are in memory, and copies of them in a folder.

    python deploy/s3_server.py FOLDER --port 9000 --bucket genrelab

It listens on 127.0.0.1 alone and asks for no password. What lies in FOLDER is there again at the next start.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple
from werkzeug.test import Client

Wsgi = Callable[..., Iterable[bytes]]
# moto does not check signatures, but a request without one sees only public objects.
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=genrelab/19700101/us-east-1/s3/aws4_request"}


class Kept:
    """A WSGI application that answers as `server` does, and keeps what S3 has accepted in `folder`."""

    def __init__(self, server: Wsgi, folder: Path) -> None:
        self._server, self._folder, self._client = server, folder, Client(server)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        """Answer a request, as WSGI has it."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        answer = b"".join(self._server(environ, start_response))
        if environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE"):
            bucket, _, key = path.strip("/").partition("/")
            if key:
                self._keep(bucket, key)
            elif "delete" in parse_qs(query, keep_blank_values=True):  # delete several objects
                for file in [*(self._folder / bucket).iterdir()]:
                    self._keep(bucket, unquote(file.name))
            elif bucket:
                (self._folder / bucket).mkdir(parents=True, exist_ok=True)
        yield answer

    def _keep(self, bucket: str, key: str) -> None:
        """Make the copy of an object what the object is: before the answer goes out, so that a kill loses nothing."""
        file = self._folder / bucket / quote(key, safe="")
        found = self._client.get(f"/{bucket}/{quote(key)}", headers=SIGNED)
        if found.status_code != 200:
            file.unlink(missing_ok=True)
            return
        partial = self._folder / f"{bucket}.partial.{id(found)}"
        partial.write_bytes(found.data)
        partial.replace(file)

    def restore(self) -> None:
        """Give the server what the folder has."""
        for bucket in (path for path in self._folder.iterdir() if path.is_dir()):
            self._client.put(f"/{bucket.name}", headers=SIGNED)
            for file in bucket.iterdir():
                key = quote(unquote(file.name))
                self._client.put(f"/{bucket.name}/{key}", data=file.read_bytes(), headers=SIGNED)


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--bucket", default="genrelab")
    options = parser.parse_args()
    (options.folder / options.bucket).mkdir(parents=True, exist_ok=True)
    kept = Kept(DomainDispatcherApplication(create_backend_app), options.folder)
    kept.restore()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run_simple("127.0.0.1", options.port, kept, threaded=True)


if __name__ == "__main__":
    main()
