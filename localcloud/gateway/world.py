"""What the controller looks at: objects of the API server, and what is reserved in the played Google Cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp.addons import CONTROLLER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Object = dict[str, Any]

GROUP: Final = "gateway.networking.k8s.io"
CERTIFICATES: Final = "networking.gke.io/cert-manager-certs"
PRE_SHARED: Final = "networking.gke.io/pre-shared-certs"
CERTIFICATE_MAP: Final = "networking.gke.io/certmap"
#: classes whose load balancer stands in one region and needs that region's proxy-only subnet
REGIONAL: Final = ("gke-l7-regional-external-managed", "gke-l7-rilb")
INTERNAL: Final = ("gke-l7-rilb",)


@dataclass(frozen=True)
class Address:
    """A reserved address. `region` is empty for a global one."""

    name: str
    value: str
    internal: bool
    region: str


@dataclass(frozen=True)
class Cloud:
    """What is reserved: addresses, certificates of Certificate Manager by name, a proxy-only subnet or none."""

    addresses: Sequence[Address] = ()
    certificates: frozenset[str] = frozenset()
    proxy_only: bool = False


@dataclass(frozen=True)
class World:
    """Everything at one moment."""

    classes: Sequence[Object] = ()
    gateways: Sequence[Object] = ()
    routes: Sequence[Object] = ()
    grants: Sequence[Object] = ()
    services: Sequence[Object] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, "Mapping[str, str]"])
    """Labels by name."""
    policies: Sequence[Object] = ()
    cloud: Cloud = Cloud()

    @property
    def own(self) -> set[str]:
        """The classes that this controller is responsible for."""
        return {item["metadata"]["name"] for item in self.classes if item["spec"]["controllerName"] == CONTROLLER}

    def gateway(self, namespace: str, name: str) -> Object | None:
        """A Gateway of one of its classes."""
        for item in self.gateways:
            if key(item) == (namespace, name) and item["spec"]["gatewayClassName"] in self.own:
                return item
        return None

    def service(self, namespace: str, name: str) -> Object | None:
        """A Service."""
        return next((item for item in self.services if key(item) == (namespace, name)), None)


def key(item: Object) -> tuple[str, str]:
    """Namespace and name."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


@dataclass(frozen=True)
class Finding:
    """One condition."""

    type: str
    good: bool
    reason: str
    message: str = ""


def conditions(findings: Sequence[Finding], before: Sequence[Object], generation: int, now: str) -> list[Object]:
    """Conditions as they are written; the time of one whose status stays is kept."""
    times = {(item["type"], item["status"]): item["lastTransitionTime"] for item in before}
    return [
        {
            "type": found.type,
            "status": "True" if found.good else "False",
            "reason": found.reason,
            "message": found.message,
            "observedGeneration": generation,
            "lastTransitionTime": times.get((found.type, "True" if found.good else "False"), now),
        }
        for found in findings
    ]
