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
                    "slipway.dev/team": args.team,
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
    """What every pod may do: look up names, call HTTPS, get its identity, answer health checks; nothing else."""
    dns = {"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}
    return {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"ipBlock": {"cidr": cidr}} for cidr in _HEALTH_CHECKS]}],
        "egress": [
            {
                "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
                "ports": list(dns),
            },
            *(
                {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}
                for cidr, port in _METADATA_SERVER
            ),
            {"ports": [{"protocol": "TCP", "port": 443}]},
        ],
    }
