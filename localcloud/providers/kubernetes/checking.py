"""Check: from a program's inputs to the inputs that everything else works with.

Source: pulumi-kubernetes `provider.go` (`Check`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds, names
from localcloud.providers.kubernetes.awaiting import registry
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import Object, dig, is_crd, kind_of, namespace_of, set_meta
from localcloud.providers.kubernetes.secretness import conceal
from localcloud.providers.kubernetes.state import to_object
from localcloud.providers.model import ProviderError
from localcloud.providers.values import UNKNOWN, has_unknown

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.session import Session
    from localcloud.providers.model import Request

_MANAGED_BY = "app.kubernetes.io/managed-by"
_LIST = (
    "list resources exist for compatibility with YAML manifests and Helm charts, and cannot be created directly. "
    "Use the underlying resource type instead"
)


def check(
    session: Session, request: Request, olds: dict[str, Any], news: dict[str, Any], seed: bytes
) -> dict[str, Any]:
    """The checked inputs: normal form, named, in a namespace, with their secrets. Raises ProviderError."""
    settings = session.settings
    if kinds.is_list(request.type):
        raise ProviderError(_LIST)
    old, new = to_object(olds), normalize(to_object(news))
    _identify(request, new)
    patch = kinds.is_patch(request.type, kind_of(new).kind)
    if patch and not settings.server_side:
        raise ProviderError(
            "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` "
            "Provider config"
        )
    if patch and not names.is_named(new):
        raise ProviderError("patch resources require the `.metadata.name` field to be set")
    if old:
        names.adopt(new, old)
    else:
        names.assign(new, request.name, seed, request.autonaming)
    if not settings.server_side and (not old or dig(old, "metadata", "labels", _MANAGED_BY) == "pulumi"):
        _label(new)
    if settings.server_side and not names.is_named(new) and dig(new, "metadata", "generateName"):
        raise ProviderError("the `.metadata.generateName` field is not supported in Server-Side Apply mode")
    _place(session, new)
    if not has_unknown(new):
        registry.validate(new)
    if is_crd(new) and session.cluster is not None:
        session.cluster.declare(new)
    return conceal(new, news)


def _identify(request: Request, obj: Object) -> None:
    for key in ("apiVersion", "kind"):
        if obj.get(key) is not UNKNOWN and not (isinstance(obj.get(key), str) and obj[key]):
            raise ProviderError(f"{request.name}: `{key}` has to be set, as a text")


def _label(obj: Object) -> None:
    labels = obj.setdefault("metadata", {}).setdefault("labels", {})
    if isinstance(labels, dict):
        labels[_MANAGED_BY] = "pulumi"


def _place(session: Session, obj: Object) -> None:
    """Give a namespaced object the provider's namespace when it has none."""
    own = namespace_of(obj) or dig(obj, "metadata", "namespace") is UNKNOWN
    if session.settings.namespace and not own and session.namespaced(obj):
        set_meta(obj, "namespace", session.settings.namespace)


def warn_of_version(session: Session, request: Request, obj: Object, minor: int) -> None:
    """Tell that the cluster no longer serves a kind's version, and which it serves (`RemovedAPIVersion`)."""
    kind = kind_of(obj)
    gone = kinds.removed(kind)
    if gone and minor >= gone[0]:
        link = f"https://git.k8s.io/kubernetes/CHANGELOG/CHANGELOG-1.{gone[0]}.md#deprecation"
        session.warn(
            request.urn,
            f'apiVersion "{kind.api_version}/{kind.kind}" was removed in Kubernetes 1.{gone[0]}. '
            f'Use "{gone[1]}/{kind.kind}" instead.\nSee {link} for more information.',
        )
