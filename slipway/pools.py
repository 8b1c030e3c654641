"""What an environment's node pools cannot be: machines, accelerators, disks, and more pods than there are addresses."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from slipway import hardening, nodes, zones
from slipway.machines import accelerator_refusal, find, hosts, machine, topology_refusal
from slipway.schema.pool import Surge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.machines import Machine
    from slipway.schema.cluster import Cluster
    from slipway.schema.pool import Pool

ZONES_OF_A_REGION: Final = 3
"""GKE documentation, "Regional clusters": nodes are in three zones of the region where none are named."""
_TAKEN: Final = 4
"""VPC documentation, "Subnets": addresses of a subnet that Google keeps for itself."""


def problems(file: EnvironmentFile) -> Iterator[Problem]:
    """Everything that is wrong with the pools of an environment file."""
    filled = hardening.filled(file.value)
    for cluster_name, cluster in filled.clusters.items():
        sound = True
        for name, pool in cluster.pools.items():
            for key, message in _pool(pool, cluster, filled.profile):
                sound = False
                what, _, remedy = message.partition("; ")
                yield file.document.problem(("clusters", cluster_name, "pools", name, *key), what, remedy)
        if sound:
            yield from _addresses(file, cluster)


def accelerator(pool: Pool) -> tuple[str, int]:
    """GPU type and number of each node, attached ones included; ("", 0) without."""
    found = find(pool.machine)
    if found and found.gpus:
        return found.gpu, found.gpus
    return (pool.gpu.type or "", pool.gpu.count or 0) if pool.gpu else ("", 0)


def offers(pool: Pool, kind: str, count: int) -> bool:
    """Whether one node of the pool can give one pod `count` GPUs of this type.

    Of a shared GPU a pod can have one share (GKE documentation, "About GPU sharing strategies in GKE").
    """
    has, most = accelerator(pool)
    return has == kind and count <= (1 if pool.gpu and pool.gpu.sharing else most)


def zone_count(pool: Pool, cluster: Cluster) -> int:
    """In how many zones the pool has nodes."""
    return len(pool.zones or cluster.zones) or (ZONES_OF_A_REGION if cluster.regional else 1)


_Found = tuple[tuple[str | int, ...], str]
"""Key below the pool, and `what; what would be right`."""


def _pool(pool: Pool, cluster: Cluster, profile: str) -> Iterator[_Found]:
    try:
        found = machine(pool.machine)
    except ValueError as error:
        yield ("machine",), str(error)
        return
    wrong = [*_gpu(pool, found), *_tpu(pool, cluster, found)]
    yield from wrong or _zones(pool, cluster, found)
    if not found.tpu and (refusal := nodes.disk_refusal(found, pool.disk_type)):
        yield ("disk_type",), refusal
    if pool.confidential and not nodes.confidential(found):
        able = ", ".join(nodes.confidential_series())
        asked = f"which profile `{profile}` or `confidential: true` asks for"
        yield ("machine",), f"{found.name} cannot encrypt its memory, {asked}; use a machine of {able}"


def _gpu(pool: Pool, found: Machine) -> Iterator[_Found]:
    if pool.gpu is None:
        return
    kind, count = pool.gpu.type or found.gpu, pool.gpu.count or found.gpus
    if not kind or not count:
        yield ("gpu",), f"{found.name} comes without GPUs; give both type and count, or use a machine such as g2"
    elif refusal := accelerator_refusal(found, kind, count) or nodes.attached_refusal(found, kind, count):
        key = "count" if pool.gpu.count is not None and kind == (found.gpu or kind) else "type"
        yield ("gpu", key), f"{refusal}; see GPU machine types of Compute Engine for what goes together"


def _tpu(pool: Pool, cluster: Cluster, found: Machine) -> Iterator[_Found]:
    if pool.tpu is None or not found.tpu:
        if pool.tpu:
            yield ("tpu",), f"{found.name} has no TPU; use a machine such as ct6e-standard-4t"
        elif found.tpu:
            yield ("machine",), f"{found.name} is a TPU machine; add tpu: {{topology: ...}}"
        return
    if refusal := topology_refusal(found, pool.tpu.topology):
        what, _, known = refusal.partition(": ")
        yield ("tpu", "topology"), f"{what}; use one of {known}"
        return
    wanted = hosts(found, pool.tpu.topology)
    if wanted == 1:
        return
    whole = f"a slice {pool.tpu.topology} of {found.name} is {wanted} nodes, which come and go together"
    if zone_count(pool, cluster) != 1:
        yield ("zones",), f"{whole}; name one zone"
    if pool.nodes.most != wanted or pool.nodes.least not in {0, wanted}:
        yield ("nodes",), f"{whole}; set per_zone: {wanted}"


def _zones(pool: Pool, cluster: Cluster, found: Machine) -> Iterator[_Found]:
    """Whether the machine, or the GPU beside it, is in the zones of the pool; what is rare wants its zones named."""
    kind, _ = accelerator(pool)
    places = zones.of_machine(found)
    if places is None and kind:
        places = zones.of_accelerator(kind)
    if places is None:
        return
    shown = kind or found.name if not found.tpu else found.name
    near = ", ".join(zones.near(places, cluster.region))
    named = pool.zones or cluster.zones or ([] if cluster.regional else [cluster.location])
    for index, zone in enumerate(named):
        if zone not in places:
            key = ("zones", index) if pool.zones else ("machine",)
            yield key, f"{shown} is not in zone {zone}; it is in {near}"
    inside = [zone for zone in places if zone.rpartition("-")[0] == cluster.region]
    if not named and len(inside) < ZONES_OF_A_REGION:
        yield ("machine",), f"{shown} is not in three zones of {cluster.region}; name zones of the pool among {near}"


def _addresses(file: EnvironmentFile, cluster: Cluster) -> Iterator[Problem]:
    """Whether the ranges hold all nodes at most, with those that an upgrade adds, and the pods of each.

    A node takes a range for twice its pods (GKE documentation, "Configure maximum Pods per node", address ranges).
    """
    most, pods, by_node = 0, 0, 0
    for pool in cluster.pools.values():
        count = (pool.nodes.most + _extra(pool)) * zone_count(pool, cluster)
        by_node = 1 << (2 * pool.max_pods - 1).bit_length()
        most, pods = most + count, pods + count * by_node
    network = file.value.network
    for key, needed, taken in (("range", most, _TAKEN), ("pods", pods, 0)):
        text = getattr(network, key)
        size = ipaddress.ip_network(text).num_addresses - taken
        if needed > size:
            fits = 32 - (needed + taken - 1).bit_length()
            takes = f", whose pods take {needed} addresses" if key == "pods" else ""
            what = f"all pools together have up to {most} nodes while upgrading{takes}, and {text} has {size} addresses"
            smaller = "fewer nodes or a smaller max_pods" if key == "pods" else "fewer nodes"
            yield file.document.problem(("network", key), what, f"use a /{fits} or larger, {smaller}")


def _extra(pool: Pool) -> int:
    """Nodes that an upgrade adds in each zone."""
    return pool.upgrade.max_surge if isinstance(pool.upgrade, Surge) else pool.nodes.most
