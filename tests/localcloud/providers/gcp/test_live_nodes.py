"""Node pools as nodes of a real API server: labels for each zone, resizing, upgrades, drains under a budget."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.controlplane import readiness
from localcloud.controlplane.api import ApiError
from localcloud.providers.gcp import __main__ as admin
from localcloud.providers.gcp import drain, kube, localcluster, nodes
from localcloud.providers.gcp.template import POOL_ANNOTATION
from localcloud.providers.model import PartialFailureError, ProviderError
from tests.support.controlplane import Kube, template, until, workload
from tests.support.gcp import ACCOUNT, CLUSTER, NETWORK, POOL, SUBNETWORK, Cloud, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.controlplane import ControlPlane

pytestmark = pytest.mark.live


@pytest.fixture
def live(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Cloud]:
    """A cloud with a cluster that leads to the real control plane; its nodes are gone afterwards."""
    local = tmp_path / "local"
    local.mkdir()
    (local / "cluster.json").symlink_to(control_plane.layout.cluster)
    cloud = Cloud(local)
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER)
    yield cloud
    for token, identity in cloud.store.all(CLUSTER):
        admin.delete(cloud.store, token, identity)


@pytest.fixture
def admin_calls(control_plane: ControlPlane) -> Iterator[Kube]:
    """Calls as the admin; the namespaces of these tests are gone afterwards."""
    calls = Kube(readiness.api(control_plane.layout))
    yield calls
    for name in ("moving", "stuck"):
        with contextlib.suppress(ApiError):
            calls.api.call("DELETE", f"/api/v1/namespaces/{name}")


def _nodes(cloud: Cloud, pool: str = "pool") -> dict[str, dict[str, Any]]:
    cluster = localcluster.require(cloud.store)
    found = kube.connect(cluster).call("GET", "/api/v1/nodes")["items"]
    owned = [(item, item["metadata"].get("annotations", {}).get(POOL_ANNOTATION, "")) for item in found]
    return {item["metadata"]["name"]: item for item, owner in owned if owner.endswith(f"/{pool}")}


def _zones(found: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in found.values())


def test_a_regional_pool_has_its_nodes_in_each_zone(live: Cloud) -> None:
    config = {"machineType": "n2-standard-4", "labels": {"team": "ml"}, "spot": True, "diskSizeGb": 50}
    inputs, state = live.create(POOL, nodeCount=2, nodeConfig=config)
    found = _nodes(live)
    assert _zones(found) == [f"europe-west4-{zone}" for zone in "aabbcc"]
    name, node = min(found.items())
    assert name.startswith("gke-main-pool-")
    assert [len(part) for part in name.split("-")[-2:]] == [8, 4]
    wanted = {
        "cloud.google.com/gke-nodepool": "pool",
        "cloud.google.com/gke-os-distribution": "cos",
        "cloud.google.com/gke-provisioning": "spot",
        "cloud.google.com/gke-spot": "true",
        "cloud.google.com/machine-family": "n2",
        "cloud.google.com/private-node": "true",
        "iam.gke.io/gke-metadata-server-enabled": "true",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "n2-standard-4",
        "team": "ml",
        "topology.kubernetes.io/region": "europe-west4",
    }
    assert wanted.items() <= node["metadata"]["labels"].items()
    assert node["status"]["capacity"]["cpu"] == "4"
    assert node["status"]["allocatable"]["cpu"] == "3920m"
    assert node["status"]["allocatable"]["memory"] == "13621Mi"
    assert state.outputs["nodeCount"] == 2
    fresh = live.read(POOL, inputs, state)
    assert fresh is not None
    assert fresh.outputs == state.outputs
    live.delete(POOL, inputs, state)
    assert not _nodes(live)


def test_gpu_nodes(live: Cloud) -> None:
    accelerator = {
        "type": "nvidia-l4",
        "count": 1,
        "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
        "gpuSharingConfig": {"gpuSharingStrategy": "TIME_SHARING", "maxSharedClientsPerGpu": 2},
    }
    config = {
        "machineType": "g2-standard-8",
        "guestAccelerators": [accelerator],
        "taints": [{"key": "team", "value": "ml", "effect": "NO_EXECUTE"}],
    }
    _, state = live.create(POOL, nodeConfig=config, nodeLocations=["europe-west4-a"])
    ((_, node),) = _nodes(live).items()
    labels = node["metadata"]["labels"]
    assert labels["cloud.google.com/gke-accelerator"] == "nvidia-l4"
    assert labels["cloud.google.com/gke-accelerator-count"] == "1"
    assert labels["cloud.google.com/gke-gpu-driver-version"] == "latest"
    assert labels["cloud.google.com/gke-gpu-sharing-strategy"] == "time-sharing"
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "1"
    taints = {(taint["key"], taint.get("value"), taint["effect"]) for taint in node["spec"]["taints"]}
    assert {("nvidia.com/gpu", "present", "NoSchedule"), ("team", "ml", "NoExecute")} <= taints
    assert {taint["key"] for taint in state.outputs["nodeConfig"]["effectiveTaints"]} == {"team", "nvidia.com/gpu"}


def test_resizing_relabelling_and_upgrading(live: Cloud) -> None:
    inputs, state = live.create(POOL)
    first = set(_nodes(live))
    state = live.update(POOL, inputs, state, nodeCount=2)
    assert first < set(_nodes(live))
    assert len(_nodes(live)) == 6
    state = live.update(POOL, inputs, state, nodeCount=1)
    assert set(_nodes(live)) == first
    config = {
        "machineType": "n2-standard-4",
        "labels": {"a": "b"},
        "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}],
    }
    state = live.update(POOL, inputs, state, nodeConfig=config)
    relabelled = _nodes(live)
    assert set(relabelled) == first
    assert all(node["metadata"]["labels"]["a"] == "b" for node in relabelled.values())
    assert all(node["spec"]["taints"][0]["key"] == "k" for node in relabelled.values())
    live.logged.clear()
    live.update(POOL, inputs, state, nodeConfig={"machineType": "n2-standard-8"})
    assert not first & set(_nodes(live))
    assert _zones(_nodes(live)) == [f"europe-west4-{zone}" for zone in "abc"]
    assert [line.split()[-1] for line in live.logged] == ["added", "removed"] * 3  # one more at a time: surge


def test_lost_nodes_show_as_drift_and_are_made_again(live: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, state = live.create(POOL)
    lost = min(_nodes(live))
    client = kube.connect(localcluster.require(live.store))
    client.call("DELETE", f"/api/v1/nodes/{lost}")
    drifted = live.read(POOL, inputs, state)
    assert drifted is not None
    assert drifted.outputs["nodeCount"] == 0  # two of three zones, rounded down as the real provider does
    assert live.update(POOL, inputs, drifted).outputs["nodeCount"] == 1
    assert lost in _nodes(live)
    client.call("DELETE", f"/api/v1/nodes/{lost}")
    monkeypatch.setenv("SLIPWAY_LOCAL_DIR", str(live.local))
    assert admin.main(["repair"]) == 0
    assert len(_nodes(live)) == 3


def _serve(live: Cloud, api: Kube, name: str, *, least: int) -> str:
    """A Deployment of two on the pool's nodes with a budget."""
    space = api.namespace(name)
    pod = template(name, "app:1", nodeSelector={"cloud.google.com/gke-nodepool": "pool"})
    api.apply(space, workload("Deployment", name, 2, pod))
    client = kube.connect(localcluster.require(live.store))
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": name}}},
    }
    client.call("POST", f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets", budget)
    until(lambda: api.get(space, "apps/v1", "deployments", name).get("status", {}).get("availableReplicas") == 2)
    path = f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets/{name}"
    until(lambda: client.call("GET", path).get("status", {}).get("currentHealthy") == 2)
    return space


def test_pods_move_within_their_budget(live: Cloud, admin_calls: Kube) -> None:
    inputs, state = live.create(POOL)
    space = _serve(live, admin_calls, "moving", least=1)
    old = set(_nodes(live))
    live.update(POOL, inputs, state, nodeConfig={"machineType": "n2-standard-8"})
    pods = [pod for pod in admin_calls.pods(space, "app=moving") if not pod["metadata"].get("deletionTimestamp")]
    assert not {pod["spec"].get("nodeName") for pod in pods} & old
    status = admin_calls.get(space, "apps/v1", "deployments", "moving")["status"]
    assert status["availableReplicas"] >= 1


def test_a_budget_that_allows_nothing_holds_until_the_limit(
    live: Cloud, admin_calls: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(drain.LIMIT_VARIABLE, "2")
    inputs, state = live.create(POOL)
    _serve(live, admin_calls, "stuck", least=2)
    live.delete(POOL, inputs, state)
    assert any(
        "waits: Cannot evict pod as it would violate the pod's disruption budget" in line for line in live.logged
    )
    assert any("removed by force" in line for line in live.logged)
    assert not _nodes(live)


def test_nodes_that_do_not_start_leave_the_pool_in_the_state(live: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(nodes.READY_VARIABLE, "0.000001")
    monkeypatch.setattr(nodes, "_is_ready", lambda _node: False)
    with pytest.raises(PartialFailureError, match="did not become Ready") as failed:
        live.create(POOL)
    assert failed.value.state.id.endswith("nodePools/pool")
    live.provider.delete(request(POOL, "it", failed.value.state.id), {}, failed.value.state.outputs)
    assert not _nodes(live)


def test_an_api_server_that_does_not_answer(live: Cloud) -> None:
    inputs, state = live.create(POOL)
    link = live.local / "cluster.json"
    there, text = link.readlink(), link.read_text()
    link.unlink()
    link.write_text(text.replace(_endpoint(text), "127.0.0.1:1"))
    assert live.read(POOL, inputs, state) is not None  # what the record says
    with pytest.raises(ProviderError, match=r"does not answer .*run `slipway cluster start"):
        live.delete(POOL, inputs, state)
    assert live.store.get(POOL, state.id)
    link.unlink()
    link.symlink_to(there)


def _endpoint(text: str) -> str:
    return str(json.loads(text)["endpoint"])
