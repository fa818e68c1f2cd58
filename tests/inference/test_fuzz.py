"""Hostile requests: each is an answer, or a refusal that is no server's error, and the server lives on."""

import base64
import io
import json

import mlflow
import numpy as np
import pytest
import requests
import served_app
import soundfile
from hostile import FUZZ, changed
from hypothesis import given
from hypothesis import strategies as st
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
from sounds import RATE, tone

from genrelab.classifiers.saved_model import SavedModel
from genrelab.features import mel
from genrelab.inference import server
from genrelab.inference.frontend import AudioFrontend
from genrelab.inference.pyfunc import GenreModel

PARAMS = mel.Params(frames=130, n_mels=32)
ABOUT = {
    "classes": ["a", "b"],
    "feature": "mel",
    "feature_params": PARAMS.model_dump(),
    "checks": {"min_seconds": 0.1, "silence_db": -60.0, "max_minutes": 0.5},
}
REFUSED = {400, 415, 422, 503, 504}
TYPES = ["application/json", "text/csv", "application/octet-stream", "application/json; charset=x", "nonsense", ""]


class Undecided:
    """A classifier that finds every genre as probable."""

    def predict_proba(self, x):
        return np.full((len(x), 2), 0.5)


class Model(GenreModel):
    """The registered model with that classifier."""

    def load_context(self, context):
        self.about, self.frontend = ABOUT, AudioFrontend.of(ABOUT)
        self.model = SavedModel(ABOUT, Undecided(), self.frontend.feature)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "model"
    params = ParamSchema([ParamSpec("top_k", "long", 2)])
    signature = ModelSignature(inputs=Schema([ColSpec("binary", "audio")]), params=params)
    mlflow.pyfunc.save_model(path, python_model=Model(), signature=signature, pip_requirements=[])
    with served_app.answering(server.app(mlflow.pyfunc.load_model(str(path)))) as address:
        yield address


def sound() -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, tone(0.5), RATE, format="FLAC")
    return stream.getvalue()


def body(*cells, **more) -> bytes:
    return json.dumps({"dataframe_records": [{"audio": cell} for cell in cells], **more}).encode()


WHOLE = base64.b64encode(sound()).decode()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(WHOLE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.just("audio"), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["dataframe_records", "dataframe_split", "instances", "inputs", "params", "x"])
REQUESTS = {
    "sounds": st.lists(changed(sound()), min_size=1, max_size=3).map(
        lambda sounds: body(*(base64.b64encode(one).decode() for one in sounds))
    ),
    "bytes": changed(body(WHOLE)),
    "values": st.dictionaries(KEYS, VALUES, max_size=3).map(lambda value: json.dumps(value).encode()),
    "cells": st.builds(lambda cell, k: body(WHOLE, cell, params={"top_k": k}), VALUES, VALUES),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_is_answered_or_refused_and_never_an_error_of_the_server(url, kind):
    @FUZZ
    @given(REQUESTS[kind], st.just(TYPES[0]) | st.sampled_from(TYPES))
    def run(data, content_type):
        headers = {"Content-Type": content_type} if content_type else {}
        found = requests.post(url, data=data, headers=headers, timeout=60)
        assert found.status_code == 200 or found.status_code in REFUSED, found.text[-2000:]

    run()
    assert requests.post(url, data=body(WHOLE), headers={"Content-Type": TYPES[0]}, timeout=60).status_code == 200
