"""The layer in front of MLflow's scoring server."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import mlflow
import pytest
import requests
import served_app
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from genrelab.inference import server

HALF = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 99\r\n\r\n{"


class Length(mlflow.pyfunc.PythonModel):
    """A model that says how long its input is."""

    def predict(self, context, model_input, params=None):
        if (model_input["audio"] == b"bad").any():
            raise mlflow.MlflowException("no such sound", error_code=1000)
        return [len(cell) for cell in model_input["audio"]]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "model"
    signature = ModelSignature(inputs=Schema([ColSpec("binary", "audio")]))
    mlflow.pyfunc.save_model(path, python_model=Length(), signature=signature, pip_requirements=[])
    with served_app.answering(server.app(mlflow.pyfunc.load_model(str(path)))) as address:
        yield address


def test_a_good_request_is_answered(url):
    found = requests.post(url, timeout=10, json={"dataframe_records": [{"audio": "UklGRg=="}]})
    assert (found.status_code, found.json()) == (200, {"predictions": [4]})


def test_a_body_without_a_content_type_is_a_400(url):
    found = requests.post(url, timeout=10, data=b"{}")
    assert found.status_code == 400
    assert "no Content-Type" in found.json()["message"]


@pytest.mark.parametrize("depth", [1_500, 100_000])
def test_json_nested_deep_is_a_400(url, depth):
    body = b'{"dataframe_records": ' + b"[" * depth + b"]" * depth + b"}"
    found = requests.post(url, timeout=10, data=body, headers={"Content-Type": "application/json"})
    assert found.status_code == 400


def test_a_refusal_says_why_and_not_what_was_sent(url):
    sent = [{"audio": "YmFk"}, {"audio": "c2VjcmV0" * 1000}]
    found = requests.post(url, timeout=10, json={"dataframe_records": sent})
    assert found.status_code == 400
    assert "no such sound" in found.text
    assert "secret" not in found.text


def test_of_large_bodies_so_many_wait_and_one_more_is_a_503(url):
    large = json.dumps({"dataframe_records": [{"audio": "UklGRg==" * server.LARGE}]}).encode()
    statuses = Counter(ThreadPoolExecutor(16).map(lambda _: post(url, large), range(16)))
    assert statuses.keys() == {200, 503}
    assert post(url, large) == 200
    assert requests.post(url, timeout=10, json={"dataframe_records": [{"audio": "UklGRg=="}]}).status_code == 200


def post(url, body):
    return requests.post(url, timeout=60, data=body, headers={"Content-Type": "application/json"}).status_code


def test_a_body_that_comes_in_pieces_is_put_together_and_one_that_breaks_off_is_forgotten(url):
    body = json.dumps({"dataframe_records": [{"audio": "UklGRg=="}]}).encode()
    pieces = (body[i : i + 7] for i in range(0, len(body), 7))
    found = requests.post(url, timeout=10, data=pieces, headers={"Content-Type": "application/json"})
    assert (found.status_code, found.json()) == (200, {"predictions": [4]})
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as cut:
        cut.sendall(HALF)
    assert post(url, body) == 200


def test_a_small_body_that_does_not_come_is_a_504(url, monkeypatch):
    monkeypatch.setenv("MLFLOW_SCORING_SERVER_REQUEST_TIMEOUT", "1")
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(HALF)
        slow.settimeout(10)
        assert b" 504 " in slow.recv(100)
