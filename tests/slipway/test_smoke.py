"""Smoke tests: what is refused, in what an answer differs, who is asked, and what a wrong answer ends in."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from slipway.errors import FailedError
from slipway.health import Health, State
from slipway.live import Cluster
from slipway.operations.kinds import KINDS
from slipway.operations.live import Live, Revision
from slipway.operations.writer import Author
from slipway.schema.smoke import Smoke
from slipway.smoke.asking import Answer, ByCluster, ByProcess
from slipway.smoke.difference import difference
from slipway.smoke.testing import SmokeTests
from tests.support.repositories import CHURN, DEV, FRAUD, LOCAL

if TYPE_CHECKING:
    from collections.abc import Generator

    from slipway.desired import WantedService
    from tests.support.repositories import Clone

EXPECT = {"json": {"probability": {"min": 0, "max": 1}, "model": {"name": "churn"}, "tags": ["a", {"type": "text"}]}}
SMOKE = "smoke: {path: /predict, payload: {x: 1}, expect: {json: {p: {min: 0, max: 1}}}}\n"


def smoke(**keys: Any) -> Smoke:
    return Smoke.model_validate({"path": "/predict", **keys})


FAR = "answers: {growth/churn: 'http://example.com:80'}"
# id, file, what is written, what is told
BAD = [
    ("path", FRAUD, "smoke: {path: predict}", "smoke.path: `predict` is no path"),
    ("status", FRAUD, "smoke: {path: /p, expect: {status: 500}}", "`smoke.expect.status` is 500"),
    ("payload", FRAUD, "smoke: {path: /p, method: GET, payload: {a: 1}}", "smoke: a GET carries no payload"),
    ("long", FRAUD, "smoke: {path: /p, timeout: 5m}", "smoke.timeout: `5m` is long for one answer"),
    (
        "swapped",
        FRAUD,
        "smoke: {path: /p, expect: {json: {a: {min: 2, max: 1}}}}",
        "smoke.expect: min 2 is above max 1",
    ),
    ("bound", FRAUD, "smoke: {path: /p, expect: {json: {a: {min: low}}}}", "smoke.expect: `low` is no bound"),
    ("type", FRAUD, "smoke: {path: /p, expect: {json: {a: {type: int}}}}", "smoke.expect: `int` is no type"),
    (
        "text",
        FRAUD,
        "smoke: {path: /p, expect: {json: {a: {type: text, min: 1}}}}",
        "smoke.expect: text has no min or max",
    ),
    ("real", DEV, "answers: {growth/churn: 'http://127.0.0.1:1'}", "pods answer for themselves here"),
    ("far", LOCAL, FAR, "answers.growth/churn: `http://example.com:80` is no address of a process of this machine"),
    (
        "nobody",
        LOCAL,
        "answers: {growth/chrn: 'http://127.0.0.1:1'}",
        "an address for `growth/chrn`, which no team has",
    ),
]


@pytest.mark.parametrize(("name", "file", "text", "expected"), BAD, ids=[row[0] for row in BAD])
def test_it_is_refused(clone: Clone, name: str, file: str, text: str, expected: str) -> None:
    del name
    path = clone.root / file
    path.write_text(f"{text}\n{path.read_text()}")
    (problem,) = [str(problem) for problem in clone.problems()]
    assert problem.startswith(f"{file}:1: {expected}")
    assert "; " in problem, "and it says what would be right"


def test_it_needs_a_port(clone: Clone) -> None:
    clone.edit(CHURN, "port: 8080\nprobes:\n  ready: /readyz\n  live: /healthz\n", SMOKE)
    said = [str(problem) for problem in clone.problems()]
    assert len(said) == 1
    assert said[0].endswith("a smoke test asks the service, which has no port; set `port`")


GOOD = {"probability": 0.5, "model": {"name": "churn", "version": "42"}, "tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, GOOD, ""),
        (500, "down", "status is 500, not 200: down"),
        (200, "<html>", "the answer is no JSON: <html>"),
        (200, "", "the answer is no JSON: (empty)"),
        (200, [1], "$ is [1], not a mapping"),
        (200, {**GOOD, "probability": 1.5}, "$.probability is 1.5, above 1"),
        (200, {**GOOD, "probability": -1}, "$.probability is -1, below 0"),
        (200, {**GOOD, "probability": True}, "$.probability is true, not a number"),
        (200, {**GOOD, "probability": "0.5"}, '$.probability is "0.5", not a number'),
        (200, {**GOOD, "model": {}}, "$.model.name is missing"),
        (200, {**GOOD, "model": {"name": 1}}, '$.model.name is 1, not "churn"'),
        (200, {**GOOD, "tags": ["a"]}, "$.tags has 1 items, not 2"),
        (200, {**GOOD, "tags": {}}, "$.tags is {}, not a list"),
        (200, {**GOOD, "tags": ["a", 1]}, "$.tags[1] is 1, not a text"),
    ],
)
def test_differences(status: int, body: Any, said: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    assert difference(smoke(expect=EXPECT), status, text.encode()) == said


def test_a_number_that_is_none_is_outside_of_every_range() -> None:
    assert difference(smoke(expect=EXPECT), 200, json.dumps({**GOOD, "probability": float("nan")}).encode())


def test_a_value_stands_for_itself() -> None:
    with pytest.raises(ValidationError):
        smoke(expect={"status": 199})
    assert difference(smoke(expect={"json": True}), 200, b"1") == "$ is 1, not true"
    assert difference(smoke(), 200, b"anything") == "", "without `json` only the status counts"


class Server(ThreadingHTTPServer):
    """Answers everything with `status` and `body`, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body = 200, b"{}"
        self.asked: list[tuple[str, str, bytes]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server  # type: ignore[assignment]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815 - the base class' name

    def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the base class' name


@pytest.fixture
def server() -> Generator[Server]:
    made = Server()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def churn(clone: Clone) -> WantedService:
    clone.edit(CHURN, "port: 8080\n", f"{SMOKE}port: 8080\n")
    return next(each for each in clone.desired("dev").services if each.name == "churn")


@pytest.mark.parametrize("status", [200, 422])
def test_a_process_of_this_machine_is_asked(server: Server, churn: WantedService, status: int) -> None:
    assert churn.spec.smoke
    server.status, server.body = status, b'{"p": 0.5}'
    assert ByProcess(server.address).ask(churn, "canary", churn.spec.smoke) == Answer(status, b'{"p": 0.5}')
    assert server.asked == [("POST", "/predict", b'{"x": 1}')]


def test_nobody_answers(churn: WantedService) -> None:
    assert churn.spec.smoke
    answer = ByProcess("http://127.0.0.1:1").ask(churn, "", churn.spec.smoke)
    assert answer.none.startswith("http://127.0.0.1:1 does not answer (")


@pytest.mark.parametrize("status", [200, 503])
def test_a_cluster_is_asked_by_its_proxy(server: Server, churn: WantedService, status: int) -> None:
    assert churn.spec.smoke
    server.status, server.body = status, b'{"p": 0.5}'
    named = [{"name": "c", "cluster": {"server": server.address}}]
    context = [{"name": "c", "context": {"cluster": "c", "user": "c"}}]
    config = {"clusters": named, "users": [{"name": "c", "user": {"token": "t"}}], "contexts": context}
    cluster = Cluster(json.dumps({"kind": "Config", "apiVersion": "v1", "current-context": "c", **config}))
    answer = ByCluster(cluster).ask(churn, "canary", churn.spec.smoke)
    assert answer == Answer(status, b'{"p": 0.5}')
    path = "/api/v1/namespaces/growth/services/http:churn-canary:http/proxy/predict"
    assert server.asked == [("POST", path, b'{"x": 1}')]
    server.shutdown()
    server.server_close()
    assert "no answer within 10s" in ByCluster(cluster).ask(churn, "", churn.spec.smoke).none


@dataclass
class Played:
    """A way that answers with these in order, the last one again and again."""

    answers: list[Answer]
    sides: list[str] = field(default_factory=list[str])

    def ask(self, service: WantedService, side: str, smoke: Smoke) -> Answer:
        assert service.spec.smoke is smoke
        self.sides.append(side)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class FakeCluster:
    """A canary under way, with a pod of its own behind its Service if `pods`."""

    def __init__(self, *, pods: bool = True, refuses: bool = False) -> None:
        self.pods_there, self.refuses = pods, refuses
        self.patches: list[Any] = []

    def workload(self, service: WantedService) -> dict[str, Any]:
        del service
        spec = {"template": {"spec": {"containers": [{"image": "i"}]}}, "strategy": {"canary": {"steps": []}}}
        status = {"currentPodHash": "new", "stableRS": "old", "observedGeneration": "1"}
        return {"kind": "Rollout", "metadata": {"name": "churn", "generation": 1}, "spec": spec, "status": status}

    def get(self, path: str) -> Any:
        assert path == "/api/v1/namespaces/growth/services/churn-canary"
        return {"spec": {"selector": {"rollouts-pod-template-hash": "new"}}}

    def pods(self, service: WantedService) -> Any:
        del service
        status = {"conditions": [{"type": "Ready", "status": "True"}]}
        labels = {"rollouts-pod-template-hash": "new" if self.pods_there else "old"}
        return [{"metadata": {"labels": labels}, "status": status}]

    def operated(self, service: WantedService) -> Live:
        kind = KINDS["Rollout"]
        sets = tuple(Revision(number, f"churn-{name}", name, "", {}) for number, name in enumerate(("old", "new"), 1))
        return Live(service.key, "/rollout", self.workload(service), kind, sets)

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        assert manager
        if self.refuses:
            raise FailedError("forbidden")
        self.patches.append((path, body))


def judged(
    service: WantedService, state: State, *answers: Answer, cluster: FakeCluster | None = None
) -> tuple[Health, Played]:
    way = Played(list(answers))
    tests = SmokeTests(
        cluster or FakeCluster(),  # type: ignore[arg-type]
        lambda _: way if answers else "nobody is there",
        lambda _: Author("eve"),
        lambda each: f"`slipway rollback dev {each.key}`",
        sleep=lambda _: None,
    )
    health = Health(state, 4, 4, "so far")
    if state is State.HEALTHY:  # a second look asks nobody again
        tests.judged(service, health)
    return tests.judged(service, health), way


RIGHT, WRONG, NONE = Answer(200, b'{"p": 0.5}'), Answer(200, b'{"p": 7}'), Answer(none="refused")


def test_what_is_through_is_asked_once(churn: WantedService) -> None:
    health, way = judged(churn, State.HEALTHY, RIGHT)
    assert (health.state, health.message, way.sides) == (State.HEALTHY, "so far; smoke test passed", [""])


def test_what_is_through_and_wrong_says_what_brings_the_old_one_back(churn: WantedService) -> None:
    health, _ = judged(churn, State.HEALTHY, WRONG)
    assert health.state is State.FAILED
    live = "the new release is live: `slipway rollback dev growth/churn` brings the old one back"
    assert health.message == f"smoke test: POST /predict: $.p is 7, above 1; {live}"


@pytest.mark.parametrize("state", [State.WAITING, State.PROGRESSING])
def test_what_is_under_way_and_wrong_is_aborted(churn: WantedService, state: State) -> None:
    cluster = FakeCluster()
    health, way = judged(churn, state, WRONG, cluster=cluster)
    assert health.state is State.FAILED
    wrong = "smoke test: POST /predict of the canary: $.p is 7, above 1"
    assert health.message == f"{wrong}; growth/churn: revision 2 is aborted: revision 1 serves everything"
    assert way.sides == ["canary"]
    assert cluster.patches == [("/rollout/status", {"status": {"abort": True}})]


def test_who_may_not_abort_is_told(churn: WantedService) -> None:
    health, _ = judged(churn, State.WAITING, WRONG, cluster=FakeCluster(refuses=True))
    assert health.state is State.FAILED
    assert health.message.endswith("it was not aborted: forbidden")


def test_it_does_not_wait_for_a_person_before_it_was_asked(churn: WantedService) -> None:
    health, way = judged(churn, State.WAITING, RIGHT, cluster=FakeCluster(pods=False))
    assert (health.state, way.sides) == (State.PROGRESSING, [])
    health, way = judged(churn, State.WAITING, RIGHT)
    assert (health.state, health.message) == (State.WAITING, "so far; smoke test passed")


def test_nobody_is_asked_again_a_few_times(churn: WantedService) -> None:
    health, way = judged(churn, State.HEALTHY, NONE, Answer(503), RIGHT)
    assert (health.state, way.sides) == (State.HEALTHY, ["", "", ""])
    health, _ = judged(churn, State.HEALTHY, NONE)
    assert "smoke test: POST /predict: refused" in health.message


def test_where_nothing_answers_it_says_so(churn: WantedService) -> None:
    health, _ = judged(churn, State.HEALTHY)
    assert (health.state, health.message) == (State.HEALTHY, "so far; smoke test not run: nobody is there")


@pytest.mark.parametrize("state", [State.FAILED, State.MISSING, State.OTHER, State.SCALED])
def test_what_is_not_there_is_not_asked(churn: WantedService, state: State) -> None:
    health, way = judged(churn, state, WRONG)
    assert (health.state, way.sides) == (state, [])
