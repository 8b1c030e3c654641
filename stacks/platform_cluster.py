"""The cluster of the platform, its node pools and its backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.gcp.auto_provisioning import AutoProvisioning
from infra.gcp.backups import Backups, BackupsArgs
from infra.gcp.cluster import Cluster, ClusterArgs
from infra.gcp.maintenance import Exclusion, Maintenance
from infra.gcp.node_identity import NodeIdentity
from infra.gcp.node_pool import Accelerator, BlueGreenUpgrade, NodePool, NodePoolArgs, SurgeUpgrade
from slipway import contract, nodes, pools, units
from slipway.machines import hosts, machine
from slipway.schema.pool import Surge
from stacks.platform_project import LABEL

if TYPE_CHECKING:
    from infra.gcp.network import Network
    from slipway.schema.cluster import Cluster as WantedCluster
    from slipway.schema.pool import Pool
    from stacks.platform_settings import Settings

_GIB = 2**30
_PERCENT = 100


def declare_cluster(settings: Settings, network: Network) -> Cluster:
    """Declare the environment's one cluster with everything in it that is Google's."""
    desired, google, profile = settings.desired, settings.google, settings.profile
    name = desired.cluster_name
    wanted = desired.environment.clusters[name]
    identity = NodeIdentity(f"nodes-{name}", contract.nodes_id(desired), google.project, settings.opts)
    cluster = Cluster(
        f"cluster-{name}",
        ClusterArgs(
            name=contract.cluster_name(desired),
            project=google.project,
            location=wanted.location,
            zones=wanted.zones,
            control_plane=desired.environment.network.peered,
            release_channel=wanted.release_channel,
            deletion_protection=wanted.deletion_protection,
            network=network,
            external=wanted.access != "private-runner",
            authorized=wanted.authorized_networks,
            maintenance=_maintenance(wanted),
            etcd_key=settings.etcd_key,
            control_plane_logs=profile.control_plane_logs,
            control_plane_metrics=profile.control_plane_metrics,
            intranode_visibility=profile.intranode_visibility,
            encrypted_in_transit=profile.encrypted_in_transit,
            backup=wanted.backup is not None,
            fleet=desired.environment.mesh is not None,
            auto_provisioning=_auto_provisioning(wanted, identity, settings.data_key),
        ),
        settings.opts,
    )
    for pool_name, pool in wanted.pools.items():
        NodePool(f"{name}-{pool_name}", _pool(pool, cluster, identity, settings), settings.opts)
    if wanted.backup:
        args = BackupsArgs(
            name=contract.cluster_name(desired),
            project=google.project,
            region=google.region,
            cluster_id=cluster.cluster_id,
            schedule=wanted.backup.schedule,
            keep_days=wanted.backup.keep_days or profile.backup_keep_days,
            lock_days=wanted.backup.lock_days or 0,
            key=settings.data_key,
        )
        Backups(f"backups-{name}", args, settings.opts)
    return cluster


def _maintenance(wanted: WantedCluster) -> Maintenance:
    given = wanted.maintenance
    exclusions = {name: Exclusion(each.begin, each.to, each.scope) for name, each in given.exclusions.items()}
    return Maintenance(given.start, units.seconds(given.length), given.days, exclusions)


def _auto_provisioning(wanted: WantedCluster, identity: NodeIdentity, key: str | None) -> AutoProvisioning | None:
    given = wanted.auto_provisioning
    if given is None:
        return None
    return AutoProvisioning(
        cores=units.millicores(given.max_cpu) // 1000,
        memory_gib=units.octets(given.max_memory) // _GIB,
        gpus=given.max_gpus,
        service_account=identity.email,
        disk_key=key,
    )


def _pool(pool: Pool, cluster: Cluster, identity: NodeIdentity, settings: Settings) -> NodePoolArgs:
    found = machine(pool.machine)
    # nodes of one slice are placed together; a node that is a whole slice needs no placement
    topology = pool.tpu.topology if pool.tpu and hosts(found, pool.tpu.topology) > 1 else None
    return NodePoolArgs(
        machine=pool.machine,
        per_zone=pool.nodes.per_zone,
        least=pool.nodes.least,
        most=pool.nodes.most,
        zones=pool.zones,
        disk_gb=pool.disk_gb,
        disk_type=pool.disk_type,
        spot=pool.spot,
        max_pods=pool.max_pods,
        accelerator=_accelerator(pool),
        tpu_topology=topology,
        confidential=nodes.confidential(found) if pool.confidential else None,
        upgrade=_upgrade(pool),
        cluster=cluster,
        service_account=identity.email,
        disk_key=settings.data_key,
        labels=pool.labels,
        taints=[taint.model_dump() for taint in pool.taints],
        cost_labels={LABEL: settings.desired.name},
    )


def _accelerator(pool: Pool) -> Accelerator | None:
    """GPUs, also those that come with the machine: Google wants them said."""
    kind, count = pools.accelerator(pool)
    if not count:
        return None
    given = pool.gpu
    sharing = (given.sharing.by, given.sharing.clients) if given and given.sharing else None
    return Accelerator(kind, count, given.driver if given else "default", sharing)


def _upgrade(pool: Pool) -> SurgeUpgrade | BlueGreenUpgrade:
    wanted = pool.upgrade
    if isinstance(wanted, Surge):
        return SurgeUpgrade(wanted.max_surge, wanted.max_unavailable)
    batch = wanted.batch
    size = int(batch[:-1]) / _PERCENT if batch.endswith("%") else int(batch)
    return BlueGreenUpgrade(size, units.seconds(wanted.batch_soak), units.seconds(wanted.pool_soak))
