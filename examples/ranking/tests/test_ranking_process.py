"""The stand-in as a real process."""

from pathlib import Path

import pytest
from service_process import running

FOLDER = Path(__file__).parents[1]
ROW = {"user": [1, 0, 0, 0], "item": [2, 0, 0, 0, 0.5, 0]}


@pytest.mark.timeout(240)
def test_it_serves_and_ends_with_0(model_base: Path, tmp_path: Path) -> None:
    """Start, readiness by label, a prediction by label, metrics, SIGTERM."""
    environment = {
        "MODEL_NAME": "ranking",
        "MODEL_VERSION": "3",
        "MODEL_BASE": str(model_base),
        "REST_PORT": "0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    with running(FOLDER, "ranking_serving.plain", environment, tmp_path / "log") as service:
        service.wait_until_listening()
        service.wait_until_ready("/v1/models/ranking/labels/stable")
        status, body = service.request("POST", "/v1/models/ranking/labels/stable:predict", {"instances": [ROW]})
        assert status == 200
        assert 0 < body["predictions"][0] < 1
        assert service.request("POST", "/v1/models/no:predict", {"instances": [ROW]}) == (
            404,
            {"error": "Servable not found for request: Latest(no)"},
        )
        assert service.request("GET", "/v1/models/ranking/versions/4")[0] == 404
        status, text = service.request("GET", "/monitoring/prometheus/metrics")
        assert status == 200
        assert ':tensorflow:serving:request_count{model_name="ranking",status="OK"} 1' in text
        assert service.end() == 0


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MODEL_VERSION": "9"}, "no SavedModel of version 9"),
        ({"MODEL_DIGEST": "sha256:" + "0" * 64}, "but MODEL_DIGEST wants sha256:0000"),
    ],
)
def test_it_refuses_to_start(change: dict[str, str], message: str, model_base: Path, tmp_path: Path) -> None:
    """Exit code 1 and one sentence, no traceback."""
    environment = {"MODEL_NAME": "ranking", "MODEL_VERSION": "3", "MODEL_BASE": str(model_base), "REST_PORT": "0"}
    with running(FOLDER, "ranking_serving.plain", environment | change, tmp_path / "log") as service:
        assert service.process.wait(90) == 1
        text = service.log.read_text()
        assert message in text
        assert "Traceback" not in text
