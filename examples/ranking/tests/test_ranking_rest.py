"""The stand-in's REST API, and the model behind it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ranking_serving.digest import digest_of
from ranking_serving.errors import RestError
from ranking_serving.rest import RestApi
from ranking_serving.servables import Servables
from ranking_serving.serving_config import ServingConfig

FOLDER = Path(__file__).parents[1]
ROW: dict[str, Any] = {"user": [1, 0, 0, 0], "item": [2, 0, 0, 0, 0.5, 0]}
COLUMNS: dict[str, Any] = {"user": [ROW["user"]] * 2, "item": [ROW["item"]] * 2}


@pytest.fixture(scope="module")
def api(model_base: Path) -> RestApi:
    """Give the API with version 3 as stable and 4 as canary."""
    variables = {"MODEL_NAME": "ranking", "MODEL_VERSION": "3", "CANARY_MODEL_VERSION": "4"}
    return RestApi(Servables(ServingConfig.read(variables | {"MODEL_BASE": str(model_base)})))


def _post(api: RestApi, target: str, document: Any) -> dict[str, Any]:
    return api.respond("POST", f"/v1/models/{target}:predict", json.dumps(document).encode())


def _refused(api: RestApi, method: str, path: str, body: bytes = b"") -> tuple[int, str]:
    with pytest.raises(RestError) as raised:
        api.respond(method, path, body)
    return raised.value.status, raised.value.message


def test_labels_and_numbers_lead_to_versions(api: RestApi) -> None:
    """Stable is not the latest; without either, the latest answers."""
    request = {"instances": [ROW]}
    third = _post(api, "ranking/versions/3", request)
    fourth = _post(api, "ranking/versions/4", request)
    assert third != fourth
    assert _post(api, "ranking/labels/stable", request) == third
    assert _post(api, "ranking/labels/canary", request) == fourth
    assert _post(api, "ranking", request) == fourth


def test_rows_and_columns(api: RestApi) -> None:
    """A single output goes without its name, in either format."""
    rows = _post(api, "ranking", {"instances": [ROW, ROW], "signature_name": "serving_default"})["predictions"]
    assert _post(api, "ranking", {"inputs": COLUMNS})["outputs"] == rows
    assert len(rows) == 2
    assert 0 < rows[0] < 1


def test_status_and_metadata(api: RestApi) -> None:
    """In the form of TensorFlow Serving's messages: versions are strings."""
    available = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    status = api.respond("GET", "/v1/models/ranking", b"")
    assert status == {"model_version_status": [{"version": "4", **available}, {"version": "3", **available}]}
    status = api.respond("GET", "/v1/models/ranking/labels/stable", b"")
    assert status == {"model_version_status": [{"version": "3", **available}]}
    metadata = api.respond("GET", "/v1/models/ranking/versions/3/metadata", b"")
    assert metadata["model_spec"] == {"name": "ranking", "signature_name": "", "version": "3"}
    inputs = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]
    assert inputs["user"]["dtype"] == "DT_FLOAT"
    assert [size["size"] for size in inputs["item"]["tensor_shape"]["dim"]] == ["-1", "6"]


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/v1/models/other:predict", 404, "Servable not found for request: Latest(other)"),
        ("POST", "/v1/models/ranking/versions/9:predict", 404, "Servable not found for request: Specific(ranking, 9)"),
        ("POST", "/v1/models/ranking/labels/beta:predict", 400, "Unrecognized servable version label: beta"),
        ("GET", "/v1/models/other", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/ranking/versions/9", 404, "Could not find version 9 of model ranking"),
        ("GET", "/v1/models/ranking/versions/99999999999999999999", 400, "Failed to convert version"),
        ("GET", "/v1/models/ranking:predict", 400, "Malformed request: GET /v1/models/ranking:predict"),
        ("POST", "/v1/models/ranking", 400, "Malformed request: POST"),
        ("POST", "/v1/models/ranking:classify", 400, "Malformed request: POST"),
        ("GET", "/", 404, "Not Found"),
    ],
)
def test_a_wrong_target_is_refused(api: RestApi, method: str, path: str, status: int, message: str) -> None:
    """With TensorFlow Serving's status and words."""
    found_status, found_message = _refused(api, method, path, b'{"instances": [1]}')
    assert found_status == status
    assert message in found_message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "JSON Parse error"),
        (b"\xff", "JSON Parse error"),
        (b"[" * 100_000, "JSON Parse error"),
        (b"[1]", "has to be an object"),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        (b'{"inputs": {}, "instances": [1]}', "only one of"),
        (b'{"instances": []}', "non-empty list"),
        (b'{"instances": [1], "signature_name": "x"}', 'Serving signature name: "x" not found'),
        (b'{"instances": [1], "signature_name": 1}', "must be a string"),
        (b'{"instances": [1.0]}', "named inputs have to be"),
        (b'{"instances": [{"user": [1, 2, 3, 4]}]}', "Failed to process element: 0 of 'instances' list"),
        (b'{"inputs": {"user": [[1, 2, 3, 4]], "item": [[1, 2], [3]]}}', "different lengths"),
        (b'{"inputs": {"user": [["a", 2, 3, 4]], "item": [[1, 2, 3, 4, 5, 6]]}}', "not of the type expected"),
        (b'{"inputs": {"user": [[1, 2, 3]], "item": [[1, 2, 3, 4, 5, 6]]}}', "the shape is [1, 3]"),
        (json.dumps({"inputs": COLUMNS | {"user": [ROW["user"]] * 3}}).encode(), ""),
    ],
)
def test_a_wrong_body_is_a_400(api: RestApi, body: bytes, message: str) -> None:
    """Whatever comes, TensorFlow's own complaints included, it is the caller's error and says why."""
    status, found = _refused(api, "POST", "/v1/models/ranking:predict", body)
    assert status == 400
    assert message in found


def test_metrics_have_servings_names(model_base: Path) -> None:
    """What a rollout's query reads against TensorFlow Serving, it reads here."""
    variables = {"MODEL_NAME": "ranking", "MODEL_VERSION": "3", "MODEL_BASE": str(model_base)}
    api = RestApi(Servables(ServingConfig.read(variables)))
    _post(api, "ranking", {"instances": [ROW]})
    _refused(api, "POST", "/v1/models/ranking:predict", b"{}")
    text = api.metrics.text()
    assert ':tensorflow:serving:request_count{model_name="ranking",status="OK"} 1' in text
    assert ':tensorflow:serving:request_count{model_name="ranking",status="INVALID_ARGUMENT"} 1' in text
    assert ':tensorflow:serving:request_latency_count{model_name="ranking",API="predict",entrypoint="REST"} 2' in text


@pytest.mark.timeout(240)
def test_training_is_deterministic_and_learns(tmp_path: Path) -> None:
    """Two exports have the same digest (in processes of their own: TensorFlow counts its functions in each one)."""
    line = [sys.executable, "-m", "ranking_serving.train", "--base", str(tmp_path), "--rows", "1500", "--version"]
    trainings = [subprocess.Popen([*line, version], cwd=FOLDER, stdout=subprocess.PIPE) for version in ("1", "2")]
    outputs = [training.communicate(timeout=120)[0].decode() for training in trainings]
    assert [training.returncode for training in trainings] == [0, 0]
    first, second = (digest_of(tmp_path / "ranking" / version) for version in ("1", "2"))
    assert first == second
    assert first in outputs[0]
    assert float(outputs[0].rpartition("accuracy=")[2]) > 0.7
