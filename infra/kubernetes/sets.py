"""Stateful sets and daemon sets: what they are made of, and what of them can never change.

Sources: Kubernetes API reference, StatefulSet v1 and DaemonSet v1; Kubernetes documentation, "StatefulSets" (sections
"Pod Management Policies", "Forced rollback", "PersistentVolumeClaim retention").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet, StatefulSet
from pulumi_kubernetes.core.v1 import Service as CoreService

from infra.kubernetes.pod import selector
from infra.kubernetes.volumes import claims, kept
from slipway.errors import FailedError
from slipway.rollouts.compile import PEERS, REVISIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.kubernetes.handover import Handover
    from slipway.rollouts.compile import Plan
    from slipway.schema.manifest import Service

KEPT: Final = "slipway.dev/kept-volumes"
"""Annotation of a stateful set: the disks that each of its pods keeps."""
FIXED: Final = [f"spec.{name}" for name in ("volumeClaimTemplates", "serviceName", "podManagementPolicy", "selector")]
"""What the API server lets nobody change. The engine would make a new set instead, beside the disks of the old one, so
it is told to look away, and the hook refuses what somebody wants to change."""


def spec(service: Service, compiled: Plan, template: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of the service's set.

    Its pods start and end all at once (Parallel); a release still replaces one by one. In order, the controller
    waits for a broken pod before it replaces it, even by the release that mends it ("Forced rollback").
    """
    built: dict[str, Any] = {
        "selector": {"matchLabels": selector(service.name)},
        "revisionHistoryLimit": REVISIONS,
        "updateStrategy": compiled.strategy,
        "template": template,
    }
    if compiled.kind == "DaemonSet":
        return built
    if not service.scaling.autoscaled:
        built["replicas"] = service.scaling.min  # left out where the autoscaler owns it (pulumi-kubernetes#2491)
    built |= {
        "serviceName": f"{service.name}-{compiled.peers}",
        "podManagementPolicy": "Parallel",
        # neither a smaller number of pods nor a deleted set takes a disk with it
        "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Retain", "whenDeleted": "Retain"},
    }
    if disks := claims(service.volumes):
        built["volumeClaimTemplates"] = disks
    return built


def tells(service: Service) -> dict[str, str]:
    """What a set says of itself, so that a change of its disks is an update that a hook can refuse."""
    return {KEPT: kept(service.volumes)} if service.workload == "stateful-set" else {}


def peers(name: str, meta: Any, service: Service, parent: pulumi.Resource) -> pulumi.Resource:
    """The Service by which each pod of a stateful set has a name, POD.NAME-pods, also before it is ready."""
    built: Any = {"clusterIP": "None", "selector": selector(service.name), "publishNotReadyAddresses": True}
    if service.port:
        built["ports"] = [{"name": "http", "port": service.port, "protocol": "TCP"}]
    opts = pulumi.ResourceOptions(parent=parent)
    return CoreService(f"{name}-service-{PEERS}", metadata=meta, spec=built, opts=opts)


def workload(
    name: str, meta: Any, spec: Any, handover: Handover | None, opts: pulumi.ResourceOptions
) -> pulumi.Resource:
    """The set itself, with its hooks; `spec` has a `serviceName` if it is a stateful one."""
    bound = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hooks=hooks(name, handover)))
    if "serviceName" not in spec:
        return DaemonSet(f"{name}-daemonset", metadata=meta, spec=spec, opts=bound)
    fixed = pulumi.ResourceOptions.merge(bound, pulumi.ResourceOptions(ignore_changes=FIXED))
    return StatefulSet(f"{name}-statefulset", metadata=meta, spec=spec, opts=fixed)


def hooks(name: str, handover: Handover | None) -> pulumi.ResourceHookBinding:
    """Before it is made: nothing of another kind runs under its name; before it is changed: its disks stay."""

    def look(args: pulumi.ResourceHookArgs) -> None:
        refuse(args.old_inputs or {}, args.new_inputs or {})

    keeps = pulumi.ResourceHook(f"{name}-keeps", look, pulumi.ResourceHookOptions(on_dry_run=True))
    before = handover.workload if handover else pulumi.ResourceHookBinding()
    return pulumi.ResourceHookBinding(
        before_create=before.before_create, before_update=[*(before.before_update or []), keeps]
    )


def refuse(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse another set of kept disks than the pods have. Raises FailedError."""
    before, after = (each.get("metadata", {}).get("annotations", {}).get(KEPT, "{}") for each in (old, new))
    if before == after:
        return
    key = "/".join(str(new.get("metadata", {}).get(each, "?")) for each in ("namespace", "name"))
    message = (
        f"{key}: each pod keeps {before}, and the manifest says {after}; Kubernetes lets nobody change the disks of a "
        "stateful set, and a new one would leave the data behind; take `volumes` back, or give the service with other "
        "disks another name and copy the data (docs/workloads.md)"
    )
    raise FailedError(message)
