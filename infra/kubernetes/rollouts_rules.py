"""What the Argo Rollouts controller may do: its own cluster role, without what this platform has no use for.

Source: argo-rollouts 1.10.1, `manifests/role/argo-rollouts-clusterrole.yaml`, and the informers that
`cmd/rollouts-controller/main.go` starts. Left out: the traffic routers but Istio and the Gateway API's plugin (its
documentation, "Installation", "Permissions"), writing ingresses, and
Secrets and ConfigMaps of other namespaces, which only the arguments of an analysis read.
localcloud gives the local controller the same rules, so that every live test shows that they are enough.
"""

from __future__ import annotations

from typing import Any, Final

_READ: Final = ("get", "list", "watch")
_CHANGE: Final = ("update", "patch")
_ALL: Final = (*_READ, "create", *_CHANGE, "delete")

# (API group, resources, verbs)
CLUSTER: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("argoproj.io", ("rollouts", "rollouts/status", "rollouts/finalizers"), (*_READ, *_CHANGE)),
    ("argoproj.io", ("analysisruns", "analysisruns/finalizers", "experiments", "experiments/finalizers"), _ALL),
    ("argoproj.io", ("analysistemplates", "clusteranalysistemplates"), _READ),
    ("apps", ("replicasets",), _ALL),
    ("", ("services",), (*_READ, "patch")),  # selectors of the sides
    ("", ("pods",), (*_READ, "update")),
    ("", ("pods/eviction",), ("create",)),  # a restart
    ("", ("events",), ("create", *_CHANGE)),
    (
        "networking.istio.io",
        ("virtualservices", "destinationrules"),
        (*_READ, *_CHANGE),
    ),  # weights and routes of a mesh
    ("gateway.networking.k8s.io", ("httproutes",), (*_READ, *_CHANGE)),  # weights of a gateway, by its plugin
    ("networking.k8s.io", ("ingresses",), _READ),  # its informer starts in any case
    ("batch", ("jobs",), _ALL),  # checks by a job
)
"""In every namespace: teams' Rollouts are."""

OWN: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("coordination.k8s.io", ("leases",), ("create", "get", "update")),  # who leads
    ("", ("secrets", "configmaps"), _READ),  # its configuration and that of its notifications
)
"""In its own namespace."""


def rules(table: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]) -> Any:
    """The table as Kubernetes' PolicyRules."""
    return [
        {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)} for group, resources, verbs in table
    ]
