"""The namespace of a team: its walls, its share of the cluster, and who may do what inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.core.v1 import LimitRange, Namespace, ResourceQuota
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.rbac.v1 import Role, RoleBinding

from infra.blocks import block
from infra.kubernetes import egress, team_rights
from infra.kubernetes.objects import SKIP_AWAIT, metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEAM: Final = "slipway.dev/team"
"""Label of a team's namespace: who may call, and whose routes a gateway takes, goes by it."""
_LEVEL: Final = "restricted"
_RBAC: Final = "rbac.authorization.k8s.io"
_INJECTED: Final = {"istio-injection": "enabled"}
"""Cloud Service Mesh documentation, "Inject sidecar proxies": the default tag, whatever the release channel.

The managed mesh sets up pods by its CNI plugin, so that no container needs a right that `restricted` forbids, and its
control plane is an API of Google's, which the baseline lets pods call as any other.
"""
_DEFAULTS: Final = {"cpu": "250m", "memory": "512Mi"}
"""For a container that says nothing: without them the quota would refuse it (`kubectl run`)."""


@dataclass(frozen=True)
class TeamSpaceArgs:
    """`deployer` is the e-mail address of the service account that deploys the team's stack.

    `limits` has the keys and quantities of `teams.TEAM.limits`; `viewers` are members as IAM writes them. With `mesh`
    its pods get the mesh's proxy.
    """

    team: str
    deployer: str
    limits: Mapping[str, str]
    viewers: Sequence[str]
    mesh: bool = False


class TeamSpace(pulumi.ComponentResource):
    """Namespace, quota, roles of deployer and viewers, and the network baseline: deny all but what every pod needs."""

    def __init__(self, name: str, args: TeamSpaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:TeamSpace", name, None, opts)
        self._name, self._args = name, args
        # Kubernetes documentation, "Pod Security Standards": the strictest profile, and kubectl says what breaks it
        levels = {f"pod-security.kubernetes.io/{mode}": _LEVEL for mode in ("enforce", "audit", "warn")}
        namespace = Namespace(
            f"{name}-namespace",
            metadata=metadata(args.team, labels={TEAM: args.team, **levels, **(_INJECTED if args.mesh else {})}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        deployers = [{"apiGroup": _RBAC, "kind": "User", "name": args.deployer}]
        self._role("deployer", team_rights.deployer(), deployers, inside)
        if args.viewers:
            self._role("viewer", team_rights.viewer(), [team_rights.subject(each) for each in args.viewers], inside)
        ResourceQuota(
            f"{name}-quota",
            metadata=metadata("limits", args.team, annotations=SKIP_AWAIT),
            spec=block({"hard": quota(args.limits)}),
            opts=inside,
        )
        LimitRange(
            f"{name}-defaults",
            metadata=metadata("defaults", args.team),
            spec=block(
                {
                    "limits": [
                        {"type": "Container", "defaultRequest": _DEFAULTS, "default": {"memory": _DEFAULTS["memory"]}}
                    ]
                }
            ),
            opts=inside,
        )
        NetworkPolicy(f"{name}-baseline", metadata=metadata("baseline", args.team), spec=baseline(), opts=inside)
        self.register_outputs({})

    def _role(self, who: str, rules: Any, subjects: list[dict[str, str]], inside: pulumi.ResourceOptions) -> None:
        role = Role(f"{self._name}-{who}", metadata=metadata(who, self._args.team), rules=rules, opts=inside)
        RoleBinding(
            f"{self._name}-{who}-binding",
            metadata=metadata(who, self._args.team),
            role_ref=block({"apiGroup": _RBAC, "kind": "Role", "name": who}),
            subjects=[block(subject) for subject in subjects],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )


def quota(limits: Mapping[str, str]) -> dict[str, str]:
    """What the namespace may ask for together (Kubernetes documentation, "Resource Quotas").

    CPU is requested and never limited, memory both; no Service may open a way in from outside of the cluster, which is
    the gateway's to do.
    """
    return {
        "requests.cpu": limits["cpu"],
        "requests.memory": limits["memory"],
        "limits.memory": limits["memory"],
        "requests.nvidia.com/gpu": limits["gpus"],
        "requests.google.com/tpu": limits["tpus"],
        "pods": limits["pods"],
        "requests.storage": limits["storage"],
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def baseline() -> Any:
    """What every pod may do: look up names, get its identity, call Google's APIs and other teams' services.

    Nobody may call it: each service's own policy says who may, so what a pod sends is decided where it arrives.
    """
    teams = {"to": [{"namespaceSelector": {"matchExpressions": [{"key": TEAM, "operator": "Exists"}]}}]}
    return {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "egress": [egress.dns(), *egress.metadata_server(), egress.https_outside(), teams],
    }
