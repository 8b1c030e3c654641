"""`<environment>.platform`: network, cluster, node pools, registries, buckets and identities."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_gcp import Provider
from pulumi_gcp.storage import BucketObject

from infra.gcp.bucket import Bucket, BucketArgs
from infra.gcp.cluster import Cluster, ClusterArgs
from infra.gcp.identity import TeamIdentity, namespace_principal
from infra.gcp.network import Network, NetworkArgs
from infra.gcp.node_pool import NodeIdentity, NodePool, NodePoolArgs
from infra.gcp.registry import Registry, RegistryArgs
from slipway import contract, units

if TYPE_CHECKING:
    from slipway.desired import Desired


def declare(desired: Desired, layer: str) -> None:
    """Declare the platform of `desired` and publish its contract."""
    del layer
    environment, google = desired.environment, desired.environment.google
    provider = Provider("google", project=google.project, region=google.region)
    opts = pulumi.ResourceOptions(provider=provider)

    network = Network(
        "network",
        NetworkArgs(
            name=f"slipway-{desired.name}",
            region=google.region,
            nodes=environment.network.range,
            pods=environment.network.pods,
            services=environment.network.services,
        ),
        opts,
    )
    cluster = _cluster(desired, network, opts)
    teams = {
        team: TeamIdentity(f"team-{team}", contract.deployer_id(desired, team), google.project, opts)
        for team in desired.teams
    }
    for name, registry in environment.registries.items():
        if registry.shared:
            continue
        keep = units.seconds(registry.keep_untagged)
        Registry(f"registry-{name}", RegistryArgs(name, google.region, registry.immutable_tags, keep), opts)
    readers = {team: namespace_principal(google.project, google.number, team) for team in desired.teams}
    for name, bucket in environment.buckets.items():
        if bucket.existing:  # nor a grant: its owner makes it, and a second one would go with this environment
            continue
        full = contract.bucket_name(desired, name)
        args = BucketArgs(full, google.region, bucket.keep_old_versions, not bucket.protect, readers)
        Bucket(f"bucket-{name}", args, opts)
    _publish(desired, cluster, {name: team.member for name, team in teams.items()}, opts)


def _cluster(desired: Desired, network: Network, opts: pulumi.ResourceOptions) -> Cluster:
    environment, name = desired.environment, desired.cluster_name
    wanted = environment.clusters[name]
    cluster = Cluster(
        f"cluster-{name}",
        ClusterArgs(
            name=contract.cluster_name(desired),
            project=environment.google.project,
            location=wanted.location,
            zones=wanted.zones,
            control_plane=environment.network.peered or "",
            release_channel=wanted.release_channel,
            deletion_protection=wanted.deletion_protection,
            network=network,
        ),
        opts,
    )
    nodes = NodeIdentity(f"nodes-{name}", contract.nodes_id(desired), environment.google.project, opts)
    for pool_name, pool in wanted.pools.items():
        NodePool(
            f"{name}-{pool_name}",
            NodePoolArgs(
                machine=pool.machine,
                per_zone=pool.nodes.per_zone,
                least=pool.nodes.least,
                most=pool.nodes.max_per_zone or pool.nodes.least,
                disk_gb=pool.disk_gb,
                spot=pool.spot,
                cluster=cluster,
                service_account=nodes.email,
                labels=pool.labels,
                taints=[taint.model_dump() for taint in pool.taints],
            ),
            opts,
        )
    return cluster


def _publish(
    desired: Desired, cluster: Cluster, readers: dict[str, pulumi.Output[str]], opts: pulumi.ResourceOptions
) -> None:
    """The contract, as an object in a bucket of its own and as the stack's output."""
    google = desired.environment.google
    removable = desired.environment.stand_ins or desired.environment.template is not None
    args = BucketArgs(contract.own_bucket(desired), google.region, 10, removable, readers)
    bucket = Bucket("bucket-slipway", args, opts)
    derived = contract.derive(desired)

    def complete(known: list[Any]) -> str:
        endpoint, authority = known
        full = dataclasses.replace(derived, endpoint=endpoint, certificate_authority=authority)
        return full.to_json()

    text = pulumi.Output.all(cluster.endpoint, cluster.certificate_authority).apply(complete)
    BucketObject(
        "contract",
        name=contract.OBJECT,
        bucket=bucket.bucket_name,
        content=text,
        content_type="application/json",
        opts=pulumi.ResourceOptions(parent=bucket),
    )
    pulumi.export("contract", text.apply(json.loads))
