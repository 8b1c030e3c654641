"""VPC networks.

Sources: Compute Engine REST reference (networks), VPC documentation "VPC networks", Terraform Registry
google_compute_network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors
from localcloud.providers.gcp.api import stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.references import COMPUTE, Reference, relative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

NETWORK: Final = "gcp:compute/network:Network"
SUBNETWORK: Final = "gcp:compute/subnetwork:Subnetwork"
NETWORK_ID: Final = "projects/{project}/global/networks/{name}"
NETWORK_REFERENCE: Final = Reference(NETWORK, NETWORK_ID, COMPUTE)
_MTU: Final = (1300, 8896)


def one_of(path: str, values: Values, allowed: set[str]) -> Iterator[tuple[str, str]]:
    """Refuse a value of a top-level property that is none of `allowed`."""
    value = values.get(path)
    if isinstance(value, str) and value and value not in allowed:
        yield path, f"expected {path} to be one of {sorted(allowed)}, got {value}"


def _check_network(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    mtu = values.get("mtu")
    if isinstance(mtu, int) and mtu and not _MTU[0] <= mtu <= _MTU[1]:
        yield "mtu", f"{mtu} is not between {_MTU[0]} and {_MTU[1]}"
    yield from one_of("routingMode", values, {"REGIONAL", "GLOBAL"})


def _settle_network(api: Api, identity: str, values: Values) -> Values:
    del api, values
    number = str(stable_number(identity))
    return {
        "routingMode": "REGIONAL",
        "mtu": 1460,
        "bgpBestPathSelectionMode": "LEGACY",
        "bgpAlwaysCompareMed": False,
        "bgpInterRegionCost": "",
        "gatewayIpv4": "",
        "internalIpv6Range": "",
        "networkId": number,
        "numericId": number,
        "selfLink": COMPUTE + identity,
    }


def _release_network(api: Api, identity: str, values: Values) -> None:
    del values
    users = (
        SUBNETWORK,
        "gcp:container/cluster:Cluster",
        "gcp:compute/router:Router",
        "gcp:compute/firewall:Firewall",
    )
    for token in users:
        for user, record in api.all(token).items():
            if relative(record.get("network") or "") == identity:
                raise errors.in_use("network", identity, user)


KINDS: Final = [
    Kind(
        NETWORK,
        NETWORK_ID,
        "Network",
        link=COMPUTE,
        name=LABEL,
        provider_only=frozenset({"deletionPolicy", "deleteDefaultRoutesOnCreate", "deleteBgpAlwaysCompareMed"}),
        check=_check_network,
        settle=_settle_network,
        release=_release_network,
    ),
]
