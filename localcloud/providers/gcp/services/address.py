"""Static addresses of a region.

Sources: Compute Engine REST reference (addresses), VPC documentation "Reserve a static external IP address",
"Reserve a static internal IP address" and "Subnets" (the four unusable addresses of a range), Terraform Registry
google_compute_address (which purposes go with a network or a subnetwork). Not played: in which regions there is
Standard Tier, and bringing your own addresses (ipCollection), which is refused.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors
from localcloud.providers.gcp.api import now, stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.references import COMPUTE, Reference
from localcloud.providers.gcp.services.network import NETWORK_REFERENCE, SUBNETWORK, one_of
from localcloud.providers.gcp.services.subnetwork import PROXY_ONLY, SUBNETWORK_REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

ADDRESS: Final = "gcp:compute/address:Address"
ADDRESS_ID: Final = "projects/{project}/regions/{region}/addresses/{name}"
ADDRESS_REFERENCE: Final = Reference(ADDRESS, ADDRESS_ID)
_NAT: Final = "gcp:compute/routerNat:RouterNat"
#: purposes of internal addresses; external ones have none
_PURPOSES: Final = {
    "GCE_ENDPOINT",
    "SHARED_LOADBALANCER_VIP",
    "VPC_PEERING",
    "IPSEC_INTERCONNECT",
    "PRIVATE_SERVICE_CONNECT",
}
_WITH_NETWORK: Final = {"VPC_PEERING", "IPSEC_INTERCONNECT"}
#: a documentation range (RFC 5737): what the stand-in hands out as external addresses
_EXTERNAL: Final = "203.0.113.0/24"


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    from localcloud.providers.gcp.services.router import check_region  # noqa: PLC0415 - a router looks at addresses

    yield from check_region(api, values)
    yield from one_of("addressType", values, {"EXTERNAL", "INTERNAL"})
    yield from one_of("purpose", values, _PURPOSES)
    yield from one_of("networkTier", values, {"PREMIUM", "STANDARD"})
    yield from one_of("ipVersion", values, {"IPV4", "IPV6"})
    yield from one_of("ipv6EndpointType", values, {"VM", "NETLB"})
    if values.get("ipCollection"):
        yield "ipCollection", "bringing your own addresses is not offered by this stand-in"
    if values.get("ipv6EndpointType") and values.get("ipVersion") != "IPV6":
        yield "ipv6EndpointType", "an endpoint type is for ipVersion IPV6"
    kind = values.get("addressType", "EXTERNAL")
    if kind == "EXTERNAL":
        for name in ("purpose", "network"):
            if values.get(name):
                yield name, f"{name} can only be used with addressType INTERNAL"
        if values.get("subnetwork") and values.get("ipVersion") != "IPV6":
            yield "subnetwork", "a subnetwork can only be used with addressType INTERNAL or ipVersion IPV6"
    elif kind == "INTERNAL":
        yield from _check_internal(values)
    text = values.get("address")
    if isinstance(text, str) and text and not _is_address(text):
        yield "address", f"expected address to contain a valid IP address, got: {text}"


def _check_internal(values: Values) -> Iterator[tuple[str, str]]:
    if values.get("networkTier"):
        yield "networkTier", "an internal address has no network tier"
    purpose = values.get("purpose") or "GCE_ENDPOINT"
    if values.get("network") and purpose not in _WITH_NETWORK:
        yield "network", f"a network can only be used with the purposes {sorted(_WITH_NETWORK)}, not with {purpose}"
    if values.get("subnetwork") and purpose in _WITH_NETWORK:
        yield "subnetwork", f"purpose {purpose} takes a network, not a subnetwork"
    if purpose in _WITH_NETWORK and not (values.get("network") and values.get("prefixLength")):
        yield "network", f"purpose {purpose} needs network and prefixLength"
    if values.get("prefixLength") and purpose not in _WITH_NETWORK:
        yield "prefixLength", f"prefixLength is for the purposes {sorted(_WITH_NETWORK)}"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def users(api: Api, identity: str, *, but: str = "") -> list[str]:
    """Ids of what holds the address: routers whose NATs (other than the one with the id `but`) have it."""
    found: list[str] = []
    for nat, record in api.all(_NAT).items():
        project, region, router, _ = nat.split("/")
        held = [*(record.get("natIps") or []), *(record.get("drainNatIps") or [])]
        known = {"project": project, "region": region}
        if nat != but and identity in {ADDRESS_REFERENCE.identity(link, known) for link in held}:
            found.append(f"projects/{project}/regions/{region}/routers/{router}")
    return found


def _taken(api: Api, identity: str) -> set[str]:
    return {record["address"] for other, record in api.all(ADDRESS).items() if other != identity}


def _subnetwork(api: Api, values: Values) -> tuple[str, Values | None]:
    """The subnetwork of an internal address: the default network's when none is named."""
    link = values.get("subnetwork") or "default"
    target = SUBNETWORK_REFERENCE.identity(link, api.scope(KINDS[0], values))
    return target, api.get(SUBNETWORK, target)


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    if old is not None:
        return
    if values.get("addressType") == "EXTERNAL":
        if not values["address"]:
            raise errors.quota_exceeded("STATIC_ADDRESSES", 254, str(values.get("region")))
        if ipaddress.ip_address(values["address"]) not in ipaddress.ip_network(_EXTERNAL):
            raise errors.invalid(
                "resource.address", values["address"], "Specified IP address is not an external address of the project."
            )
    elif (values.get("purpose") or "") not in _WITH_NETWORK:
        _admit_internal(api, values)
    if values["address"] in _taken(api, identity):
        raise errors.invalid("resource.address", values["address"], "Specified IP address is already reserved.")


def _admit_internal(api: Api, values: Values) -> None:
    target, subnetwork = _subnetwork(api, values)
    if subnetwork is None:
        raise errors.not_found(target)
    if subnetwork.get("purpose") in PROXY_ONLY:
        raise errors.invalid("resource.subnetwork", target, "A proxy-only subnetwork holds no addresses of yours.")
    usable = _usable(subnetwork["ipCidrRange"])
    if ipaddress.ip_address(values["address"]) not in usable:
        raise errors.invalid(
            "resource.address",
            values["address"],
            f"Requested address is outside the subnetwork's range {subnetwork['ipCidrRange']}, or one of its four "
            "reserved addresses.",
        )


class _Usable:
    """The addresses of a range but for the first two and the last two."""

    def __init__(self, text: str) -> None:
        self._range = ipaddress.ip_network(text)

    def __contains__(self, address: object) -> bool:
        low, high = int(self._range.network_address) + 2, int(self._range.broadcast_address) - 2
        return isinstance(address, ipaddress.IPv4Address) and low <= int(address) <= high

    def pick(self, seed: str, taken: set[str]) -> str:
        low, high = int(self._range.network_address) + 2, int(self._range.broadcast_address) - 2
        size = high - low + 1
        start = int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16)
        for step in range(min(size, len(taken) + 1)):
            text = str(ipaddress.ip_address(low + (start + step) % size))
            if text not in taken:
                return text
        return ""


def _usable(text: str) -> _Usable:
    return _Usable(text)


def _settle(api: Api, identity: str, values: Values) -> Values:
    external = values.get("addressType", "EXTERNAL") == "EXTERNAL"
    known: Values = {}
    if external:
        address = _usable(_EXTERNAL).pick(identity, _taken(api, identity))
    elif values.get("purpose") in _WITH_NETWORK:
        address = str(ipaddress.ip_address(f"10.{stable_number(identity, 2) + 100}.0.0"))
    else:
        target, subnetwork = _subnetwork(api, values)
        range_of = subnetwork["ipCidrRange"] if subnetwork else "0.0.0.0/30"
        address = _usable(range_of).pick(identity, _taken(api, identity)) or "0.0.0.0"  # noqa: S104 - admitted never
        known = {"subnetwork": COMPUTE + target}
    return {
        "address": address,
        "addressId": str(stable_number(identity)),
        "addressType": "EXTERNAL",
        "purpose": "" if external else "GCE_ENDPOINT",
        "networkTier": "PREMIUM",
        "prefixLength": 0,
        "creationTimestamp": now(),
        "labelFingerprint": hashlib.sha256(identity.encode()).hexdigest()[:11],
        "selfLink": COMPUTE + identity,
        "subnetwork": "",
        **known,
    }


def _view(api: Api, identity: str, values: Values) -> Values:
    del values
    return {"users": [COMPUTE + user for user in users(api, identity)]}


def _release(api: Api, identity: str, values: Values) -> None:
    del values
    for user in users(api, identity):
        raise errors.in_use("address", identity, user)


KINDS: Final = [
    Kind(
        ADDRESS,
        ADDRESS_ID,
        "Address",
        link=COMPUTE,
        name=LABEL,
        labels="labels",
        references={
            "network": NETWORK_REFERENCE,
            "subnetwork": Reference(SUBNETWORK, SUBNETWORK_REFERENCE.template, COMPUTE),
        },
        provider_only=frozenset({"deletionPolicy"}),
        not_imported=frozenset({"prefixLength"}),
        check=_check,
        admit=_admit,
        settle=_settle,
        view=_view,
        release=_release,
    )
]
