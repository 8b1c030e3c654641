"""What a team's deployer and its viewers may do in the team's namespace. Pure: tables, and Kubernetes' PolicyRules.

Neither may read a Secret, run a command in a pod, or change the namespace's quota, limits or roles. What the deployer
may do to network policies RBAC cannot split by name: it needs `create`, which has none.
"""

from __future__ import annotations

from typing import Any, Final

_READ: Final = ("get", "list", "watch")
_MANAGE: Final = (*_READ, "create", "update", "patch", "delete")

_MANAGED: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("", ("configmaps", "serviceaccounts", "services")),
    ("apps", ("deployments", "statefulsets", "daemonsets")),
    ("autoscaling", ("horizontalpodautoscalers",)),
    ("batch", ("jobs", "cronjobs")),
    ("networking.k8s.io", ("networkpolicies",)),
    ("policy", ("poddisruptionbudgets",)),
    ("argoproj.io", ("rollouts", "analysistemplates")),
    ("gateway.networking.k8s.io", ("httproutes",)),
    ("networking.gke.io", ("gcpbackendpolicies", "healthcheckpolicies")),
    ("networking.istio.io", ("virtualservices",)),
    ("secrets-store.csi.x-k8s.io", ("secretproviderclasses",)),  # names of secrets, never a value
)
"""What a service is made of (infra/kubernetes/service.py)."""

_OPERATED: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    # promote, abort and retry are writes to a Rollout's status (argo-rollouts, cmd/promote, cmd/abort, cmd/retry)
    ("argoproj.io", ("rollouts/status",)),
    # the history: who released, and how it ended, as annotations of what keeps a revision's template
    ("apps", ("replicasets", "controllerrevisions")),
)
"""What `slipway promote` and the like patch, and `slipway up` and `wait` write the history to. Nothing is made there,
nor deleted: both are controllers'."""

_SEEN: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("", ("pods", "events", "endpoints", "resourcequotas", "limitranges", "persistentvolumeclaims")),
    ("apps", ("replicasets", "controllerrevisions")),
    ("discovery.k8s.io", ("endpointslices",)),
    ("argoproj.io", ("analysisruns", "experiments")),
)
"""What `slipway status` and people read to find out how it is."""


def deployer() -> Any:
    """Makes, changes, removes, operates and asks services; reads how they are."""
    operated = (_rule(group, names, ("patch",)) for group, names in _OPERATED)
    # smoke tests: GET, POST and PUT through the API server (Kubernetes documentation, "Authorization Overview", verbs)
    asked = _rule("", ("services/proxy",), ("get", "create", "update"))
    return [*(_rule(group, names, _MANAGE) for group, names in _MANAGED), *operated, asked, *_seen()]


def viewer() -> Any:
    """Reads services, how they are, and their logs."""
    logs = _rule("", ("pods/log",), ("get",))
    return [*(_rule(group, names, _READ) for group, names in _MANAGED), *_seen(), logs]


def subject(member: str) -> dict[str, str]:
    """A member of an IAM policy as a subject of RBAC.

    Source: GKE documentation, "Authorize actions in clusters using role-based access control" (users and service
    accounts by e-mail address) and "Configure Google Groups for RBAC". Raises ValueError for a domain, which RBAC has
    no subject for.
    """
    kind, _, name = member.partition(":")
    if kind == "domain":
        raise ValueError(f"`{member}` is a whole domain; RBAC knows users and groups")
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group" if kind == "group" else "User", "name": name}


def _seen() -> list[dict[str, Any]]:
    return [_rule(group, names, _READ) for group, names in _SEEN]


def _rule(group: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
