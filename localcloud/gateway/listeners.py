"""Gateways and their listeners: accepted, resolved, programmed, and at which address."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any, Final

from localcloud.gateway.world import (
    CERTIFICATE_MAP,
    CERTIFICATES,
    GROUP,
    INTERNAL,
    PRE_SHARED,
    REGIONAL,
    Finding,
    conditions,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.gateway.world import Object, World

_PROTOCOLS: Final = ("HTTP", "HTTPS")
#: documentation ranges (RFC 5737) for load balancers without a reserved address: nothing is served at them
_INVENTED: Final = {False: ipaddress.ip_network("198.51.100.0/24"), True: ipaddress.ip_network("192.0.2.0/24")}


def gateway_status(world: World, gateway: Object, attached: Mapping[str, int], now: str) -> Object:
    """The status of a Gateway of ours; `attached` is the number of accepted routes of each listener."""
    before = gateway.get("status") or {}
    generation = gateway["metadata"].get("generation", 0)
    findings = {listener["name"]: _listener(world, gateway, listener) for listener in gateway["spec"]["listeners"]}
    bad = [
        name for name, found in findings.items() if not all(item.good for item in found if item.type != "Conflicted")
    ]
    missing = _missing(world, gateway)
    address, trouble = _address(world, gateway)
    if bad:
        accepted = Finding("Accepted", len(bad) < len(findings), "ListenersNotValid", f"not valid: {', '.join(bad)}")
        programmed = Finding("Programmed", False, "Invalid", f"not programmed: {', '.join(bad)}")
    elif missing:
        accepted = Finding("Accepted", True, "Accepted")
        programmed = Finding("Programmed", False, "Invalid", missing)
    else:
        accepted = Finding("Accepted", True, "Accepted")
        programmed = Finding("Programmed", not trouble, "Programmed" if not trouble else "AddressNotUsable", trouble)
    old = {item["name"]: item for item in before.get("listeners") or []}
    status: Object = {
        "conditions": conditions([accepted, programmed], before.get("conditions") or [], generation, now),
        "listeners": [
            {
                "name": name,
                "attachedRoutes": attached.get(name, 0),
                "supportedKinds": [{"group": GROUP, "kind": "HTTPRoute"}],
                "conditions": conditions(found, (old.get(name) or {}).get("conditions") or [], generation, now),
            }
            for name, found in findings.items()
        ],
        "addresses": [{"type": "IPAddress", "value": address}] if programmed.good else [],
    }
    return status


def _listener(world: World, gateway: Object, listener: Object) -> list[Finding]:
    conflict = _conflict(gateway, listener)
    if listener["protocol"] not in _PROTOCOLS:
        words = f"{listener['protocol']} is none of {', '.join(_PROTOCOLS)}"
        accepted = Finding("Accepted", False, "UnsupportedProtocol", words)
    else:
        accepted = Finding("Accepted", True, "Accepted")
    problem = "; ".join(_unresolved(world, gateway, listener))
    kinds = [kind for kind in (listener.get("allowedRoutes") or {}).get("kinds") or [] if kind["kind"] != "HTTPRoute"]
    if kinds:
        words = f"routes of kind {kinds[0]['kind']} are not offered"
        resolved = Finding("ResolvedRefs", False, "InvalidRouteKinds", words)
    elif problem:
        resolved = Finding("ResolvedRefs", False, "InvalidCertificateRef", problem)
    else:
        resolved = Finding("ResolvedRefs", True, "ResolvedRefs")
    good = accepted.good and resolved.good and not conflict
    return [
        accepted,
        Finding("Programmed", good, "Programmed" if good else "Invalid"),
        resolved,
        Finding("Conflicted", bool(conflict), conflict or "NoConflicts"),
    ]


def _conflict(gateway: Object, listener: Object) -> str:
    """The reason, when another listener of the same port has another protocol or the same host name."""
    for other in gateway["spec"]["listeners"]:
        if other["name"] == listener["name"] or other["port"] != listener["port"]:
            continue
        if other["protocol"] != listener["protocol"]:
            return "ProtocolConflict"
        if other.get("hostname", "") == listener.get("hostname", ""):
            return "HostnameConflict"
    return ""


def _unresolved(world: World, gateway: Object, listener: Object) -> Iterator[str]:
    """What is wrong with the certificates of an HTTPS listener."""
    if listener["protocol"] != "HTTPS":
        return
    tls: dict[str, Any] = listener.get("tls") or {}
    options = tls.get("options") or {}
    if tls.get("certificateRefs"):
        yield "this stand-in reads no Secrets: name certificates of Certificate Manager"
    named = [name.strip() for name in options.get(CERTIFICATES, "").split(",") if name.strip()]
    for name in named:
        if name not in world.cloud.certificates:
            yield f"certificate {name} of Certificate Manager not found"
    if options.get(PRE_SHARED):
        yield f"{PRE_SHARED}: SslCertificates are not offered by this stand-in"
    mapped = (gateway["metadata"].get("annotations") or {}).get(CERTIFICATE_MAP)
    if mapped:
        yield f"{CERTIFICATE_MAP}: certificate maps are not offered by this stand-in"
    if not (named or mapped or options.get(PRE_SHARED) or tls.get("certificateRefs")):
        yield "an HTTPS listener needs a certificate"


def _missing(world: World, gateway: Object) -> str:
    """What the load balancer needs and has not."""
    if gateway["spec"]["gatewayClassName"] in REGIONAL and not world.cloud.proxy_only:
        return "An active proxy-only subnetwork is required in the same region and VPC as the forwarding rule."
    return ""


def _address(world: World, gateway: Object) -> tuple[str, str]:
    """The load balancer's address, or why it has none."""
    kind = gateway["spec"]["gatewayClassName"]
    regional, internal = kind in REGIONAL, kind in INTERNAL
    wanted = gateway["spec"].get("addresses") or []
    if not wanted:
        return _invented(key(gateway), internal=internal), ""
    if len(wanted) > 1:
        return "", "a Gateway of GKE has one address"
    if wanted[0].get("type", "IPAddress") not in {"IPAddress", "NamedAddress"}:
        return "", f"addresses of type {wanted[0]['type']} are not offered"
    value = wanted[0].get("value", "")
    by_name = wanted[0].get("type") == "NamedAddress"
    for address in world.cloud.addresses:
        if (address.name if by_name else address.value) == value:
            if bool(address.region) != regional or address.internal != internal:
                what = f"{'internal' if address.internal else 'external'}, {address.region or 'global'}"
                return "", f"address {address.name} is {what}, which does not go with class {kind}"
            return address.value, ""
    return "", f"address {value} is not reserved"


def _invented(name: tuple[str, str], *, internal: bool) -> str:
    network = _INVENTED[internal]
    number = int(hashlib.sha256("/".join(name).encode()).hexdigest()[:8], 16)
    return str(network[1 + number % (network.num_addresses - 2)])
