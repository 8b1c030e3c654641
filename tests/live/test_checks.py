"""Checks at work: a real Rollouts controller, a Prometheus of the test's own, and the stand-in of the local cluster."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from slipway.checked import explained
from slipway.health import Health, State, judge
from slipway.rollouts.compile import plan
from slipway.rollouts.templates import API_VERSION, Where, templates
from slipway.schema.manifest import Service
from tests.support.controlplane import until
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from collections.abc import Generator

    from localcloud.controlplane import ControlPlane
    from tests.support.controlplane import Kube

pytestmark = pytest.mark.live

TEAM, NAME = "checked", "scorer"
SELECTOR = f"app.kubernetes.io%2Fname%3D{NAME}"
PODS = 4


class FakePrometheus(ThreadingHTTPServer):
    """Answers every instant query with what the test has set; counts them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.values: list[str] = ["0.002"]
        """Answers in order, the last one again and again; empty text for an empty vector."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next(self) -> str:
        return self.values.pop(0) if len(self.values) > 1 else self.values[0]


class _Handler(BaseHTTPRequestHandler):
    server: FakePrometheus  # type: ignore[assignment]

    def do_POST(self) -> None:
        assert parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["query"]
        value = self.server.next()
        result = [{"metric": {}, "value": [1, value]}] if value else []
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """What a check by `web` asks for: the value as an accuracy."""
        body = json.dumps({"accuracy": float(self.server.next())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the base class' name


@pytest.fixture(scope="module")
def prometheus() -> Generator[FakePrometheus]:
    server = FakePrometheus()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def service(*, own: bool) -> Service:
    """A canary of two steps, each measured for 2 s; `own` by a query that the stand-in would refuse."""
    kind = {"name": "error-rate", "prometheus": "errors{$new}"} if own else {"metric": "error-rate"}
    check = {**kind, "max": "1%", "window": "1s", "every": "1s"}
    return measured([{"weight": 25, "for": "2s"}, {"weight": 50, "for": "2s"}], check)


def measured(steps: list[dict[str, Any]], *checks: dict[str, Any]) -> Service:
    """A canary of these steps, with these checks."""
    return Service.model_validate(
        {
            "kind": "Service",
            "name": NAME,
            "release": {"image": "ml/scorer@sha256:" + "1" * 64},
            "scaling": {"min": PODS},
            "rollout": {
                "strategy": "canary",
                "steps": steps,
                "checks": list(checks),
            },
        }
    )


class Scorer:
    """The service in the cluster, without the engine."""

    def __init__(self, kube: Kube) -> None:
        self.kube, self.spec = kube, service(own=True)

    def release(
        self, version: str, fault: str = "", address: str | None = None, spec: Service | None = None, job: str = ""
    ) -> None:
        """Apply the templates and the Rollout; `address` is None for the stand-in, `job` a fault of a check's own."""
        self.spec = spec or service(own=address is not None)
        strategy = plan(self.spec).strategy
        of_job = {"name": "service", "image": "ml/scorer", "env": [{"name": "LOCALCLOUD_FAULT", "value": job}]}
        where = Where(TEAM, "http://unused", address, job={"containers": [of_job]})
        for each in templates(self.spec, strategy, where):
            head = {"apiVersion": API_VERSION, "kind": "AnalysisTemplate", "metadata": {"name": each["name"]}}
            self.kube.apply(TEAM, {**head, "spec": each["spec"]})
        labels = {"app.kubernetes.io/name": NAME}
        env = [{"name": "LOCALCLOUD_FAULT", "value": fault}, {"name": "VERSION", "value": version}]
        container = {"name": "service", "image": f"ml/scorer:{version}", "env": env}
        spec = {
            "replicas": PODS,
            "progressDeadlineAbort": True,
            "progressDeadlineSeconds": 60,
            "selector": {"matchLabels": labels},
            "strategy": strategy,
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        }
        head = {"apiVersion": API_VERSION, "kind": "Rollout", "metadata": {"name": NAME}}
        self.kube.apply(TEAM, {**head, "spec": spec})

    def live(self) -> dict[str, Any]:
        return self.kube.get(TEAM, API_VERSION, "rollouts", NAME)

    def health(self, version: str) -> Health:
        live = self.live()
        path = f"/apis/{API_VERSION}/namespaces/{TEAM}/analysisruns?labelSelector={SELECTOR}"
        release = live.get("status", {}).get("currentPodHash")
        runs = [
            run
            for run in self.kube.api.call("GET", path)["items"]
            if run["metadata"]["labels"]["rollouts-pod-template-hash"] == release
        ]
        runs.sort(key=lambda run: run["metadata"]["creationTimestamp"])
        return explained(judge(live, f"ml/scorer:{version}", PODS), live, runs, self.spec)

    def settled(self, version: str) -> Health:
        """How the release ended; the controller may say for a moment that it has seen it and mean the one before."""
        return until(lambda: self.runs(version) and (found := self.health(version)).settled and found, 150)

    def runs(self, version: str) -> bool:
        """Whether the status is about this release."""
        release = self.live().get("status", {}).get("currentPodHash")
        sets = self.kube.api.call("GET", f"/apis/apps/v1/namespaces/{TEAM}/replicasets?labelSelector={SELECTOR}")[
            "items"
        ]
        images = {
            each["metadata"]["labels"]["rollouts-pod-template-hash"]: each["spec"]["template"]["spec"]["containers"][0]
            for each in sets
        }
        return release in images and images[release]["image"] == f"ml/scorer:{version}"


@pytest.fixture(scope="module")
def scorer(rollouts: ControlPlane, kube: Kube) -> Scorer:
    assert rollouts.healthy()
    kube.namespace(TEAM)
    made = Scorer(kube)
    made.release("1")
    assert made.settled("1").state is State.HEALTHY
    return made


@pytest.mark.parametrize(
    ("answers", "place"),
    [
        (["0.042"], "at step 1 of 2, weight 25 %"),
        (["0.002", "0.002", "0.042"], "at step 2 of 2, weight 50 %"),
    ],
)
def test_a_bad_value_aborts_at_each_step_and_goes_back(
    scorer: Scorer, prometheus: FakePrometheus, kube: Kube, answers: list[str], place: str
) -> None:
    before = scorer.live()["status"]["stableRS"]
    prometheus.values = list(answers)
    version = f"bad-{len(answers)}"
    with Watch(kube.api, f"/api/v1/namespaces/{TEAM}/pods", SELECTOR) as watch:
        scorer.release(version, address=prometheus.address)
        health = scorer.settled(version)
        until(lambda: _all_of(kube, before), 60)
    assert health.state is State.FAILED
    assert "check error-rate: 4.2 % is above 1 % (1 of " in health.message
    assert place in health.message
    assert health.message.endswith("aborted, back on the old release")
    assert scorer.live()["status"]["stableRS"] == before
    assert min(sum(map(is_ready, pods.values())) for pods in watch.objects()) >= PODS


@pytest.mark.parametrize("nothing", ["", "NaN"])
def test_no_data_pauses_and_never_passes(scorer: Scorer, prometheus: FakePrometheus, nothing: str) -> None:
    before = scorer.live()["status"]["stableRS"]
    prometheus.values = [nothing]
    version = f"silent-{nothing or 'empty'}"
    scorer.release(version, address=prometheus.address)
    health = scorer.settled(version)
    assert health.state is State.WAITING
    assert "check error-rate had no data at step 1 of 2, weight 25 %" in health.message
    assert scorer.live()["status"]["stableRS"] == before


def test_the_stand_in_judges_releases_by_their_faults(scorer: Scorer) -> None:
    scorer.release("errors", fault="errors")
    assert "check error-rate: 4.2 % is above 1 %" in scorer.settled("errors").message
    scorer.release("silent", fault="silent")
    health = scorer.settled("silent")
    assert health.state is State.WAITING
    assert "(fewer than 20 samples within 1s)" in health.message
    scorer.release("good")
    assert scorer.settled("good").state is State.HEALTHY, "a newer release takes over, and good values let it through"


def test_what_is_measured_before_an_approval(scorer: Scorer, prometheus: FakePrometheus) -> None:
    web = {"name": "golden-set", "web": {"url": f"{prometheus.address}/golden", "value": "$.accuracy"}, "min": "0.93"}
    spec = measured([{"weight": 25, "until": "approved"}], {**web, "every": "1s", "window": "1s"})
    prometheus.values = ["0.5"]
    scorer.release("inaccurate", spec=spec)
    health = scorer.settled("inaccurate")
    assert (health.state, "check golden-set: 0.5 is below 0.93" in health.message) == (State.FAILED, True), health
    prometheus.values = ["0.97"]
    scorer.release("accurate", spec=spec)
    health = scorer.settled("accurate")
    assert (health.state, health.message) == (
        State.WAITING,
        "paused until somebody goes on, step 1 of 1, weight 25 %",
    )
    prometheus.values = ["0.5"]
    health = until(lambda: (found := scorer.health("accurate")).state is State.FAILED and found, 60)
    assert "check golden-set: 0.5 is below 0.93" in health.message, "it is measured for as long as somebody is awaited"


@pytest.mark.parametrize(("fault", "state"), [("crash", State.FAILED), ("", State.HEALTHY)])
def test_a_program_says_whether_a_release_is_good(scorer: Scorer, fault: str, state: State) -> None:
    program = {"name": "validate", "job": {"command": ["validate"], "timeout": "1m"}}
    version = f"validated-{fault}"
    scorer.release(version, spec=measured([{"weight": 25, "for": "1s"}], program), job=fault)
    health = scorer.settled(version)
    assert health.state is state, health
    assert ("check validate" in health.message) is (state is State.FAILED)


def _all_of(kube: Kube, release: str) -> bool:
    pods = kube.pods(TEAM, SELECTOR)
    return len(pods) == PODS and all(
        pod["metadata"]["labels"]["rollouts-pod-template-hash"] == release and is_ready(pod) for pod in pods
    )
