"""MLflow's scoring server with a layer in front: what it cannot parse is a 400, instead of a 500.

Large bodies are parsed one at a time, so that small requests are answered beside them; too many are a 503 at once.

python -m genrelab.inference.server models:/<name>/<version> --port 5001
"""

import argparse
import asyncio
import time
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel, load_model, scoring_server

LARGE = 2 * 2**20  # bytes of a body: more than a clip of 30 s, whatever its format
LONGEST_PAUSE = 1.0  # seconds after a large body that was refused
LARGE_WAITING = 8  # large bodies that wait for their turn; more are refused at once


class _Forgetful:
    """A model that leaves nothing of a table that it refuses: MLflow would print all of it into the answer."""

    def __init__(self, model: PyFuncModel) -> None:
        self._model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> Any:
        try:
            return self._model.predict(data, params=params)
        except MlflowException:
            if isinstance(data, pd.DataFrame):
                data.drop(columns=list(data.columns), inplace=True)  # the table is MLflow's
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def app(model: PyFuncModel) -> Any:
    """Return the ASGI application that answers /invocations with `model`, as MLflow's own does."""
    from fastapi import Request
    from fastapi.responses import JSONResponse

    served, turn, waiting = scoring_server.init(_Forgetful(model)), asyncio.Semaphore(1), 0

    @served.exception_handler(RecursionError)
    async def too_deep(request: Request, error: Exception) -> JSONResponse:
        return _refusal("the JSON document is nested too deep")

    @served.middleware("http")
    async def has_type(request: Request, call_next: Any) -> Any:
        if request.method == "POST" and not request.headers.get("content-type"):
            return _refusal("the request has no Content-Type; application/json is expected")
        return await call_next(request)

    @served.middleware("http")
    async def in_turn(request: Request, call_next: Any) -> Any:
        nonlocal waiting
        if request.method != "POST" or int(request.headers.get("content-length") or LARGE + 1) <= LARGE:
            return await call_next(request)
        if waiting >= LARGE_WAITING:
            return _refusal("the server has as many requests waiting as it takes; try again later", 503)
        waiting += 1
        try:
            await request.body()  # before its turn, which who sends slowly must not hold
            async with turn:
                start = time.monotonic()
                answer = await call_next(request)
                if answer.status_code == 400:  # what is refused must not take more than half of the server's time
                    await asyncio.sleep(min(time.monotonic() - start, LONGEST_PAUSE))
                return answer
        finally:
            waiting -= 1

    def _refusal(message: str, status: int = 400) -> JSONResponse:
        code = "INVALID_PARAMETER_VALUE" if status == 400 else "TEMPORARILY_UNAVAILABLE"
        return JSONResponse({"error_code": code, "message": message}, status_code=status)

    return served


def main() -> None:
    """Serve a registered model until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m genrelab.inference.server")
    parser.add_argument("model_uri", help="models:/<name>/<version>, models:/<name>@<alias>, runs:/<run id>/model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5001)
    asked = parser.parse_args()
    import uvicorn

    uvicorn.run(app(load_model(asked.model_uri)), host=asked.host, port=asked.port, log_level="warning")


if __name__ == "__main__":
    main()
