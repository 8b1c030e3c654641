"""Which changes need a new object.

Source: pulumi-kubernetes `provider/pkg/provider/diff.go` (`forceNewProperties`). A change that the API server
refuses and that is not listed here fails with the API server's words; it does not replace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.kubernetes.objects import Object, is_config_map, is_secret, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_IDENTITY: Final = (".metadata.name", ".metadata.namespace")
_SELECTOR: Final = (".spec.selector",)
_JOB: Final = (".spec.completions", ".spec.parallelism", ".spec.selector", ".spec.template")
_STATEFUL_SET: Final = (
    ".spec.podManagementPolicy",
    ".spec.revisionHistoryLimit",
    ".spec.selector",
    ".spec.serviceName",
    ".spec.volumeClaimTemplates",
)
_VOLUME_SOURCES: Final = """
    awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs
    hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume
""".split()  # noqa: SIM905 - a table that people read
_POD: Final = """
    affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork
    hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
    readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName
    shareProcessNamespace subdomain terminationGracePeriodSeconds volumes
""".split()  # noqa: SIM905 - a table that people read
_CONTAINER: Final = """
    args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext
    stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir
""".split()  # noqa: SIM905 - a table that people read

#: (group, version, kind) -> paths below the object
_RULES: Final[Mapping[tuple[str, str, str], Sequence[str]]] = {
    ("apps", "v1beta1", "StatefulSet"): _STATEFUL_SET,
    ("apps", "v1beta2", "StatefulSet"): _STATEFUL_SET,
    ("apps", "v1", "StatefulSet"): _STATEFUL_SET,
    ("apps", "v1beta2", "DaemonSet"): _SELECTOR,
    ("apps", "v1", "DaemonSet"): _SELECTOR,
    ("apps", "v1beta2", "Deployment"): _SELECTOR,
    ("apps", "v1", "Deployment"): _SELECTOR,
    ("batch", "v1", "Job"): _JOB,
    ("batch", "v1beta1", "Job"): _JOB,
    ("batch", "v2alpha1", "Job"): _JOB,
    ("policy", "v1beta1", "PodDisruptionBudget"): (".spec",),
    ("storage.k8s.io", "v1", "StorageClass"): (".parameters", ".provisioner"),
    ("", "v1", "PersistentVolume"): [f".spec.{source}" for source in _VOLUME_SOURCES],
    ("", "v1", "PersistentVolumeClaim"): (
        ".spec.accessModes",
        ".spec.selector",
        ".spec.storageClassName",
        ".spec.volumeName",
    ),
    ("", "v1", "Pod"): [f".spec.{name}" for name in _POD]
    + [f".spec.{place}[*].{name}" for place in ("containers", "initContainers") for name in _CONTAINER],
    ("", "v1", "ResourceQuota"): (".spec.scopes",),
    ("", "v1", "Secret"): (".type",),
    ("", "v1", "Service"): (".spec.clusterIP",),
} | {
    ("rbac.authorization.k8s.io", version, kind): (".roleRef",)
    for version in ("v1", "v1beta1", "v1alpha1")
    for kind in ("RoleBinding", "ClusterRoleBinding")
}


def paths(obj: Object, *, mutable_config_maps: bool = False, mutable_secrets: bool = False) -> list[str]:
    """The paths whose change replaces `obj`; identity always does.

    A ConfigMap's or Secret's data replaces it, unless the provider's `enableConfigMapMutable` or
    `enableSecretMutable` is set and the object is not `immutable`.
    """
    immutable = obj.get("immutable") is True
    if is_secret(obj) and (immutable or not mutable_secrets):
        return [*_IDENTITY, ".type", ".stringData", ".data"]
    if is_config_map(obj) and (immutable or not mutable_config_maps):
        return [*_IDENTITY, ".binaryData", ".data"]
    return [*_IDENTITY, *_RULES.get(kind_of(obj), ())]


def _parse(path: str) -> list[str]:
    return [part for part in path.replace("[*]", ".[*]").split(".") if part]


def _found(value: Any, steps: Sequence[str]) -> bool:
    """Whether a JSONPath of fields and `[*]` leads anywhere inside `value`."""
    if not steps:
        return True
    head, rest = steps[0], steps[1:]
    if head == "[*]":
        items = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        return any(_found(item, rest) for item in items)
    return isinstance(value, dict) and head in value and _found(value[head], rest)


def replaces(path: Sequence[str | int], value: Any, rules: Sequence[str]) -> bool:
    """Whether setting `value` at `path` touches one of the rules (`PatchPropertiesChanged`)."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return any(_found(value, _parse(rule)) for rule in rules)
