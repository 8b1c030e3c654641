"""The kinds of workload that operations know, and where each keeps its revisions.

Sources: Kubernetes documentation, "Deployments" (`deployment.kubernetes.io/revision`, `pod-template-hash`) and
"StatefulSets" (`controller-revision-hash`); Kubernetes API reference, ControllerRevision v1; Argo Rollouts 1.10,
utils/annotations and pkg/apis/rollouts/v1alpha1 (`rollout.argoproj.io/revision`,
`rollouts-pod-template-hash`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Kind:
    """A kind of workload: where it is in the API, and which objects its revisions are."""

    name: str
    api_version: str
    plural: str
    revisions: str
    """Plural of the kind in apps/v1 that holds the old templates."""
    number: str
    """Annotation with the revision's number; empty where the revision has a field of its own."""
    hash: str
    """Label that tells the pods of one revision from those of another."""

    def path(self, namespace: str, name: str) -> str:
        """API path of the workload."""
        return f"/apis/{self.api_version}/namespaces/{namespace}/{self.plural}/{name}"

    def revisions_path(self, namespace: str) -> str:
        """API path of the list of revisions of a namespace."""
        return f"/apis/apps/v1/namespaces/{namespace}/{self.revisions}"


_BY_CONTROLLER: Final = ("controllerrevisions", "", "controller-revision-hash")
KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind(
            "Deployment",
            "apps/v1",
            "deployments",
            "replicasets",
            "deployment.kubernetes.io/revision",
            "pod-template-hash",
        ),
        Kind(
            "Rollout",
            "argoproj.io/v1alpha1",
            "rollouts",
            "replicasets",
            "rollout.argoproj.io/revision",
            "rollouts-pod-template-hash",
        ),
        Kind("StatefulSet", "apps/v1", "statefulsets", *_BY_CONTROLLER),
        Kind("DaemonSet", "apps/v1", "daemonsets", *_BY_CONTROLLER),
    )
}


def kind_of(workload: Mapping[str, Any]) -> Kind:
    """The kind of a live workload."""
    return KINDS[workload["kind"]]
