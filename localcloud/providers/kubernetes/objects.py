"""Reading Kubernetes objects as plain dictionaries: identity, annotations, nested fields."""

from __future__ import annotations

from typing import Any, NamedTuple

Object = dict[str, Any]

PREFIX = "pulumi.com/"
AUTONAMED = PREFIX + "autonamed"
SKIP_AWAIT = PREFIX + "skipAwait"
WAIT_FOR = PREFIX + "waitFor"
TIMEOUT_SECONDS = PREFIX + "timeoutSeconds"
REPLACE_UNREADY = PREFIX + "replaceUnready"
PATCH_FORCE = PREFIX + "patchForce"
PATCH_FIELD_MANAGER = PREFIX + "patchFieldManager"
DELETION_PROPAGATION = PREFIX + "deletionPropagationPolicy"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class GroupVersionKind(NamedTuple):
    """What identifies a kind to the API server; the core group is the empty string."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """As in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version


def kind_of(obj: Object) -> GroupVersionKind:
    """The kind that an object says it has; `core/v1` is a spelling of `v1`."""
    group, _, version = str(obj.get("apiVersion") or "").rpartition("/")
    return GroupVersionKind("" if group == "core" else group, version, str(obj.get("kind") or ""))


def dig(obj: Any, *path: str | int, default: Any = None) -> Any:
    """The value at `path`, or `default` where any step is missing."""
    for step in path:
        inside = step in obj if isinstance(obj, dict) else isinstance(obj, list) and step in range(len(obj))
        if not inside:
            return default
        obj = obj[step]  # pyright: ignore[reportArgumentType, reportCallIssue]
    return obj


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def name_of(obj: Object) -> str:
    """`metadata.name`, empty when absent or not known yet."""
    return _text(dig(obj, "metadata", "name"))


def namespace_of(obj: Object) -> str:
    """`metadata.namespace`, empty when absent or not known yet."""
    return _text(dig(obj, "metadata", "namespace"))


def annotation(obj: Object, key: str) -> str:
    """The value of one annotation, empty when absent."""
    return _text(dig(obj, "metadata", "annotations", key))


def annotated(obj: Object, key: str) -> bool:
    """Whether an annotation says `true`."""
    return annotation(obj, key) == "true"


def set_meta(obj: Object, key: str, value: str) -> None:
    """Set one field of `metadata`, or remove it with an empty value. Metadata that is unknown stays so."""
    if not value and not isinstance(obj.get("metadata"), dict):
        return
    meta = obj.setdefault("metadata", {})
    if not isinstance(meta, dict):
        return
    if value:
        meta[key] = value
    else:
        meta.pop(key, None)


def full_name(obj: Object) -> str:
    """A resource's id: `namespace/name`, or `name` for what belongs to no namespace."""
    namespace = namespace_of(obj)
    return f"{namespace}/{name_of(obj)}" if namespace else name_of(obj)


def split_id(identity: str) -> tuple[str, str]:
    """Namespace (empty for none) and name of a resource's id."""
    namespace, slash, name = identity.partition("/")
    return (namespace, name.split("/", 1)[0]) if slash else ("", namespace)


def is_crd(obj: Object) -> bool:
    """Whether the object defines a custom resource."""
    kind = kind_of(obj)
    return kind.group == "apiextensions.k8s.io" and kind.kind == "CustomResourceDefinition"


def is_secret(obj: Object) -> bool:
    """Whether the object is a core Secret."""
    return kind_of(obj) == GroupVersionKind("", "v1", "Secret")


def is_config_map(obj: Object) -> bool:
    """Whether the object is a core ConfigMap."""
    return kind_of(obj) == GroupVersionKind("", "v1", "ConfigMap")
