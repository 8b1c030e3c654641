"""The HTTP application, in process."""

from typing import Any

import pytest
from churn_service.app import MAXIMUM_BODY, create_app
from churn_service.model import ChurnModel
from churn_service.schema import MAXIMUM_RECORDS, ServedModel
from churn_service.train import train
from fastapi.testclient import TestClient

CUSTOMER: dict[str, Any] = {
    "tenure_months": 3,
    "monthly_charge": 80.5,
    "support_calls": 2,
    "contract": "monthly",
    "autopay": False,
}
SERVED = ServedModel(name="churn", version="42", digest="sha256:ab")


@pytest.fixture(scope="module")
def client() -> TestClient:
    """Give a client of an application with a small model."""
    return TestClient(create_app(ChurnModel(train(rows=400)), SERVED))


def test_a_batch_is_answered_in_order_with_the_model(client: TestClient) -> None:
    """One prediction for each record, and which model made them."""
    loyal = CUSTOMER | {"tenure_months": 72, "contract": "two-year", "support_calls": 0}
    answer = client.post("/predict", json={"records": [CUSTOMER, loyal]})
    assert answer.status_code == 200
    body = answer.json()
    assert body["model"] == {"name": "churn", "version": "42", "digest": "sha256:ab"}
    first, second = body["predictions"]
    assert first["probability"] > second["probability"]
    assert [first["churn"], second["churn"]] == [first["probability"] >= 0.5, second["probability"] >= 0.5]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"tenure_months": -1}, "records[0].tenure_months"),
        ({"tenure_months": "three"}, "records[0].tenure_months"),
        ({"contract": "weekly"}, "records[0].contract"),
        ({"autopay": "yes"}, "records[0].autopay"),
        ({"tenure": 3}, "records[0].tenure"),
    ],
)
def test_a_wrong_value_is_a_422_that_says_where(client: TestClient, change: dict[str, Any], where: str) -> None:
    """The caller learns the record and the field, and gets no echo of the data."""
    answer = client.post("/predict", json={"records": [CUSTOMER | change]})
    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.json()["problems"]] == [where]
    assert '"input"' not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"records": []}', b'{"records": [{}]}', b"\xff", b'{"records": [{"monthly_charge": NaN}]}'],
)
def test_a_malformed_body_is_a_4xx(client: TestClient, body: bytes) -> None:
    """NaN included, which JSON writers refuse in an answer that echoes it."""
    answer = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}


def test_too_many_records_and_too_many_bytes(client: TestClient) -> None:
    """Both limits hold; the second one before anything is parsed."""
    assert client.post("/predict", json={"records": [CUSTOMER] * MAXIMUM_RECORDS}).status_code == 200
    assert client.post("/predict", json={"records": [CUSTOMER] * (MAXIMUM_RECORDS + 1)}).status_code == 422
    assert client.post("/predict", content=b" " * (MAXIMUM_BODY + 1)).status_code == 413


def test_without_a_model_it_lives_but_is_not_ready() -> None:
    """The two probes mean different things."""
    client = TestClient(create_app(None, SERVED))
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.post("/predict", json={"records": [CUSTOMER]}).status_code == 503


def test_metrics_count_answers_and_predictions() -> None:
    """Statuses, latency, predictions and the model; invented paths share one label."""
    client = TestClient(create_app(ChurnModel(train(rows=400)), SERVED))
    client.post("/predict", json={"records": [CUSTOMER, CUSTOMER]})
    client.post("/predict", json={})
    client.get("/wp-login.php")
    text = client.get("/metrics").text
    assert 'http_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'http_requests_total{path="/predict",status="422"} 1.0' in text
    assert 'http_requests_total{path="other",status="404"} 1.0' in text
    assert 'http_request_errors_total{path="/predict"} 0.0' in text
    assert 'http_request_duration_seconds_count{path="/predict"} 2.0' in text
    assert "model_prediction_probability_count 2.0" in text
    assert 'model_info{digest="sha256:ab",name="churn",version="42"} 1.0' in text


def test_an_unexpected_error_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 raises the error counter that rollouts watch."""
    model = ChurnModel(train(rows=400))
    client = TestClient(create_app(model, SERVED), raise_server_exceptions=False)

    def _fail(_records: list[dict[str, Any]]) -> list[float]:
        raise RuntimeError("broken")

    monkeypatch.setattr(model, "probabilities", _fail)
    assert client.post("/predict", json={"records": [CUSTOMER]}).status_code == 500
    assert 'http_request_errors_total{path="/predict"} 1.0' in client.get("/metrics").text
