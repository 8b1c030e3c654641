"""What kwok, the Rollouts controller and the stand-ins of ours may do, and no more.

The other parts have Kubernetes' bootstrap roles.

Sources: kustomize/rbac/role.yaml of kwok 0.8.0 and manifests/role/argo-rollouts-clusterrole.yaml of argo-rollouts
1.10.1, each without what this cluster has no use for (stages as objects; most traffic routers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.controlplane.credentials import PARTS

if TYPE_CHECKING:
    from localcloud.controlplane.api import Endpoint

_READ = ("get", "list", "watch")
_WRITE = ("update", "patch")
_ALL = (*_READ, "create", *_WRITE, "delete")

_GATEWAY = ("gatewayclasses", "gateways", "httproutes")
_POLICIES = ("gcpbackendpolicies", "gcpgatewaypolicies", "healthcheckpolicies")

# (API group, resources, verbs)
Rule = tuple[str, tuple[str, ...], tuple[str, ...]]

RULES: dict[str, tuple[Rule, ...]] = {
    "gke-disks": (
        ("storage.k8s.io", ("storageclasses",), ("list",)),
        ("", ("persistentvolumeclaims", "nodes"), ("list",)),
        ("", ("persistentvolumes",), ("list", "create", "delete")),
        ("", ("events",), ("create",)),
    ),
    "gke-gateway": (
        ("gateway.networking.k8s.io", ("gatewayclasses", "gateways", "httproutes", "referencegrants"), ("list",)),
        ("gateway.networking.k8s.io", tuple(f"{each}/status" for each in _GATEWAY), ("patch",)),
        ("networking.gke.io", _POLICIES, ("list",)),
        ("networking.gke.io", tuple(f"{each}/status" for each in _POLICIES), ("patch",)),
        ("", ("namespaces", "services"), ("list",)),
    ),
    "kwok": (
        ("", ("nodes",), _READ),
        ("", ("pods",), (*_READ, *_WRITE, "delete")),
        ("", ("nodes/status", "pods/status"), _WRITE),
        ("", ("events",), ("create", *_WRITE)),
        ("coordination.k8s.io", ("leases",), (*_READ, "create", *_WRITE)),
    ),
    "prometheus": (("", ("pods",), ("list",)),),
    # What infra/kubernetes/rollouts_rules.py declares for an account's clusters, in every namespace: the controller's
    # own is not there yet when these are granted. Here it elects nobody, so it needs no leases.
    "rollouts-controller": (
        ("argoproj.io", ("rollouts", "rollouts/status", "rollouts/finalizers"), (*_READ, *_WRITE)),
        ("argoproj.io", ("analysisruns", "analysisruns/finalizers", "experiments", "experiments/finalizers"), _ALL),
        ("argoproj.io", ("analysistemplates", "clusteranalysistemplates"), _READ),
        ("apps", ("replicasets",), _ALL),
        ("", ("services",), (*_READ, "patch")),
        ("", ("pods",), (*_READ, "update")),
        ("", ("pods/eviction",), ("create",)),
        ("", ("events",), ("create", *_WRITE)),
        ("networking.istio.io", ("virtualservices", "destinationrules"), (*_READ, *_WRITE)),
        ("gateway.networking.k8s.io", ("httproutes",), (*_READ, *_WRITE)),
        ("networking.k8s.io", ("ingresses",), _READ),
        ("batch", ("jobs",), (*_READ, "create", *_WRITE, "delete")),  # checks by a job
        ("", ("secrets", "configmaps"), _READ),
    ),
}


def grant(api: Endpoint) -> None:
    """Apply the roles and their bindings.

    Raises:
        ApiError: the API server refuses them.
    """
    group = "/apis/rbac.authorization.k8s.io/v1"
    for part, rules in RULES.items():
        api.apply(f"{group}/clusterroles", _role(part, rules))
        api.apply(f"{group}/clusterrolebindings", _binding(part))


def _role(part: str, rules: tuple[Rule, ...]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"localcloud:{part}"},
        "rules": [
            {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
            for group, resources, verbs in rules
        ],
    }


def _binding(part: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"localcloud:{part}"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": f"localcloud:{part}",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": PARTS[part]}],
    }
