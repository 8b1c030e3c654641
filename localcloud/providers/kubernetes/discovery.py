"""Which kinds a server knows, where they live, and reading and writing their objects."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds
from localcloud.providers.kubernetes.client import JSON, ApiError
from localcloud.providers.kubernetes.objects import GroupVersionKind, Object, dig, kind_of, namespace_of
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.providers.kubernetes.client import ApiClient

#: a kind that was missing is asked for again after this many seconds: its CRD may have come
_MISS_SECONDS = 0.5


class NoMatchError(ProviderError):
    """The server has no such kind: perhaps its CustomResourceDefinition is still to come."""

    def __init__(self, kind: GroupVersionKind) -> None:
        super().__init__(f'no matches for kind "{kind.kind}" in version "{kind.api_version}"')
        self.kind = kind


@dataclass(frozen=True)
class Resource:
    """How the server serves a kind."""

    kind: GroupVersionKind
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The address of one object, or of all in a namespace."""
        root = f"/apis/{self.kind.group}" if self.kind.group else "/api"
        space = f"/namespaces/{namespace or 'default'}" if self.namespaced else ""
        return f"{root}/{self.kind.version}{space}/{self.plural}{f'/{name}' if name else ''}"


class Cluster:
    """An API server with what it told about its kinds."""

    def __init__(self, client: ApiClient, cancelled: threading.Event) -> None:
        self.client = client
        self._cancelled = cancelled
        self._lock = threading.Lock()
        self._served: dict[tuple[str, str], tuple[float, dict[str, Resource]]] = {}
        self._declared: dict[tuple[str, str], bool] = {}
        self._minor: int | None = None

    def minor_version(self) -> int:
        """The server's minor release of Kubernetes 1. Raises UnreachableError."""
        if self._minor is None:
            text = str(self.client.request("GET", "/version").get("minor") or "0")
            self._minor = int("".join(character for character in text if character.isdigit()) or 0)
        return self._minor

    def resource(self, kind: GroupVersionKind) -> Resource:
        """How the server serves `kind`. Raises NoMatchError."""
        key = (kind.group, kind.version)
        with self._lock:
            asked, served = self._served.get(key, (0.0, {}))
            if kind.kind not in served and time.monotonic() - asked > _MISS_SECONDS:
                served = self._ask(kind)
                self._served[key] = (time.monotonic(), served)
        if kind.kind not in served:
            raise NoMatchError(kind)
        return served[kind.kind]

    def _ask(self, kind: GroupVersionKind) -> dict[str, Resource]:
        root = f"/apis/{kind.group}" if kind.group else "/api"
        try:
            answer = self.client.request("GET", f"{root}/{kind.version}")
        except ApiError as error:
            if error.not_found:
                return {}
            raise
        return {
            item["kind"]: Resource(
                GroupVersionKind(kind.group, kind.version, item["kind"]), item["name"], bool(item["namespaced"])
            )
            for item in answer.get("resources") or []
            if "/" not in item["name"]
        }

    def exists(self, kind: GroupVersionKind) -> bool:
        """Whether the server serves `kind` now."""
        try:
            self.resource(kind)
        except NoMatchError:
            return False
        return True

    def forget(self) -> None:
        """Ask anew from here on: a CustomResourceDefinition was made."""
        with self._lock:
            self._served.clear()

    def declare(self, crd: Object) -> None:
        """Remember the scope of a custom resource whose definition the program declares."""
        group, kind = dig(crd, "spec", "group"), dig(crd, "spec", "names", "kind")
        if isinstance(group, str) and isinstance(kind, str):
            self._declared[group, kind] = dig(crd, "spec", "scope") != "Cluster"

    def namespaced(self, kind: GroupVersionKind) -> bool:
        """Whether objects of `kind` live in a namespace; a custom resource nobody knows is taken to."""
        if kinds.known(kind):
            return kind.kind not in kinds.CLUSTER_SCOPED
        try:
            return self.resource(kind).namespaced
        except NoMatchError:
            return self._declared.get((kind.group, kind.kind), True)

    def call(
        self,
        method: str,
        obj: Object,
        name: str = "",
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> Object:
        """One call about an object of the kind and namespace of `obj`."""
        path = self.resource(kind_of(obj)).path(namespace_of(obj), name)
        return self.client.request(method, path, query, body, content_type, self._cancelled)

    def get(self, obj: Object, name: str) -> Object:
        """The live object of this name. Raises ApiError (`not_found`)."""
        return self.call("GET", obj, name)

    def list(self, kind: GroupVersionKind, namespace: str, **query: str) -> list[Object]:
        """The objects of a kind in a namespace that match `labelSelector` or `fieldSelector`."""
        path = self.resource(kind).path(namespace)
        items = self.client.request("GET", path, query, cancelled=self._cancelled).get("items") or []
        return [{"apiVersion": kind.api_version, "kind": kind.kind} | item for item in items]
