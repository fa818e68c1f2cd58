"""MLflow's scoring server with a layer in front: what it cannot parse is a 400, instead of a 500.

python -m genrelab.inference.server models:/<name>/<version> --port 5001
"""

import argparse
from typing import Any

from mlflow.pyfunc import PyFuncModel, load_model, scoring_server


def app(model: PyFuncModel) -> Any:
    """Return the ASGI application that answers /invocations with `model`, as MLflow's own does."""
    from fastapi import Request
    from fastapi.responses import JSONResponse

    served = scoring_server.init(model)

    @served.exception_handler(RecursionError)
    async def too_deep(request: Request, error: Exception) -> JSONResponse:
        return _refusal("the JSON document is nested too deep")

    @served.middleware("http")
    async def has_type(request: Request, call_next: Any) -> Any:
        if request.method == "POST" and not request.headers.get("content-type"):
            return _refusal("the request has no Content-Type; application/json is expected")
        return await call_next(request)

    def _refusal(message: str) -> JSONResponse:
        return JSONResponse({"error_code": "INVALID_PARAMETER_VALUE", "message": message}, status_code=400)

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
