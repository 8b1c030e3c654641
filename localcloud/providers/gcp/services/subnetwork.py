"""Subnetworks.

Sources: Compute Engine REST reference (subnetworks), VPC documentation "Subnets" and "Proxy-only subnets",
terraform-provider-google `resource_compute_subnetwork.go` (growing in place), Terraform Registry
google_compute_subnetwork.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors, locations, ranges
from localcloud.providers.gcp.api import now, stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import COMPUTE, Reference, relative
from localcloud.providers.gcp.services.network import NETWORK, NETWORK_REFERENCE, SUBNETWORK, one_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localcloud.providers.gcp.api import Api

SUBNETWORK_ID: Final = "projects/{project}/regions/{region}/subnetworks/{name}"
SUBNETWORK_REFERENCE: Final = Reference(SUBNETWORK, SUBNETWORK_ID, full=True)
#: what an auto mode network takes for itself ("VPC networks", auto mode IPv4 ranges)
_AUTO_MODE_RANGE: Final = "10.128.0.0/9"
#: "Quotas and limits": secondary ranges for each subnet
_MOST_SECONDARY_RANGES: Final = 170
#: ranges that only Google's proxies use ("Proxy-only subnets for Envoy-based load balancers")
PROXY_ONLY: Final = {"REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY"}
_PURPOSES: Final = {"PRIVATE", "PRIVATE_SERVICE_CONNECT", "PRIVATE_NAT", "PEER_MIGRATION", *PROXY_ONLY}


def _check_subnetwork(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    region = values.get("region")
    if isinstance(region, str) and not locations.is_region(region):
        yield "region", f"unknown region {region!r}"
    yield from one_of("purpose", values, _PURPOSES)
    yield from one_of("stackType", values, {"IPV4_ONLY", "IPV4_IPV6", "IPV6_ONLY"})
    if isinstance(values.get("ipCidrRange"), str):
        yield from _refusal("ipCidrRange", values["ipCidrRange"])
    elif values.get("ipCidrRange") is None and values.get("stackType") != "IPV6_ONLY":
        yield "ipCidrRange", "Missing required argument: a subnetwork with IPv4 needs a primary range"
    yield from _check_purpose(values)
    yield from _check_secondary(values)


def _check_purpose(values: Values) -> Iterator[tuple[str, str]]:
    purpose = values.get("purpose")
    if purpose in PROXY_ONLY:
        if values.get("secondaryIpRanges"):
            yield "secondaryIpRanges", f"a subnetwork with purpose {purpose} has no secondary ranges"
        if values.get("logConfig"):
            yield "logConfig", f"a subnetwork with purpose {purpose} has no flow logs"
        if values.get("privateIpGoogleAccess") is True:
            yield "privateIpGoogleAccess", f"a subnetwork with purpose {purpose} has no private Google access"
        yield from one_of("role", values, {"ACTIVE", "BACKUP"})
        if not values.get("role"):
            yield "role", f"a subnetwork with purpose {purpose} needs a role: ACTIVE or BACKUP"
        text = values.get("ipCidrRange")
        if isinstance(text, str) and not ranges.refusal(text) and ranges.prefix(text) > ranges.PROXY_PREFIX:
            yield "ipCidrRange", f"{text!r} is too small: a proxy-only subnetwork is a /{ranges.PROXY_PREFIX} or larger"
    elif isinstance(purpose, str | None) and values.get("role"):
        yield "role", f"a role is for the purposes {sorted(PROXY_ONLY)}"


def _check_secondary(values: Values) -> Iterator[tuple[str, str]]:
    given = values.get("secondaryIpRanges")
    if not isinstance(given, list):
        return
    if len(given) > _MOST_SECONDARY_RANGES:
        yield "secondaryIpRanges", f"{len(given)} secondary ranges, at most {_MOST_SECONDARY_RANGES} are allowed"
    seen = [("ipCidrRange", values["ipCidrRange"])] if isinstance(values.get("ipCidrRange"), str) else []
    names = [item.get("rangeName") for item in given if isinstance(item, dict)]
    for index, secondary in enumerate(given):
        if not isinstance(secondary, dict):
            continue
        where = f"secondaryIpRanges[{index}]"
        name, text = secondary.get("rangeName"), secondary.get("ipCidrRange")
        if isinstance(name, str) and (refusal := LABEL.refusal(name)):
            yield f"{where}.rangeName", refusal
        if isinstance(name, str) and name in names[:index]:
            yield f"{where}.rangeName", f"duplicate secondary range name {name!r}"
        if isinstance(text, str):
            yield from _refusal(f"{where}.ipCidrRange", text)
            yield from _overlaps(f"{where}.ipCidrRange", text, seen)
            seen.append((where, text))


def _overlaps(path: str, text: str, others: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for other_path, other in others:
        if not ranges.refusal(text) and not ranges.refusal(other) and ranges.overlap(text, other):
            yield path, f"{text} overlaps {other} of {other_path}"


def _refusal(path: str, text: str) -> Iterable[tuple[str, str]]:
    refusal = ranges.refusal(text)
    return [(path, f"Invalid IPCidrRange: {refusal}")] if refusal else []


def all_ranges(values: Values) -> list[tuple[str, str]]:
    """(name, range) of a subnetwork: its primary range under the empty name, then the secondary ones."""
    primary = [("", values["ipCidrRange"])] if values.get("ipCidrRange") else []
    return primary + [(item["rangeName"], item["ipCidrRange"]) for item in values.get("secondaryIpRanges") or []]


def _admit_subnetwork(api: Api, identity: str, values: Values, old: Values | None) -> None:
    network = relative(values["network"])
    record = api.get(NETWORK, network) or {}
    if record.get("autoCreateSubnetworks") and ranges.overlap(values["ipCidrRange"], _AUTO_MODE_RANGE):
        raise errors.bad_request(
            f"Invalid IPCidrRange: {values['ipCidrRange']} conflicts with {_AUTO_MODE_RANGE}, "
            f"which the auto mode network '{network}' keeps for itself."
        )
    region = values.get("region") or api.region
    for other, subnetwork in api.all(SUBNETWORK).items():
        if other == identity or relative(subnetwork["network"]) != network:
            continue
        for _, mine in all_ranges(values):
            for _, theirs in all_ranges(subnetwork):
                if ranges.overlap(mine, theirs):
                    raise errors.bad_request(
                        f"Invalid IPCidrRange: {mine} conflicts with existing subnetwork "
                        f"'{subnetwork['name']}' in region '{subnetwork.get('region')}'."
                    )
        active = (values.get("purpose"), values.get("role")) == (subnetwork.get("purpose"), subnetwork.get("role"))
        if active and values.get("role") == "ACTIVE" and subnetwork.get("region") == region:
            raise errors.bad_request(
                f"There is already an ACTIVE proxy-only subnetwork '{other}' in region '{region}'."
            )
    _admit_control_planes(api, values, network)
    if old is not None:
        _admit_removal(api, identity, values, old)


def _admit_control_planes(api: Api, values: Values, network: str) -> None:
    """No range overlaps one that a private cluster's control plane took from the network."""
    for user, cluster in api.all("gcp:container/cluster:Cluster").items():
        block = lookup(cluster, "privateClusterConfig.masterIpv4CidrBlock")
        if not block or relative(cluster.get("network") or "") != network:
            continue
        for _, mine in all_ranges(values):
            if ranges.overlap(mine, block):
                raise errors.bad_request(f"Invalid IPCidrRange: {mine} conflicts with {block} of '{user}'.")


def _admit_removal(api: Api, identity: str, values: Values, old: Values) -> None:
    gone = {name for name, _ in all_ranges(old)} - {name for name, _ in all_ranges(values)}
    for user, cluster in api.all("gcp:container/cluster:Cluster").items():
        policy = cluster.get("ipAllocationPolicy") or {}
        used = {policy.get("clusterSecondaryRangeName"), policy.get("servicesSecondaryRangeName")}
        if relative(cluster.get("subnetwork") or "") == identity and gone & used:
            name = min(gone & used)
            raise errors.in_use("subnetwork secondary range", f"{identity}/{name}", user)


def _settle_subnetwork(api: Api, identity: str, values: Values) -> Values:
    del api, values
    return {
        "purpose": "PRIVATE",
        "stackType": "IPV4_ONLY",
        "privateIpGoogleAccess": False,
        "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS",
        "allowSubnetCidrRoutesOverlap": False,
        "creationTimestamp": now(),
        "externalIpv6Prefix": "",
        "internalIpv6Prefix": "",
        "ipv6CidrRange": "",
        "ipv6GceEndpoint": "",
        "secondaryIpRanges": [],
        "state": "",
        "subnetworkId": stable_number(identity, 15),
        "selfLink": COMPUTE + identity,
    }


def _view_subnetwork(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return {
        "gatewayAddress": ranges.gateway(values["ipCidrRange"]) if values.get("ipCidrRange") else "",
        "fingerprint": hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12],
    }


def _release_subnetwork(api: Api, identity: str, values: Values) -> None:
    del values
    for user, cluster in api.all("gcp:container/cluster:Cluster").items():
        if relative(cluster.get("subnetwork") or "") == identity:
            raise errors.in_use("subnetwork", identity, user)


def _shrinking_replaces(old: Values, new: Values) -> Iterable[str]:
    """A subnet grows in place; any other change of its range is a new one (google_compute_subnetwork CustomizeDiff)."""
    before, after = old.get("ipCidrRange"), new.get("ipCidrRange")
    if isinstance(before, str) and isinstance(after, str) and not ranges.refusal(after):
        return ["ipCidrRange"] if ranges.shrinks(before, after) else []
    return []


KINDS: Final = [
    Kind(
        SUBNETWORK,
        SUBNETWORK_ID,
        "Subnetwork",
        link=COMPUTE,
        name=LABEL,
        references={"network": NETWORK_REFERENCE},
        provider_only=frozenset({"deletionPolicy", "sendSecondaryIpRangeIfEmpty"}),
        check=_check_subnetwork,
        admit=_admit_subnetwork,
        settle=_settle_subnetwork,
        view=_view_subnetwork,
        release=_release_subnetwork,
        replaces=_shrinking_replaces,
    ),
]
