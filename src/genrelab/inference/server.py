"""MLflow's scoring server with a layer in front, which answers unparsable input with 400 instead of 500.

It parses large bodies one at a time, so that small requests get answers meanwhile; too many get a 503 at once.

python -m genrelab.inference.server models:/<name>/<version> --port 5001
"""

import argparse
import asyncio
import contextlib
import time
import warnings
from typing import Any

import pandas as pd
from mlflow.environment_variables import MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel, load_model, scoring_server

LARGE = 2 * 2**20  # bytes of a body: more than a clip of 30 s at 22,050 Hz, mono, 16 bits
LONGEST_PAUSE = 1.0  # seconds, at most, by which the refusal of a large body is delayed
LARGE_WAITING = 8  # large bodies being parsed or waiting; more are refused at once


class _Forgetful:
    """A model that empties a table it refuses: MLflow would print all of it into the answer."""

    def __init__(self, model: PyFuncModel) -> None:
        self._model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        try:
            return self._model.predict(data, params=params)
        except MlflowException:
            if isinstance(data, pd.DataFrame):
                data.drop(columns=list(data.columns), inplace=True)  # in place: MLflow holds the table
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Front:
    """The layer in front of MLflow: reads each body whole, and makes large ones wait for their turn.

    MLflow's and starlette's own layers pass a body on in pieces, and each piece costs every layer a task.
    """

    def __init__(self, app: Any) -> None:
        self._app, self._turn, self._waiting = app, asyncio.Semaphore(1), 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not headers.get(b"content-type"):
            await _refusal("the request has no Content-Type; application/json is expected")(scope, receive, send)
        elif int(headers.get(b"content-length") or LARGE + 1) <= LARGE:
            await self._small(scope, receive, send)
        elif self._waiting >= LARGE_WAITING:
            busy = _refusal("the server has too many waiting requests; try again later", 503)
            await busy(scope, receive, send)
        else:
            self._waiting += 1
            try:
                await self._large(scope, receive, send)
            finally:
                self._waiting -= 1

    async def _small(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            whole = await asyncio.wait_for(_read_whole(receive), MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT.get())
        except TimeoutError:
            await _refusal("the request did not arrive in time", 504)(scope, receive, send)
        else:
            await self._app(scope, whole, send)

    async def _large(self, scope: Any, receive: Any, send: Any) -> None:
        whole = await _read_whole(receive)  # before its turn, so that a slow sender does not hold it
        async with self._turn:
            start = time.monotonic()

            async def send_in_time(message: Any) -> None:
                # Refused bodies must not take more than half of the server's time.
                if message["type"] == "http.response.start" and message["status"] == 400:
                    await asyncio.sleep(min(time.monotonic() - start, LONGEST_PAUSE))
                await send(message)

            await self._app(scope, whole, send_in_time)


async def _read_whole(receive: Any) -> Any:
    """Read the body, and return a `receive` that gives it to an application in one piece."""
    parts: list[bytes] = []
    message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    cut = message["type"] == "http.disconnect"
    given = [message if cut else {"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def whole() -> Any:
        return given.pop() if given else await receive()

    return whole


def _refusal(message: str, status: int = 400) -> Any:
    from fastapi.responses import JSONResponse

    code = "INVALID_PARAMETER_VALUE" if status == 400 else "TEMPORARILY_UNAVAILABLE"
    return JSONResponse({"error_code": code, "message": message}, status_code=status)


def app(model: PyFuncModel) -> Any:
    """Return the ASGI application that answers /invocations with `model`, like MLflow's own."""
    from fastapi import Request

    served = scoring_server.init(_Forgetful(model))

    @served.exception_handler(RecursionError)
    async def too_deep(request: Request, error: Exception) -> Any:
        return _refusal("the JSON document is nested too deep")

    return _Front(served)


def main() -> None:
    """Serve a registered model until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m genrelab.inference.server")
    parser.add_argument("model_uri", help="models:/<name>/<version>, models:/<name>@<alias>, runs:/<run id>/model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5001)
    asked = parser.parse_args()
    import uvicorn

    # Sounds are strings of megabytes, which pandas would copy to Arrow memory and back. pandas 4 offers no choice.
    with contextlib.suppress(pd.errors.OptionError), warnings.catch_warnings(action="ignore"):
        pd.set_option("future.infer_string", False)
    uvicorn.run(app(load_model(asked.model_uri)), host=asked.host, port=asked.port, log_level="warning")


if __name__ == "__main__":
    main()
