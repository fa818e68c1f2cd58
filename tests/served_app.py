"""An ASGI application that answers requests from a thread of this process."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import uvicorn


@contextlib.contextmanager
def answering(app: Any) -> Iterator[str]:
    """Serve an application, and yield the address of its /invocations."""
    served = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=served.run)
    thread.start()
    while not served.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}/invocations"
    served.should_exit = True
    thread.join(10)
