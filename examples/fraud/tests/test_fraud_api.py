"""The WSGI application, in process."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from fraud_service.app import MAXIMUM_BODY, Loaded, create_app, decision
from fraud_service.payment import MAXIMUM_PAYMENTS
from fraud_service.train import train

PAYMENT: dict[str, Any] = {
    "amount": 25.5,
    "hour": 14,
    "merchant_risk": 0.1,
    "distance_km": 3,
    "card_present": True,
    "attempts_last_hour": 0,
}


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """Give a small model."""
    return Loaded(*train(rows=1500, trees=5), version="42", digest="sha256:ab")


@pytest.fixture
def client(loaded: Loaded) -> FlaskClient:
    """Give a client of an application of its own (metrics start at zero)."""
    return create_app(loaded).test_client()


def test_a_batch_is_answered_in_order_with_the_model(client: FlaskClient) -> None:
    """One prediction for each payment, and which model made them."""
    odd = {"amount": 900, "hour": 3, "merchant_risk": 0.9, "distance_km": 190, "card_present": False}
    answer = client.post("/predict", json={"payments": [PAYMENT, odd | {"attempts_last_hour": 5}]})
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["model"] == {"name": "fraud", "version": "42", "digest": "sha256:ab"}
    usual, strange = body["predictions"]
    assert usual["decision"] == "approve"
    assert strange["probability"] > usual["probability"]
    assert strange["decision"] == decision(strange["probability"])


def test_decisions_change_at_their_thresholds() -> None:
    """The lower bound belongs to the stricter decision."""
    assert [decision(value) for value in (0.1499, 0.15, 0.3999, 0.4)] == ["approve", "review", "review", "decline"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"amount": -1}, "payments[1].amount"),
        ({"amount": float("nan")}, "payments[1].amount"),
        ({"amount": True}, "payments[1].amount"),
        ({"hour": 24}, "payments[1].hour"),
        ({"hour": 2.5}, "payments[1].hour"),
        ({"card_present": 1}, "payments[1].card_present"),
        ({"amuont": 3}, "payments[1].amuont"),
        ({"amount": 10**400}, "payments[1].amount"),
    ],
)
def test_a_wrong_value_is_a_422_that_says_where(client: FlaskClient, change: dict[str, Any], where: str) -> None:
    """The caller learns the payment and the field."""
    answer = client.post("/predict", json={"payments": [PAYMENT, PAYMENT | change]})
    assert answer.status_code == 422
    assert [problem["where"] for problem in answer.get_json()["problems"]] == [where]


def test_all_mistakes_are_named_at_once(client: FlaskClient) -> None:
    """Not one for each attempt."""
    answer = client.post("/predict", json={"payments": [{"amount": "1"}, 7]})
    assert len(answer.get_json()["problems"]) == 7


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b'{"payments": {}}', 422),
        (b'{"payments": []}', 422),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
    ],
)
def test_a_malformed_body_is_refused_in_json(client: FlaskClient, body: bytes, status: int) -> None:
    """Flask's own errors are HTML; ours are JSON like all else."""
    answer = client.post("/predict", data=body, content_type="application/json")
    assert answer.status_code == status
    assert "error" in answer.get_json()


def test_too_many_payments_and_too_many_bytes(client: FlaskClient) -> None:
    """Both limits hold."""
    assert client.post("/predict", json={"payments": [PAYMENT] * MAXIMUM_PAYMENTS}).status_code == 200
    assert client.post("/predict", json={"payments": [PAYMENT] * (MAXIMUM_PAYMENTS + 1)}).status_code == 422
    spaces = b" " * (MAXIMUM_BODY + 1)
    assert client.post("/predict", data=spaces, content_type="application/json").status_code == 413


def test_without_a_model_it_lives_but_is_not_ready() -> None:
    """The two probes mean different things."""
    client = create_app(None).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.post("/predict", json={"payments": [PAYMENT]}).status_code == 503


def test_metrics_count_answers_and_predictions(client: FlaskClient) -> None:
    """Statuses, latency, predictions and the model; invented paths share one label."""
    client.post("/predict", json={"payments": [PAYMENT, PAYMENT]})
    client.post("/predict", json={})
    client.get("/wp-login.php")
    text = client.get("/metrics").text
    assert 'http_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'http_requests_total{path="/predict",status="422"} 1.0' in text
    assert 'http_requests_total{path="other",status="404"} 1.0' in text
    assert 'http_request_errors_total{path="/predict"} 0.0' in text
    assert 'http_request_duration_seconds_count{path="/predict"} 2.0' in text
    assert "model_prediction_probability_count 2.0" in text
    assert 'model_info{digest="sha256:ab",name="fraud",version="42"} 1.0' in text


def test_an_unexpected_error_is_counted(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 raises the error counter that rollouts watch."""
    client = create_app(loaded).test_client()

    def _fail(_rows: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(loaded.forest, "predict_proba", _fail)
    assert client.post("/predict", json={"payments": [PAYMENT]}).status_code == 500
    assert 'http_request_errors_total{path="/predict"} 1.0' in client.get("/metrics").text
