"""Times that the Rollouts controller has left on old ReplicaSets: with one of them no release of the service times out.

The controller (argo-rollouts 1.10) lets no release run into its `progressDeadlineSeconds` while an old ReplicaSet has a
`scale-down-deadline` (`rollout/sync.go`, isWaitingForReplicaSetScaleDown). It means to take that away when it scales
the ReplicaSet down, but after an abort of a blue-green release, or of a canary by a mesh or gateway, it was seen to
stay on one without pods, and the next release that crashes is then never ended. So it is taken away before a release
begins, and by who waits for one that is overdue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway.operations.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.live import Cluster

ANNOTATION: Final = "scale-down-deadline"
"""argo-rollouts 1.10, `pkg/apis/rollouts/v1alpha1/types.go`, DefaultReplicaSetScaleDownDeadlineAnnotationKey."""
_MANAGER: Final = "slipway"


def stale(sets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of ReplicaSets that have no pods to be scaled down, and a time for it."""
    return [each["metadata"]["name"] for each in sets if each["spec"].get("replicas") == 0 and _timed(each)]


def _timed(item: Mapping[str, Any]) -> bool:
    annotations: Mapping[str, str] = item["metadata"].get("annotations") or {}
    return bool(annotations.get(ANNOTATION))


def forget(cluster: Cluster, team: str, name: str) -> list[str]:
    """Take such times away of the service's old ReplicaSets; says whose. Raises FailedError."""
    path = KINDS["Rollout"].revisions_path(team)
    listed = cluster.get(path, labelSelector=f"app.kubernetes.io/name={name}") or {}
    found = stale(listed.get("items") or [])
    for each in found:
        cluster.patch(f"{path}/{each}", {"metadata": {"annotations": {ANNOTATION: None}}}, manager=_MANAGER)
    return found
