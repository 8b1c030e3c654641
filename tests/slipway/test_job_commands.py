"""Runs that are waited for and deleted, and logs, against a Kubernetes API that this file plays over HTTP."""

# ruff: noqa: FBT001 - flags are what is tested

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import typer

from slipway import cli
from slipway.errors import FailedError, Refused
from slipway.health import State
from slipway.jobs.removal import chosen, delete
from slipway.jobs.waiting import until_ended
from slipway.live import Cluster
from slipway.logs import Log, logs_of, newest_run, of_run

if TYPE_CHECKING:
    from collections.abc import Generator

RUNS = "/apis/batch/v1/namespaces/growth/jobs"
JOB: Any = SimpleNamespace(
    key="growth/train", team="growth", name="train", pods=SimpleNamespace(team="growth", name="train")
)


class Api:
    """Answers of paths, as (status, body), in the order in which they are asked; the last one is kept."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, Any]]] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.cluster: Any = None

    def says(self, path: str, *answers: tuple[int, Any]) -> None:
        self.answers[path] = list(answers)


@contextmanager
def listening(api: Api) -> Generator[Cluster]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            api.asked.append((self.command, self.path, json.loads(body) if body else None))
            missing = [(404, {"kind": "Status", "message": "not found"})]
            answers = api.answers.get(self.path.partition("?")[0], missing)
            status, told = answers.pop(0) if len(answers) > 1 else answers[0]
            data = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(told, str) else "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_DELETE = answer  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "a", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "a", "user": {}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "current-context": "a",
        }
        yield Cluster(json.dumps(config))
        server.shutdown()


@pytest.fixture
def api() -> Generator[Api]:
    found = Api()
    with listening(found) as found.cluster:
        yield found


def run(name: str, condition: str = "", **spec: Any) -> dict[str, Any]:
    said = (
        [{"type": condition, "status": "True", "reason": "BackoffLimitExceeded", "message": "so"}] if condition else []
    )
    return {"metadata": {"name": name, "creationTimestamp": name}, "spec": spec, "status": {"conditions": said}}


def pod(name: str, of: str, *containers: str, made: str = "1") -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "growth",
            "creationTimestamp": made,
            "labels": {"batch.kubernetes.io/job-name": of},
        },
        "spec": {"initContainers": [{"name": "model"}], "containers": [{"name": each} for each in containers]},
    }


def test_a_run_is_waited_for_until_it_succeeds_or_fails(api: Api) -> None:
    path, notes = f"{RUNS}/train-1", list[str]()
    api.says(path, (200, run("train-1")), (503, {"message": "away"}), (200, run("train-1", "Complete")))
    assert until_ended(api.cluster, JOB, "train-1", notes.append, sleep=lambda _: None).state is State.HEALTHY
    assert notes[0].startswith("growth/train train-1: no pod of it runs yet")
    assert "503" in notes[1]

    dead = {
        **pod("train-1-x", "train-1", "main"),
        "status": {"containerStatuses": [{"state": {"terminated": {"exitCode": 9, "reason": "Error"}}}]},
    }
    api.says("/api/v1/namespaces/growth/pods", (200, {"items": [dead]}))
    api.says(path, (200, run("train-1", "Failed")))
    failed = until_ended(api.cluster, JOB, "train-1", notes.append, sleep=lambda _: None)
    assert failed.state is State.FAILED
    assert failed.message == "BackoffLimitExceeded: so; pod train-1-x: exit code 9 (Error)"


def test_a_run_that_is_removed_while_one_waits_is_no_success(api: Api) -> None:
    with pytest.raises(FailedError, match="how it ended is not known"):
        until_ended(api.cluster, JOB, "train-1", lambda _: None, sleep=lambda _: None)


def test_a_cluster_that_stays_away_ends_the_wait(api: Api) -> None:
    api.says(f"{RUNS}/train-1", (503, {"message": "away"}))
    clock = iter(range(0, 1000, 40))
    with pytest.raises(FailedError, match="503"):
        until_ended(api.cluster, JOB, "train-1", lambda _: None, clock=lambda: next(clock), sleep=lambda _: None)


EVERY = [
    run("old", "Complete"),
    run("bad", "Failed"),
    run("runs"),
    run("held", "Suspended", suspend=True),
    run("now", "Complete"),
]


def test_runs_that_ended_are_deleted_and_no_other_unless_it_is_named() -> None:
    assert chosen("growth/train", "now", EVERY, []) == ["old", "bad"]
    assert chosen("growth/train", "now", EVERY, ["runs", "held", "runs"]) == ["runs", "held"]


def test_the_run_of_what_is_deployed_is_not_deleted_nor_one_that_is_not_there() -> None:
    with pytest.raises(FailedError, match="now is the run of what is deployed"):
        chosen("growth/train", "now", EVERY, ["old", "now"])
    with pytest.raises(Refused) as refused:
        chosen("growth/train", "now", EVERY, ["odl"])
    assert str(refused.value.problems[0]) == "RUN: `growth/train` has no run `odl`; did you mean `old`?"


@pytest.mark.parametrize(("keep", "policy"), [(True, "Orphan"), (False, "Background")])
def test_pods_of_a_deleted_run_go_with_it_or_are_kept(api: Api, keep: bool, policy: str) -> None:
    api.says(
        "/apis/batch/v1/namespaces/growth/cronjobs/train",
        (200, {"metadata": {"annotations": {"slipway.dev/run": "now"}}}),
    )
    api.says(RUNS, (200, {"items": EVERY}))
    api.says(f"{RUNS}/old", (200, {"kind": "Status"}))
    gone = delete(api.cluster, JOB, [], keep_pods=keep)
    assert gone == ["old"], "bad is gone already: somebody was quicker"
    deletions = [(path, body) for verb, path, body in api.asked if verb == "DELETE"]
    assert deletions == [(f"{RUNS}/{name}", {"propagationPolicy": policy}) for name in ("bad", "old")]


def test_logs_are_those_of_every_container_as_they_are(api: Api) -> None:
    one, two = pod("b", "train-2", "main", made="2"), pod("a", "train-2", "main", made="1")
    base = "/api/v1/namespaces/growth/pods"
    api.says(f"{base}/a/log", (200, '{"step": 1}\n'))
    refusal = {"kind": "Status", "message": 'container "main" in pod "b" is waiting to start: ContainerCreating'}
    api.says(f"{base}/b/log", (400, refusal))
    found = logs_of(api.cluster, [one, two], "main", tail=5, previous=False)
    assert found[0] == Log("a", "main", '{"step": 1}\n')
    assert (found[1].pod, found[1].text) == ("b", "")
    assert "waiting to start: ContainerCreating" in found[1].error
    assert api.asked[0][1] == f"{base}/a/log?container=main&tailLines=5"

    gone = logs_of(api.cluster, [pod("c", "train-2", "main")], None, tail=None, previous=True)
    assert [(each.container, each.error) for each in gone] == [
        ("model", "the cluster has it no more"),
        ("main", "the cluster has it no more"),
    ]
    assert api.asked[-1][1] == f"{base}/c/log?container=main&previous=true"


def test_the_newest_run_is_that_of_the_newest_pod() -> None:
    pods = [pod("a", "train-2", made="2"), pod("b", "train-1", made="1")]
    assert newest_run(pods) == "train-2"
    assert of_run(pods, "train-1") == [pods[1]]
    assert newest_run([]) == ""


def test_who_interrupted_and_was_told_is_not_told_to_run_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = typer.Typer()

    @app.command()
    def run() -> None:
        raise cli.ToldInterrupt

    monkeypatch.setattr("slipway.cli.app.app", app)
    monkeypatch.setattr("sys.argv", ["slipway"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == ""
