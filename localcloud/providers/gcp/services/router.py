"""Cloud Routers and Cloud NAT.

Sources: Compute Engine REST reference (routers), "Cloud NAT product interactions" and "Ports", "Cloud Router
overview" (ASN), Terraform Registry google_compute_router and google_compute_router_nat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors, locations
from localcloud.providers.gcp.api import now
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.references import COMPUTE, Reference, last
from localcloud.providers.gcp.services import address
from localcloud.providers.gcp.services.network import NETWORK_REFERENCE, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

ROUTER: Final = "gcp:compute/router:Router"
NAT: Final = "gcp:compute/routerNat:RouterNat"
_ROUTER_ID: Final = "projects/{project}/regions/{region}/routers/{name}"
_ASN_RANGES: Final = ((16550, 16550), (64512, 65534), (4200000000, 4294967294))
_ALL_SUBNETWORKS: Final = {"ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES"}


def _check_router(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    yield from check_region(api, values)
    bgp = values.get("bgp")
    asn = bgp.get("asn") if isinstance(bgp, dict) else None
    if isinstance(asn, int) and not any(low <= asn <= high for low, high in _ASN_RANGES):
        yield "bgp.asn", f"{asn} is no private ASN: 16550, 64512-65534 or 4200000000-4294967294"


def check_region(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    """Refuse a region that does not exist, given or from the provider's configuration."""
    region = values.get("region") or api.region
    if isinstance(region, str) and region and not locations.is_region(region):
        yield "region", f"unknown region {region!r}"


def _settle_router(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {
        "creationTimestamp": now(),
        "selfLink": COMPUTE + identity,
    }


def _release_router(api: Api, identity: str, values: Values) -> None:
    """A router takes its NAT configurations with it: they are part of it in the API."""
    del values
    router = identity.split("/")
    for nat in api.all(NAT, f"{router[1]}/{router[3]}/{router[5]}/"):
        if api.records is not None:
            api.records.delete(NAT, nat)


def _check_nat(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    yield from check_region(api, values)
    yield from one_of("natIpAllocateOption", values, {"MANUAL_ONLY", "AUTO_ONLY"})
    yield from one_of("sourceSubnetworkIpRangesToNat", values, {*_ALL_SUBNETWORKS, "LIST_OF_SUBNETWORKS"})
    option, addresses = values.get("natIpAllocateOption"), values.get("natIps")
    if values.get("type", "PUBLIC") == "PUBLIC" and option is None:
        yield "natIpAllocateOption", "Missing required argument: a public NAT needs natIpAllocateOption"
    if option == "AUTO_ONLY" and addresses:
        yield "natIps", "natIps cannot be set while natIpAllocateOption is AUTO_ONLY"
    if option == "MANUAL_ONLY" and not addresses and not values.get("initialNatIps"):
        yield "natIps", "natIps are required while natIpAllocateOption is MANUAL_ONLY"
    wanted, listed = values.get("sourceSubnetworkIpRangesToNat"), values.get("subnetworks")
    if wanted == "LIST_OF_SUBNETWORKS" and not listed:
        yield "subnetworks", "LIST_OF_SUBNETWORKS needs at least one subnetwork"
    if wanted in _ALL_SUBNETWORKS and listed:
        yield "subnetworks", f"subnetworks cannot be listed with {wanted}"
    yield from _check_ports(values)
    log = values.get("logConfig")
    if isinstance(log, dict):
        for path, reason in one_of("filter", log, {"ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL"}):
            yield f"logConfig.{path}", reason


def _check_ports(values: Values) -> Iterator[tuple[str, str]]:
    dynamic = values.get("enableDynamicPortAllocation") is True
    if dynamic and values.get("enableEndpointIndependentMapping") is True:
        yield (
            "enableEndpointIndependentMapping",
            "endpoint-independent mapping and dynamic port allocation exclude each other",
        )
    for name in ("minPortsPerVm", "maxPortsPerVm"):
        ports = values.get(name)
        if dynamic and isinstance(ports, int) and ports and ports & (ports - 1):
            yield name, f"{ports} is not a power of 2, which dynamic port allocation needs"
    if values.get("maxPortsPerVm") and not dynamic:
        yield "maxPortsPerVm", "maxPortsPerVm needs enableDynamicPortAllocation"


def _nat_parts(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"router": last(values["router"])}


def _admit_addresses(api: Api, identity: str, values: Values) -> None:
    """A NAT's addresses are reserved external ones of its region that no other NAT has."""
    project, region, _, _ = identity.split("/")
    for link in values.get("natIps") or []:
        target = address.ADDRESS_REFERENCE.identity(link, {"project": project, "region": region})
        record = api.get(address.ADDRESS, target)
        if record is None:
            raise errors.not_found(target)
        if record.get("addressType") != "EXTERNAL" or record["region"] != region:
            raise errors.invalid("resource.nats.natIps", target, f"It is no external address of region '{region}'.")
        for user in address.users(api, target, but=identity):
            raise errors.invalid("resource.nats.natIps", target, f"It is already in use by NAT of '{user}'.")


def _admit_nat(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del old
    _admit_addresses(api, identity, values)
    if values["sourceSubnetworkIpRangesToNat"] not in _ALL_SUBNETWORKS:
        return
    project, region, router, _ = identity.split("/")
    mine = api.get(ROUTER, _ROUTER_ID.format(project=project, region=region, name=router)) or {}
    for other, record in api.all(NAT, f"{project}/{region}/").items():
        home = api.get(ROUTER, _ROUTER_ID.format(project=project, region=region, name=other.split("/")[2])) or {}
        clash = record["sourceSubnetworkIpRangesToNat"] in _ALL_SUBNETWORKS
        if other != identity and clash and home.get("network") == mine.get("network"):
            raise errors.bad_request(
                f"Invalid value for field 'resource.nats': NAT '{other.rsplit('/', 1)[-1]}' of router "
                f"'{home.get('name')}' already covers all subnetworks of the network in region '{region}'."
            )


def _settle_nat(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return {
        "router": last(values["router"]),
        "enableDynamicPortAllocation": False,
        "enableEndpointIndependentMapping": False,
        "minPortsPerVm": 32 if values.get("enableDynamicPortAllocation") else 64,
        "endpointTypes": ["ENDPOINT_TYPE_VM"],
        "autoNetworkTier": "PREMIUM",
    }


KINDS: Final = [
    Kind(
        ROUTER,
        _ROUTER_ID,
        "Router",
        link=COMPUTE,
        name=LABEL,
        references={"network": NETWORK_REFERENCE},
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_router,
        settle=_settle_router,
        release=_release_router,
    ),
    Kind(
        NAT,
        "{project}/{region}/{router}/{name}",
        "RouterNat",
        name=LABEL,
        parts=_nat_parts,
        references={"router": Reference(ROUTER, _ROUTER_ID)},
        parent="router",
        provider_only=frozenset({"deletionPolicy", "initialNatIps"}),
        check=_check_nat,
        admit=_admit_nat,
        settle=_settle_nat,
    ),
]
