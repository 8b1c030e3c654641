"""The Argo Rollouts controller: its custom resource definitions, and the controller itself.

Source: argo-rollouts 1.10.1, `manifests/crds`, `manifests/base`, `manifests/role`; what is changed is said where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Namespace, ResourceQuota, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding

from infra.blocks import block
from infra.kubernetes import egress, rollouts_plugin
from infra.kubernetes.objects import NAME, PART_OF, SKIP_AWAIT, metadata
from infra.kubernetes.rollouts_rules import CLUSTER, OWN, rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMESPACE: Final = "argo-rollouts"
CONTROLLER: Final = "argo-rollouts"
REPLICAS: Final = 2
"""One leads, the other takes over: the controller elects a leader by a lease (`--leader-elect` is its default)."""
_UID: Final = 999
"""The user that the image names (its Dockerfile)."""
_HEALTH: Final = 8080
_METRICS: Final = 8090
_PRIORITY: Final = "system-cluster-critical"
_SELECTOR: Final[dict[str, str]] = {NAME: CONTROLLER}
_CHECKED: Final[dict[str, Any]] = {"to": [{"namespaceSelector": {}}]}
"""To pods of the cluster: checks ask Prometheus and services, whose own policies say whether they answer."""
_RBAC: Final = "rbac.authorization.k8s.io"


class RolloutsDefinitions(pulumi.ComponentResource):
    """The definitions of one pinned Argo Rollouts release, as that release ships them."""

    def __init__(
        self, name: str, definitions: Sequence[Mapping[str, Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:kubernetes:RolloutsDefinitions", name, None, opts)
        for definition in definitions:
            full_name: str = definition["metadata"]["name"]
            # As an untyped object: the typed class would translate keys of the schemas inside (`default`, `$ref`).
            CustomResource(
                f"{name}-{full_name.split('.', 1)[0]}",
                api_version=definition["apiVersion"],
                kind=definition["kind"],
                metadata={"name": full_name, **_kept(definition["metadata"])},
                spec=definition["spec"],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _kept(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {key: dict(metadata[key]) for key in ("annotations", "labels") if metadata.get(key)}


@dataclass(frozen=True)
class RolloutsControllerArgs:
    """`image` is complete and by digest. `replicas` is 0 where a process outside of the cluster does the work.

    `readers` are service accounts, by e-mail address, that may ask whether it is available. `plugin` is the image of
    its plugin for the Gateway API; None without weights at a gateway.
    """

    image: pulumi.Input[str]
    replicas: int
    readers: Sequence[str]
    plugin: pulumi.Input[str] | None = None


class RolloutsController(pulumi.ComponentResource):
    """Namespace, identity and rights, the replicated controller, its walls and what keeps it up."""

    def __init__(self, name: str, args: RolloutsControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:RolloutsController", name, None, opts)
        self._name, self._args = name, args
        namespace = Namespace(
            f"{name}-namespace",
            metadata=metadata(NAMESPACE, labels={"pod-security.kubernetes.io/enforce": "restricted"}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        account = ServiceAccount(f"{name}-account", metadata=_meta(), opts=inside)
        before = [account, *self._rights(inside), self._critical(inside)]
        if args.plugin is not None:
            before.append(rollouts_plugin.config(name, metadata(rollouts_plugin.CONFIG, NAMESPACE), inside))
        NetworkPolicy(
            f"{name}-walls",
            metadata=_meta(),
            # Nobody calls it (kubelet's probes come from its own node and are let in in any case); it calls the API
            # server, which a policy can only name by address, and that is not known before the cluster exists.
            spec=block(
                {
                    "podSelector": {},
                    "policyTypes": ["Ingress", "Egress"],
                    "egress": [egress.dns(), egress.HTTPS, _CHECKED],
                }
            ),
            opts=inside,
        )
        Deployment(
            f"{name}-deployment",
            metadata=_meta(SKIP_AWAIT),
            spec=self._spec(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        PodDisruptionBudget(
            f"{name}-budget",
            metadata=_meta(),
            spec=block({"maxUnavailable": 1, "selector": {"matchLabels": _SELECTOR}}),
            opts=inside,
        )
        self.register_outputs({})

    def _rights(self, inside: pulumi.ResourceOptions) -> Sequence[pulumi.Resource]:
        name, subject = self._name, {"kind": "ServiceAccount", "name": CONTROLLER, "namespace": NAMESPACE}
        readers = [{"apiGroup": _RBAC, "kind": "User", "name": reader} for reader in sorted(self._args.readers)]
        child = pulumi.ResourceOptions(parent=self)
        look = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [CONTROLLER], "verbs": ["get"]}
        return [
            ClusterRole(f"{name}-role", metadata=metadata(CONTROLLER), rules=rules(CLUSTER), opts=child),
            ClusterRoleBinding(
                f"{name}-binding",
                metadata=metadata(CONTROLLER),
                role_ref=block({"apiGroup": _RBAC, "kind": "ClusterRole", "name": CONTROLLER}),
                subjects=[block(subject)],
                opts=child,
            ),
            Role(f"{name}-own", metadata=_meta(), rules=rules(OWN), opts=inside),
            RoleBinding(
                f"{name}-own-binding",
                metadata=_meta(),
                role_ref=block({"apiGroup": _RBAC, "kind": "Role", "name": CONTROLLER}),
                subjects=[block(subject)],
                opts=inside,
            ),
            Role(f"{name}-readers", metadata=metadata("readers", NAMESPACE), rules=[block(look)], opts=inside),
            RoleBinding(
                f"{name}-readers-binding",
                metadata=metadata("readers", NAMESPACE),
                role_ref=block({"apiGroup": _RBAC, "kind": "Role", "name": "readers"}),
                subjects=block(readers),  # type: ignore[arg-type]
                opts=inside,
            ),
        ]

    def _critical(self, inside: pulumi.ResourceOptions) -> pulumi.Resource:
        """Without a quota for it, GKE admits pods of this priority in kube-system only.

        Source: Kubernetes documentation, "Resource Quotas", "Limit Priority Class consumption by default".
        """
        chosen = {"scopeName": "PriorityClass", "operator": "In", "values": [_PRIORITY]}
        spec = {"hard": {"pods": str(2 * REPLICAS)}, "scopeSelector": {"matchExpressions": [chosen]}}
        return ResourceQuota(f"{self._name}-critical", metadata=_meta(SKIP_AWAIT), spec=block(spec), opts=inside)

    def _spec(self) -> Any:
        pod: dict[str, Any] = {
            "serviceAccountName": CONTROLLER,
            "priorityClassName": _PRIORITY,  # without it no canary steps: it goes last when nodes are short
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": _UID,
                "runAsGroup": _UID,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [self._container()],
            "volumes": [{"name": "plugin-bin", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": key,
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": _SELECTOR},
                }
                for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
            ],
        }
        if self._args.plugin is not None:
            pod = rollouts_plugin.with_plugin(pod, self._args.plugin)
        return block(
            {
                "replicas": self._args.replicas,
                "revisionHistoryLimit": 3,
                "selector": {"matchLabels": _SELECTOR},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": {"metadata": {"labels": {**_SELECTOR, PART_OF: CONTROLLER}}, "spec": pod},
            }
        )

    def _container(self) -> dict[str, Any]:
        probe = {"httpGet": {"path": "/healthz", "port": _HEALTH, "scheme": "HTTP"}, "timeoutSeconds": 10}
        return {
            "name": CONTROLLER,
            "image": self._args.image,
            "imagePullPolicy": "IfNotPresent",  # upstream has Always for its moving tag
            "args": ["--logformat=json"],
            "ports": [
                {"containerPort": _METRICS, "name": "metrics", "protocol": "TCP"},
                {"containerPort": _HEALTH, "name": "healthz", "protocol": "TCP"},
            ],
            "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 12},
            "livenessProbe": {**probe, "periodSeconds": 20, "failureThreshold": 3},
            "readinessProbe": {**probe, "periodSeconds": 10, "failureThreshold": 3},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "resources": {
                "requests": {"cpu": "100m", "memory": "256Mi"},
                "limits": {"memory": "1Gi", "ephemeral-storage": "1Gi"},
            },
            "volumeMounts": [
                {"name": "plugin-bin", "mountPath": "/home/argo-rollouts/plugin-bin"},
                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own emptyDir
            ],
        }


def _meta(annotations: Mapping[str, str] | None = None) -> Any:
    labels = {NAME: CONTROLLER, PART_OF: CONTROLLER}
    return metadata(CONTROLLER, NAMESPACE, labels=labels, annotations=annotations or {})
