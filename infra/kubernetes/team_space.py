"""The namespace of a team: its walls, and what its deployer may do inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import Namespace
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from infra.blocks import block
from infra.kubernetes.objects import metadata

TEAM: Final = "slipway.dev/team"
"""The label of a team's namespace, by which policies know it."""

_DEPLOYER_RULES: Final[Any] = [
    {
        "apiGroups": ["", "apps", "autoscaling", "batch", "networking.k8s.io", "policy", "argoproj.io"],
        "resources": [
            "configmaps",
            "serviceaccounts",
            "services",
            "deployments",
            "horizontalpodautoscalers",
            "jobs",
            "cronjobs",
            "networkpolicies",
            "poddisruptionbudgets",
            "rollouts",
        ],
        "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    },
    {
        "apiGroups": ["", "apps"],
        "resources": ["pods", "events", "replicasets", "endpoints"],
        "verbs": ["get", "list", "watch"],
    },
]

_HEALTH_CHECKS: Final = ("35.191.0.0/16", "130.211.0.0/22")
"""Cloud Load Balancing documentation, "Health checks overview", probe IP ranges."""
_METADATA_SERVER: Final = (("169.254.169.252/32", 988), ("169.254.169.254/32", 80))
"""GKE documentation, "Workload Identity Federation for GKE": with and without Dataplane V2."""
_RESOLVERS: Final = ("169.254.20.10/32", "169.254.169.254/32")
"""Resolvers that no selector can name: NodeLocal DNSCache, which listens on the node (GKE documentation, "Set up
NodeLocal DNSCache"; on by default from 1.34.1), and the metadata server, which answers for Cloud DNS ("Using Cloud DNS
for GKE"; tektoncd/operator#4000 shows what happens without it)."""


@dataclass(frozen=True)
class TeamSpaceArgs:
    """`deployer` is the e-mail address of the service account that deploys the team's stack."""

    team: str
    deployer: str


class TeamSpace(pulumi.ComponentResource):
    """Namespace, role of the deployer, and the network baseline: deny all but what every pod needs."""

    def __init__(self, name: str, args: TeamSpaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:TeamSpace", name, None, opts)
        namespace = Namespace(
            f"{name}-namespace",
            metadata=metadata(
                args.team,
                labels={
                    TEAM: args.team,
                    # Kubernetes documentation, "Pod Security Standards": the strictest profile
                    "pod-security.kubernetes.io/enforce": "restricted",
                },
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        role = Role(f"{name}-deployer", metadata=metadata("deployer", args.team), rules=_DEPLOYER_RULES, opts=inside)
        RoleBinding(
            f"{name}-deployer-binding",
            metadata=metadata("deployer", args.team),
            role_ref=block({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "deployer"}),
            subjects=[block({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": args.deployer})],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        NetworkPolicy(f"{name}-baseline", metadata=metadata("baseline", args.team), spec=baseline(), opts=inside)
        self.register_outputs({})


def baseline() -> Any:
    """What every pod may do: look up names, call HTTPS and the teams' services, get its identity, answer health checks.

    Whom a service answers is its own policy's to say: a team's pods may send to every team's, but the other side's
    baseline lets in nothing that the called service does not name. Nothing else is reached.
    """
    return {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"ipBlock": {"cidr": cidr}} for cidr in _HEALTH_CHECKS]}],
        "egress": [
            {
                "to": [
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}},
                    *({"ipBlock": {"cidr": cidr}} for cidr in _RESOLVERS),
                ],
                "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
            },
            *(
                {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}
                for cidr, port in _METADATA_SERVER
            ),
            {"to": [{"namespaceSelector": {"matchExpressions": [{"key": TEAM, "operator": "Exists"}]}}]},
            {"ports": [{"protocol": "TCP", "port": 443}]},
        ],
    }
