"""A node pool is replaced under running services: the new one first, then pods move, at last the old nodes go.

One story on one environment: its tests run in order. GKE empties a node by evictions, and a budget of ours lets one pod
of a service go at a time: so a service is never more than one pod short, and what is short comes back elsewhere.
"""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from localcloud.providers.gcp.template import POOL_ANNOTATION
from tests.support.controlplane import template, until, workload
from tests.support.watching import Watch, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.environment import Clone, Running

pytestmark = pytest.mark.live

LOCAL = "environments/local.yaml"
SPOT = "clusters.main.pools.general.spot"
POOL = "gcp:container/nodePool:NodePool"
SERVICES = {"growth/churn": 4, "growth/fraud": 3, "search/ranking": 2, "search/scorer": 1}
NAME = "app.kubernetes.io/name"


def pools(clone: Clone) -> list[str]:
    """The pools that exist in the played Google Cloud, by name."""
    return sorted(values["name"] for values in clone.store.all(POOL).values())


def nodes(clone: Clone) -> dict[str, dict[str, Any]]:
    return {item["metadata"]["name"]: item for item in clone.kube.api.call("GET", "/api/v1/nodes")["items"]}


def pool_of(node: dict[str, Any]) -> str:
    return str(node["metadata"]["annotations"][POOL_ANNOTATION]).rpartition("/")[2]


def cordoned(node: dict[str, Any]) -> bool:
    return bool(node["spec"].get("unschedulable"))


def pods(clone: Clone) -> list[dict[str, Any]]:
    """The pods of the teams' services."""
    return [pod for space in ("growth", "search") for pod in clone.kube.pods(space)]


def ready(items: list[dict[str, Any]]) -> dict[str, int]:
    """Ready pods of each service."""
    found = dict.fromkeys(SERVICES, 0)
    for pod in items:
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['labels'][NAME]}"
        found[name] += is_ready(pod)
    return found


def fewest(watches: list[Watch]) -> dict[str, int]:
    """The fewest ready pods of each service, over every version of every pod that the API server wrote."""
    found = dict.fromkeys(SERVICES, 1000)
    for watch in watches:
        for moment in watch.objects():
            here = ready(list(moment.values()))
            spaces = {pod["metadata"]["namespace"] for pod in moment.values()}
            for service, count in here.items():
                if service.split("/", maxsplit=1)[0] in spaces:
                    found[service] = min(found[service], count)
    return found


@contextlib.contextmanager
def watched(clone: Clone) -> Iterator[list[Watch]]:
    """Every version of the teams' pods while the block runs."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(Watch(clone.kube.api, f"/api/v1/namespaces/{space}/pods"))
            for space in ("growth", "search")
        ]


def new_ready_before_old_cordoned(history: list[dict[str, dict[str, Any]]], old: set[str]) -> int:
    """How many nodes of the new pool were Ready when the first of the old ones was closed to new pods."""
    for moment in history:
        if any(cordoned(moment[name]) for name in old if name in moment) or not old <= set(moment):
            return sum(is_ready(node) for name, node in moment.items() if name not in old)
    raise AssertionError("no old node was ever cordoned")


def kept(watches: list[Watch]) -> None:
    """No service was ever more than one pod short, and an eviction was seen (it comes before the pod's successor)."""
    least = fewest(watches)
    assert all(least[name] >= wanted - 1 for name, wanted in SERVICES.items()), least
    assert any(least[name] < wanted for name, wanted in SERVICES.items()), least


def test_what_forces_a_new_pool_and_services_stay(deployed: Clone) -> None:
    (old_pool,), old = pools(deployed), set(nodes(deployed))
    assert len(old) == 3
    until(lambda: ready(pods(deployed)) == SERVICES)
    before = {pod["metadata"]["uid"] for pod in pods(deployed)}
    deployed.edit(LOCAL, {SPOT: True})
    shown = deployed.slipway("preview", "local").out
    assert "replace" in shown
    with watched(deployed) as watches, Watch(deployed.kube.api, "/api/v1/nodes") as node_watch:
        done = deployed.slipway("up", "local")
    assert done.out.count("healthy") == len(SERVICES)

    (new_pool,) = pools(deployed)
    assert new_pool != old_pool
    now = nodes(deployed)
    assert not old & set(now)
    assert {pool_of(node) for node in now.values()} == {new_pool}
    assert {node["metadata"]["labels"]["cloud.google.com/gke-spot"] for node in now.values()} == {"true"}
    # the new pool was there, whole and ready, before the first old node was closed
    assert new_ready_before_old_cordoned(node_watch.objects(), old) == len(old)

    until(lambda: ready(pods(deployed)) == SERVICES)
    moved = pods(deployed)
    assert not before & {pod["metadata"]["uid"] for pod in moved}
    assert {pod["spec"]["nodeName"] for pod in moved} <= set(now)
    kept(watches)
    assert deployed.slipway("preview", "local").out.count("Nothing would change.") == 1


def _stubborn(clone: Clone) -> None:
    """A pod that no eviction may take, so that a drain stays where it is; not one of Slipway's services."""
    clone.kube.apply("default", workload("Deployment", "stubborn", 1, template("stubborn", "app:1")))
    until(
        lambda: (
            clone.kube.get("default", "apps/v1", "deployments", "stubborn").get("status", {}).get("availableReplicas")
        )
    )
    clone.kube.api.call(
        "POST",
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "stubborn"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "stubborn"}}},
        },
    )


def _engines(running: Running) -> list[psutil.Process]:
    """The engine's processes that this command started."""
    children = psutil.Process(running.process.pid).children(recursive=True)
    found: list[psutil.Process] = []
    for child in children:
        with contextlib.suppress(psutil.Error):
            if child.name() == "pulumi":
                found.append(child)
    return found


def test_an_engine_that_is_killed_during_the_drain_is_picked_up(deployed: Clone) -> None:
    (old_pool,), old = pools(deployed), set(nodes(deployed))
    _stubborn(deployed)
    stuck = deployed.kube.pods("default", "app=stubborn")[0]["spec"]["nodeName"]
    deployed.edit(LOCAL, {SPOT: None})
    with watched(deployed) as watches:
        running = deployed.start("up", "local", SLIPWAY_DRAIN_SECONDS="600")

        def draining() -> bool:
            assert running.runs, running.told
            there = nodes(deployed)
            return all(cordoned(there[name]) for name in old if name in there) and len(pools(deployed)) == 2

        until(draining, 120)
        assert stuck in nodes(deployed)
        (engine,) = _engines(running)
        engine.send_signal(signal.SIGKILL)
        ended = running.done(code=None, seconds=240)
        assert ended.code == 1, ended
        assert "Traceback" not in ended.err
        # nothing is lost and nothing is forgotten: both pools exist, and the state knows of the old one
        assert len(pools(deployed)) == 2
        assert old_pool in pools(deployed)
        assert stuck in nodes(deployed)
        state = deployed.state("local.platform")
        waiting = [one for one in state["resources"] if one["type"] == POOL and one.get("delete")]
        assert [one["outputs"]["name"] for one in waiting] == [old_pool]

        deployed.kube.delete("default", "policy/v1", "poddisruptionbudgets", "stubborn")
        again = deployed.slipway("up", "local")
    assert again.out.count("healthy") == len(SERVICES)
    assert old_pool not in pools(deployed)
    assert len(pools(deployed)) == 1
    assert not old & set(nodes(deployed))
    assert not any(cordoned(node) for node in nodes(deployed).values())
    until(lambda: ready(pods(deployed)) == SERVICES)
    kept(watches)
    assert not deployed.locks()
    assert "Nothing would change." in deployed.slipway("preview", "local").out
