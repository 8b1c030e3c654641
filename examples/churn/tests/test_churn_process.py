"""The service as a real process."""

from pathlib import Path

import pytest
from churn_service.train import main
from service_process import ServiceProcess, running

FOLDER = Path(__file__).parents[1]
CUSTOMER = {"tenure_months": 3, "monthly_charge": 80.5, "support_calls": 2, "contract": "monthly", "autopay": False}


@pytest.mark.timeout(180)
def test_it_serves_and_ends_with_0(tmp_path: Path) -> None:
    """Start, probes, a prediction, metrics, SIGTERM."""
    main(["--out", str(tmp_path), "--rows", "400"])
    environment = {"MODEL_PATH": str(tmp_path), "MODEL_VERSION": "7", "PORT": "0"}
    with running(FOLDER, "churn_service", environment, tmp_path / "log") as service:
        service.wait_until_listening()
        service.wait_until_ready("/readyz")
        assert service.request("GET", "/healthz") == (200, {"status": "alive"})
        status, body = service.request("POST", "/predict", {"records": [CUSTOMER]})
        assert status == 200
        assert body["model"]["version"] == "7"
        assert 0 < body["predictions"][0]["probability"] < 1
        status, text = service.request("GET", "/metrics")
        assert status == 200
        assert 'http_requests_total{path="/predict",status="200"} 1.0' in text
        assert service.end() == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MODEL_DIGEST": "sha256:" + "0" * 64}, "but MODEL_DIGEST wants sha256:0000"),
        ({"MODEL_PATH": ""}, "MODEL_PATH is not set"),
        ({"PORT": "http"}, "PORT is 'http'"),
    ],
)
def test_it_refuses_to_start(change: dict[str, str], message: str, tmp_path: Path) -> None:
    """Exit code 1 and one sentence, no traceback."""
    main(["--out", str(tmp_path), "--rows", "400"])
    environment = {"MODEL_PATH": str(tmp_path), "PORT": "0"} | change
    with running(FOLDER, "churn_service", environment, tmp_path / "log") as service:
        assert service.process.wait(60) == 1
        _says(service, message)


def _says(service: ServiceProcess, message: str) -> None:
    text = service.log.read_text()
    assert message in text
    assert "Traceback" not in text
