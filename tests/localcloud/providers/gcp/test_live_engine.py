"""The stand-in under the real engine: the lifecycle that Pulumi tests itself with, drift, replacement, protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi import automation
from pulumi_gcp import compute, container, serviceaccount, storage

from localcloud.providers.gcp import kube, localcluster
from localcloud.providers.gcp.store import Store
from localcloud.providers.gcp.template import POOL_ANNOTATION
from tests.support.engine import engine as engine  # noqa: PLC0414 - a fixture
from tests.support.engine import pulumi_root as pulumi_root  # noqa: PLC0414 - a fixture
from tests.support.gcp import CLUSTER, FIREWALL, POOL, PROJECT, REGION, enable_apis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.controlplane import ControlPlane
    from tests.support.engine import Engine

pytestmark = pytest.mark.live


@dataclass
class Platform:
    """A network, a cluster, a pool and a bucket, as a program that tests edit."""

    nodes: int = 1
    machine: str = "n2-standard-4"
    spot: bool = False
    protected: bool = False
    endpoint: str = field(default="", init=False)

    def __call__(self) -> None:
        network = compute.Network("net", auto_create_subnetworks=False)
        subnetwork = compute.Subnetwork(
            "sub",
            network=network.id,
            ip_cidr_range="10.0.0.0/20",
            secondary_ip_ranges=[
                {"range_name": "pods", "ip_cidr_range": "10.4.0.0/14"},
                {"range_name": "services", "ip_cidr_range": "10.8.0.0/20"},
            ],
        )
        compute.Firewall(
            "fw", network=network.name, source_ranges=["10.0.0.0/8"], allows=[{"protocol": "tcp", "ports": ["22"]}]
        )
        account = serviceaccount.Account("nodes", account_id="nodes-sa")
        cluster = container.Cluster(
            "cluster",
            name="main",
            network=network.id,
            subnetwork=subnetwork.id,
            deletion_protection=self.protected,
            initial_node_count=1,
            remove_default_node_pool=True,
            ip_allocation_policy={
                "cluster_secondary_range_name": "pods",
                "services_secondary_range_name": "services",
            },
            private_cluster_config={"enable_private_nodes": True, "master_ipv4_cidr_block": "172.16.0.0/28"},
            opts=pulumi.ResourceOptions(ignore_changes=["nodeConfig", "initialNodeCount"]),
        )
        container.NodePool(
            "pool",
            cluster=cluster.name,
            location=cluster.location,
            node_count=self.nodes,
            node_config={"machine_type": self.machine, "spot": self.spot, "service_account": account.email},
        )
        bucket = storage.Bucket("bucket", location="EU")
        storage.BucketObject("object", bucket=bucket.name, name="a", content=pulumi.Output.secret("planted-value"))
        pulumi.export("endpoint", cluster.endpoint)
        pulumi.export("dns", cluster.control_plane_endpoints_config.dns_endpoint_config.endpoint)


@dataclass
class World:
    """An engine, and the cloud and the cluster that it works on."""

    engine: Engine
    store: Store

    def nodes(self) -> list[dict[str, Any]]:
        """Nodes of any pool of this cloud."""
        client = kube.connect(localcluster.require(self.store))
        found = client.call("GET", "/api/v1/nodes")["items"]
        return [node for node in found if POOL_ANNOTATION in node["metadata"].get("annotations", {})]


@pytest.fixture
def world(engine: Callable[..., Engine], control_plane: ControlPlane, tmp_path: Path) -> World:
    local = tmp_path / "local"
    local.mkdir()
    (local / "cluster.json").symlink_to(control_plane.layout.cluster)
    made = engine("platform", "gcp", SLIPWAY_LOCAL_DIR=str(local))
    settings = f"config:\n  gcp:project: {PROJECT}\n  gcp:region: {REGION}\n"
    (made.folder / "Pulumi.platform.yaml").write_text(settings, encoding="utf-8")
    store = Store(local / "gcp")
    enable_apis(store)
    return World(made, store)


def test_lifecycle(world: World) -> None:
    program = Platform()
    stack = world.engine.stack(program)
    assert stack.preview().change_summary == {"create": 9}
    assert not world.store.all()

    made = stack.up()
    local = localcluster.require(world.store)
    assert made.outputs["endpoint"].value == made.outputs["dns"].value == local.endpoint
    assert len(world.nodes()) == 3
    stack.up(expect_no_changes=True)
    stack.refresh(expect_no_changes=True)
    stack.import_stack(stack.export_stack())
    state = [path.read_bytes() for path in (world.engine.folder / "state").rglob("*") if path.is_file()]
    assert state
    assert not any(b"planted-value" in content for content in state)

    # behind Pulumi's back: a rule opened, nodes gone
    ((_, rule),) = world.store.all(FIREWALL)
    world.store.change(FIREWALL, rule, {"sourceRanges": ["0.0.0.0/0"]})
    client = kube.connect(local)
    client.call("DELETE", f"/api/v1/nodes/{world.nodes()[0]['metadata']['name']}")
    assert _updates(stack.refresh()) == 2
    planned = world.engine.preview(program)
    assert {name.rsplit("::", 1)[-1]: sorted(step.detailed) for name, step in planned.items()} == {
        "fw": ["sourceRanges[0]"],
        "pool": ["nodeCount"],
    }
    program.nodes = 2
    assert _updates(stack.up()) == 2
    assert len(world.nodes()) == 6
    record = world.store.get(FIREWALL, rule)
    assert record is not None
    assert record["sourceRanges"] == ["10.0.0.0/8"]

    stack.destroy()
    assert not world.store.all()
    assert not world.nodes()


def test_replacement_and_protection(world: World) -> None:
    program = Platform(protected=True)
    stack = world.engine.stack(program)
    stack.up()
    first = {node["metadata"]["name"] for node in world.nodes()}

    program.spot = True
    events: list[automation.EngineEvent] = []
    assert (stack.preview(on_event=events.append).change_summary or {}).get("replace") == 1
    planned = [event.resource_pre_event.metadata for event in events if event.resource_pre_event]
    assert [step.op.value for step in planned if step.type == POOL] == [
        "create-replacement",
        "replace",
        "delete-replaced",
    ]
    assert {key for step in planned for key in step.keys or []} == {"nodeConfig.spot"}
    stack.up()
    after = {node["metadata"]["name"]: node for node in world.nodes()}
    assert len(after) == 3
    assert not first & set(after)
    assert all(node["metadata"]["labels"]["cloud.google.com/gke-spot"] == "true" for node in after.values())

    with pytest.raises(
        automation.CommandError, match="Cannot destroy cluster because deletion_protection is set to true"
    ):
        stack.destroy()
    assert world.store.all(CLUSTER)
    program.protected = False
    stack.up()
    assert world.store.all(POOL)
    stack.destroy()
    assert not world.store.all()
    assert not world.nodes()


def _updates(result: automation.UpResult | automation.RefreshResult) -> int:
    return (result.summary.resource_changes or {}).get("update", 0)
