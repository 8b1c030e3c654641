"""Releases that are tested before they are let through: by checks, around a switch, and by a smoke test.

One story on one environment: its tests run in order. The numbers are those that the stand-in of Prometheus plays, the
answers those of an HTTP server of the test's own: pods are played and serve nothing.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.support.environment import Clone

pytestmark = pytest.mark.live

CHURN, FRAUD, LOCAL = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "environments/local.yaml"
PODS, SERVICES = "/api/v1/namespaces/growth/pods", "/api/v1/namespaces/growth/services"
BY_CHURN = "app.kubernetes.io/name=churn"
HASH = "rollouts-pod-template-hash"
CHECK = {"metric": "error-rate", "max": "1%", "window": "1s", "every": "1s"}
MEASURED = {
    "strategy": "canary",
    "steps": [{"weight": 25, "for": "2s"}, {"weight": 50, "for": "2s"}],
    "checks": [CHECK],
}
BEFORE = {"strategy": "blue-green", "keep_old": "1s", "checks": [CHECK]}
AFTER = {"strategy": "blue-green", "keep_old": "1s", "checks_after": [CHECK]}
APPROVED = {"strategy": "canary", "steps": [{"weight": 25, "until": "approved"}]}
SMOKE = {"path": "/predict", "payload": {"records": []}, "expect": {"json": {"probability": {"min": 0, "max": 1}}}}
FAILED = "check error-rate: 4.2 % is above 1 % (1 of "


def up(clone: Clone, code: int = 0) -> dict[str, dict[str, Any]]:
    """`slipway up` of team growth; its services by name."""
    done = clone.slipway("up", "local", "--stack", "local.growth", "--json", code=code)
    return {service["service"].partition("/")[2]: service for service in done.json["services"]}


def strategy(clone: Clone, wanted: dict[str, Any]) -> None:
    """Give `churn` another strategy, in the environment's file."""
    clone.edit(LOCAL, {"services.growth/churn.rollout": wanted})


def release(clone: Clone, file: str, digit: str, fault: str = "") -> None:
    """Edit a manifest to a release that nobody has seen before, with a fault of its numbers."""
    name = file.rpartition("/")[2].removesuffix(".yaml")
    env = {"LOCALCLOUD_FAULT": fault} if fault else {}
    clone.edit(file, {"release.image": f"ml/{name}:9.9.{digit}@sha256:{digit * 64}", "env": env})


def stable(clone: Clone) -> str:
    return str(clone.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")["status"]["stableRS"])


def least(watch: Watch) -> int:
    """How many pods took traffic when there were fewest, of all versions of the pods."""
    return min(sum(is_ready(pod) for pod in pods.values()) for pods in watch.objects())


def led_to(services: Watch) -> list[str | None]:
    """Hashes to which the Service `churn` led one after the other."""
    seen: list[str | None] = []
    for name, version in services.versions:
        if name == "churn" and version and (hashed := version["spec"]["selector"].get(HASH)) not in seen[-1:]:
            seen.append(hashed)
    return seen


def back_on(clone: Clone, digit: str) -> None:
    """Wait until pods of one release take traffic, and no others are left."""

    def alone() -> bool:
        pods = clone.kube.pods("growth", BY_CHURN)
        images = {pod["spec"]["containers"][0]["image"][-1] for pod in pods}
        return images == {digit} and len(pods) == 4 and all(map(is_ready, pods))

    until(alone, 60)


def test_up_fails_by_a_check_and_names_it(deployed: Clone) -> None:
    strategy(deployed, MEASURED)
    release(deployed, CHURN, "1")
    assert up(deployed)["churn"]["state"] == "healthy", "good numbers let it through"
    before = stable(deployed)
    release(deployed, CHURN, "2", "errors")
    with Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed, code=1)["churn"]
        back_on(deployed, "1")
    assert found["state"] == "failed"
    assert FAILED in found["message"]
    assert "at step 1 of 2, weight 25 %; aborted, back on the old release" in found["message"]
    assert least(pods) >= 4
    assert stable(deployed) == before


def test_a_bad_value_before_the_switch_prevents_it(deployed: Clone) -> None:
    release(deployed, CHURN, "1")
    strategy(deployed, BEFORE)
    assert up(deployed)["churn"]["state"] == "healthy"
    old = stable(deployed)
    until(lambda: deployed.kube.get("growth", "v1", "services", "churn")["spec"]["selector"].get(HASH) == old)
    release(deployed, CHURN, "3", "errors")
    with Watch(deployed.kube.api, SERVICES) as services, Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed, code=1)["churn"]
    assert FAILED in found["message"]
    assert "before the switch; aborted, back on the old release" in found["message"]
    assert led_to(services) == [old]
    assert least(pods) >= 4


def test_a_bad_value_after_the_switch_takes_it_back(deployed: Clone) -> None:
    old = stable(deployed)
    release(deployed, CHURN, "4", "errors")
    strategy(deployed, AFTER)
    with Watch(deployed.kube.api, SERVICES) as services, Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed, code=1)["churn"]
        until(lambda: led_to(services)[-1] == old)
    assert FAILED in found["message"]
    assert "after the switch; aborted, back on the old release" in found["message"]
    first, new, last = led_to(services)
    assert first == last == old != new
    assert least(pods) >= 4
    assert stable(deployed) == old


class Answering(ThreadingHTTPServer):
    """Answers for services, with `body`; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body: Any = {"probability": 0.5}
        self.asked: list[tuple[str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Answering  # type: ignore[assignment]

    def do_POST(self) -> None:
        self.server.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        body = json.dumps(self.server.body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the base class' name


@pytest.fixture(scope="module")
def answering() -> Generator[Answering]:
    server = Answering()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_what_nothing_answers_for_is_not_called_tested(deployed: Clone) -> None:
    deployed.edit(CHURN, {"smoke": SMOKE})
    deployed.edit(FRAUD, {"smoke": SMOKE})
    release(deployed, CHURN, "1")
    strategy(deployed, APPROVED)
    found = up(deployed)
    said = "smoke test not run: pods are played here, and `answers` names no process"
    assert [(each["state"], each["message"]) for each in (found["churn"], found["fraud"])] == [("healthy", said)] * 2


def test_the_right_answer_lets_a_release_go_on(deployed: Clone, answering: Answering) -> None:
    deployed.edit(LOCAL, {"answers": {"growth/churn": answering.address, "growth/fraud": answering.address}})
    release(deployed, CHURN, "5")
    found = up(deployed)
    assert found["churn"]["state"] == "waiting"
    assert "smoke test passed" in found["churn"]["message"]
    assert (found["fraud"]["state"], found["fraud"]["message"]) == ("healthy", "smoke test passed")
    assert answering.asked == [("/predict", {"records": []})] * 2


def test_a_strategy_is_not_changed_while_somebody_is_waited_for(deployed: Clone) -> None:
    strategy(deployed, {"strategy": "blue-green", "promote": "approved"})
    done = deployed.slipway("up", "local", "--stack", "local.growth", "--quiet", code=1)
    assert "growth/churn: a release is under way, and under another strategy it would skip" in done.out + done.err
    assert "Traceback" not in done.out + done.err
    spec = deployed.kube.get("growth", "argoproj.io/v1alpha1", "rollouts", "churn")["spec"]
    assert "canary" in spec["strategy"]
    strategy(deployed, APPROVED)


def test_a_wrong_answer_aborts_what_can_go_back_and_fails_what_is_live(deployed: Clone, answering: Answering) -> None:
    old = stable(deployed)
    answering.body = {"probability": 7}
    release(deployed, CHURN, "6")
    release(deployed, FRAUD, "7")
    with Watch(deployed.kube.api, PODS, BY_CHURN) as pods:
        found = up(deployed, code=1)
        back_on(deployed, "1")
    wrong = "$.probability is 7, above 1"
    assert found["churn"]["state"] == found["fraud"]["state"] == "failed"
    assert f"smoke test: POST /predict of the canary: {wrong}; growth/churn: revision " in found["churn"]["message"]
    assert "serves everything" in found["churn"]["message"]
    live = "the new release is live: `slipway rollback local growth/fraud` brings the old one back"
    assert found["fraud"]["message"] == f"smoke test: POST /predict: {wrong}; {live}"
    assert least(pods) >= 4
    assert stable(deployed) == old
