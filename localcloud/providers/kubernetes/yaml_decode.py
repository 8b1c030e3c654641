"""`kubernetes:yaml:decode`: YAML documents to objects, for `yaml.ConfigFile` and `yaml.ConfigGroup`.

Source: pulumi-kubernetes `provider/pkg/provider/invoke_decode_yaml.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds
from localcloud.providers.kubernetes.objects import Object, is_crd, kind_of, namespace_of, set_meta
from localcloud.providers.model import ProviderError
from localcloud.providers.values import reveal

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.discovery import Cluster


def decode(args: dict[str, Any], cluster: Cluster | None) -> list[Object]:
    """The objects in `text`, definitions of custom resources first, each list taken apart.

    `defaultNamespace` goes to what has none. Raises ProviderError that names the line.
    """
    import yaml  # noqa: PLC0415 - costs start-up time, and most programs never call this

    plain = reveal(args)
    if not isinstance(plain.get("text"), str):
        raise ProviderError("missing required field 'text' of type string")
    try:
        documents = list(yaml.load_all(plain["text"], Loader=_loader(yaml)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ProviderError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from None
    found: list[Object] = []
    for document in documents:
        found += _flatten(document)
    space = str(plain.get("defaultNamespace") or "")
    for obj in found:
        kind = kind_of(obj)
        scoped = kind.kind not in kinds.CLUSTER_SCOPED if cluster is None else cluster.namespaced(kind)
        if space and scoped and not namespace_of(obj):
            set_meta(obj, "namespace", space)
    return sorted(found, key=lambda obj: not is_crd(obj))


def _loader(yaml: Any) -> Any:
    """A loader that leaves dates as text, as JSON has none."""

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
            first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


def _flatten(document: Any) -> list[Object]:
    if document is None:
        return []
    if not isinstance(document, dict) or not document.get("kind") or not document.get("apiVersion"):
        raise ProviderError("yaml: a document is no Kubernetes object: it has to have apiVersion and kind")
    if str(document["kind"]).endswith("List") and isinstance(document.get("items"), list):
        return [obj for item in document["items"] for obj in _flatten(item)]
    return [document]
