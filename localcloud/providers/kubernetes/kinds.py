"""What is known of kinds without asking a server: scopes, list and patch types, what this stand-in refuses.

Source: pulumi-kubernetes `provider/pkg/kinds/` and the API groups of Kubernetes 1.36.
"""

from __future__ import annotations

from typing import Final

from localcloud.providers.kubernetes.objects import GroupVersionKind
from localcloud.providers.model import ProviderError

_VERSIONS: Final = {
    "": "v1",
    "admissionregistration.k8s.io": "v1 v1alpha1 v1beta1",
    "apiextensions.k8s.io": "v1 v1beta1",
    "apiregistration.k8s.io": "v1 v1beta1",
    "apps": "v1 v1beta1 v1beta2",
    "authentication.k8s.io": "v1 v1alpha1 v1beta1",
    "authorization.k8s.io": "v1 v1beta1",
    "autoscaling": "v1 v2 v2beta1 v2beta2",
    "batch": "v1 v1beta1 v2alpha1",
    "certificates.k8s.io": "v1 v1alpha1 v1beta1",
    "coordination.k8s.io": "v1 v1alpha1 v1alpha2 v1beta1",
    "discovery.k8s.io": "v1 v1beta1",
    "events.k8s.io": "v1 v1beta1",
    "extensions": "v1beta1",
    "flowcontrol.apiserver.k8s.io": "v1 v1beta1 v1beta2 v1beta3",
    "networking.k8s.io": "v1 v1alpha1 v1beta1",
    "node.k8s.io": "v1 v1alpha1 v1beta1",
    "policy": "v1 v1beta1",
    "rbac.authorization.k8s.io": "v1 v1alpha1 v1beta1",
    "resource.k8s.io": "v1 v1alpha1 v1alpha2 v1alpha3 v1beta1 v1beta2",
    "scheduling.k8s.io": "v1 v1alpha1 v1beta1",
    "storage.k8s.io": "v1 v1alpha1 v1beta1",
    "storagemigration.k8s.io": "v1alpha1 v1beta1",
}
#: every group and version of Kubernetes' own API
KNOWN: Final = frozenset((group, version) for group, text in _VERSIONS.items() for version in text.split())

#: kinds of Kubernetes' own API that belong to no namespace
CLUSTER_SCOPED: Final = frozenset(
    """
    APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus
    CSIDriver CSINode CustomResourceDefinition DeviceClass DeviceTaintRule FlowSchema IPAddress IngressClass
    MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node
    PersistentVolume PodSecurityPolicy PriorityClass PriorityLevelConfiguration ResourceSlice RuntimeClass
    SelfSubjectAccessReview SelfSubjectReview SelfSubjectRulesReview ServiceCIDR StorageClass
    StorageVersionMigration SubjectAccessReview TokenReview ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass
    """.split()  # noqa: SIM905 - a table that people read
)

_REFUSED: Final = {
    "kubernetes:helm.sh/": "Helm charts are rendered and installed by the official plugin only",
    "kubernetes:kustomize": "Kustomize directories are built by the official plugin only",
    "kubernetes:yaml/v2:": "yaml/v2 components are built by the official plugin only; use yaml.ConfigFile",
}

#: the release that stopped serving a version, and what to use instead (zz_generated.prerelease-lifecycle.go)
_REMOVED: Final = {
    ("apiextensions.k8s.io", "v1beta1"): (22, "apiextensions.k8s.io/v1"),
    ("apps", "v1beta1"): (16, "apps/v1"),
    ("apps", "v1beta2"): (16, "apps/v1"),
    ("autoscaling", "v2beta1"): (25, "autoscaling/v2"),
    ("autoscaling", "v2beta2"): (26, "autoscaling/v2"),
    ("batch", "v1beta1"): (25, "batch/v1"),
    ("batch", "v2alpha1"): (21, "batch/v1"),
    ("discovery.k8s.io", "v1beta1"): (25, "discovery.k8s.io/v1"),
    ("events.k8s.io", "v1beta1"): (25, "events.k8s.io/v1"),
    ("networking.k8s.io", "v1beta1"): (22, "networking.k8s.io/v1"),
    ("policy", "v1beta1"): (25, "policy/v1"),
    ("rbac.authorization.k8s.io", "v1alpha1"): (22, "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io", "v1beta1"): (22, "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io", "v1alpha1"): (17, "scheduling.k8s.io/v1"),
    ("scheduling.k8s.io", "v1beta1"): (22, "scheduling.k8s.io/v1"),
    ("storage.k8s.io", "v1beta1"): (22, "storage.k8s.io/v1"),
}
#: `extensions` ended kind by kind, and so did two kinds of a version that is still served for others
_REMOVED_KINDS: Final = {
    ("extensions", "v1beta1", "Ingress"): (22, "networking.k8s.io/v1"),
    ("extensions", "v1beta1", "NetworkPolicy"): (16, "networking.k8s.io/v1"),
    ("extensions", "v1beta1", "DaemonSet"): (16, "apps/v1"),
    ("extensions", "v1beta1", "Deployment"): (16, "apps/v1"),
    ("extensions", "v1beta1", "ReplicaSet"): (16, "apps/v1"),
    ("storage.k8s.io", "v1beta1", "CSIStorageCapacity"): (27, "storage.k8s.io/v1"),
}
#: served again in a later release under the same version name
_STILL_SERVED: Final = frozenset(
    {
        ("networking.k8s.io", "v1beta1", "IPAddress"),
        ("networking.k8s.io", "v1beta1", "ServiceCIDR"),
        ("storage.k8s.io", "v1beta1", "VolumeAttributesClass"),
    }
)


def of_type(token: str) -> GroupVersionKind:
    """The kind that a resource type names: `kubernetes:apps/v1:Deployment`. Raises ProviderError."""
    package, module, kind = [*token.split(":"), "", ""][:3]
    group, slash, version = module.partition("/")
    if package != "kubernetes" or not slash:
        raise ProviderError(f"unrecognized resource type: {token!r} for this provider")
    return GroupVersionKind("" if group == "core" else group, version, kind)


def known(kind: GroupVersionKind) -> bool:
    """Whether the kind is of Kubernetes' own API (else it is a custom resource)."""
    return (kind.group, kind.version) in KNOWN


def is_list(token: str) -> bool:
    """Whether a resource type is a list of Kubernetes' own API, such as `kubernetes:core/v1:ConfigMapList`."""
    return token.endswith("List") and token.count(":") == 2 and known(of_type(token))  # noqa: PLR2004 - a type token


def is_patch(token: str, kind: str) -> bool:
    """Whether a resource is a Patch: its type says so while its object's kind does not (`IsPatchResource`)."""
    return token.endswith("Patch") and not kind.endswith("Patch")


def refuse(token: str) -> None:
    """Raise ProviderError for the types that only the official plugin offers."""
    for prefix, reason in _REFUSED.items():
        if token.startswith(prefix):
            raise ProviderError(f"{token} is not offered by this stand-in: {reason}")


def removed(kind: GroupVersionKind) -> tuple[int, str] | None:
    """The minor release of Kubernetes 1 that no longer serves this kind, and the version to use instead."""
    if kind in _STILL_SERVED:
        return None
    return _REMOVED_KINDS.get(kind) or _REMOVED.get((kind.group, kind.version))
