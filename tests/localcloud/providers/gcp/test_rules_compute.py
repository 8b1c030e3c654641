"""Networks, subnetworks, addresses, routers and firewall rules: what is refused, and what only the store knows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import (
    ADDRESS,
    BUCKET,
    FIREWALL,
    NAT,
    NETWORK,
    PROJECT,
    REGION,
    ROUTER,
    SUBNETWORK,
    Cloud,
    Refused,
    ids,
)

REFUSED: list[Refused] = [
    (NETWORK, {"autoCreateSubnets": True}, "did you mean 'autoCreateSubnetworks'"),
    (NETWORK, {"selfLink": "x"}, "can't be set"),
    (NETWORK, {"mtu": "big"}, "mtu: expected a int"),
    (NETWORK, {"mtu": 1.5}, "mtu: expected a int"),
    (SUBNETWORK, {"network": None}, 'network: Missing required argument: "network"'),
    (SUBNETWORK, {"secondaryIpRanges": {"rangeName": "x"}}, "expected a list, got a object"),
    (SUBNETWORK, {"logConfig": [1]}, "expected a object, got a list"),
    (SUBNETWORK, {"secondaryIpRanges": [{"rangeNames": "x"}]}, "secondaryIpRanges[0].rangeNames: unknown property"),
    (FIREWALL, {"denies": [{"protocol": "udp"}]}, "only one of `allows, denies` can be specified"),
    (FIREWALL, {"allows": None}, "one of `allows, denies` must be specified"),
    (FIREWALL, {"sourceTags": ["a"], "targetServiceAccounts": ["b@c.de"]}, "conflicts with targetServiceAccounts"),
    (FIREWALL, {"sourceServiceAccounts": ["x"] * 11}, "Too many list items: 11 declared, at most 10"),
    (NAT, {"endpointTypes": []}, "Not enough list items"),
    (NETWORK, {"name": "Net"}, "a lower-case letter followed by"),
    (NETWORK, {"name": "n" * 64}, "64 characters, at most 63"),
    (NETWORK, {"name": "net-"}, "not ending in a hyphen"),
    (SUBNETWORK, {"region": "europe-west44"}, "unknown region"),
    (ROUTER, {"region": "mars-1"}, "unknown region"),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.1/20"}, "has host bits set"),
    (SUBNETWORK, {"ipCidrRange": "8.8.8.0/24"}, "not in a private range"),
    (SUBNETWORK, {"ipCidrRange": "10.0.0.0/30"}, "too small"),
    (SUBNETWORK, {"secondaryIpRanges": [{"rangeName": "a", "ipCidrRange": "10.0.8.0/24"}]}, "overlaps 10.0.0.0/20"),
    (
        SUBNETWORK,
        {"secondaryIpRanges": [{"rangeName": "a", "ipCidrRange": f"10.{n}.0.0/20"} for n in (1, 2)]},
        "duplicate",
    ),
    (SUBNETWORK, {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}, "has no secondary ranges"),
    (FIREWALL, {"sourceRanges": ["10.0.0.1/8"]}, "sourceRanges[0]"),
    (NETWORK, {"mtu": 9000}, "between 1300 and 8896"),
    (NETWORK, {"routingMode": "LOCAL"}, "expected routingMode to be one of"),
    (ROUTER, {"bgp": {"asn": 65535}}, "no private ASN"),
    (NAT, {"natIpAllocateOption": None}, "natIpAllocateOption"),
    (NAT, {"natIpAllocateOption": "MANUAL_ONLY"}, "natIps are required"),
    (NAT, {"natIps": ["a"]}, "natIps cannot be set"),
    (NAT, {"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS"}, "at least one subnetwork"),
    (NAT, {"enableDynamicPortAllocation": True, "minPortsPerVm": 100}, "power of 2"),
    (NAT, {"enableDynamicPortAllocation": True, "enableEndpointIndependentMapping": True}, "exclude each other"),
    (FIREWALL, {"sourceRanges": None}, "one of source_tags, source_ranges, or source_service_accounts"),
    (FIREWALL, {"direction": "EGRESS", "sourceTags": ["a"]}, "cannot be set for direction EGRESS"),
    (FIREWALL, {"allows": [{"protocol": "tpc"}]}, "no IP protocol"),
    (FIREWALL, {"allows": [{"protocol": "icmp", "ports": ["1"]}]}, "has no ports"),
    (FIREWALL, {"allows": [{"protocol": "tcp", "ports": ["80-70"]}]}, "no port"),
    (FIREWALL, {"priority": 70000}, "between 0 and 65535"),
    (SUBNETWORK, {"role": "ACTIVE"}, "a role is for the purposes"),
    (SUBNETWORK, {"purpose": "REGIONAL_MANAGED_PROXY", "secondaryIpRanges": None}, "needs a role"),
    (
        SUBNETWORK,
        {
            "purpose": "REGIONAL_MANAGED_PROXY",
            "role": "ACTIVE",
            "secondaryIpRanges": None,
            "ipCidrRange": "10.9.0.0/27",
        },
        "a proxy-only subnetwork is a /26 or larger",
    ),
    (
        SUBNETWORK,
        {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE", "privateIpGoogleAccess": True},
        "no private Google access",
    ),
    (ADDRESS, {"region": "mars"}, "unknown region"),
    (ADDRESS, {"addressType": "PUBLIC"}, "expected addressType"),
    (ADDRESS, {"purpose": "GCE_ENDPOINT"}, "purpose can only be used with addressType INTERNAL"),
    (ADDRESS, {"subnetwork": "sub"}, "a subnetwork can only be used with"),
    (ADDRESS, {"addressType": "INTERNAL", "networkTier": "PREMIUM"}, "no network tier"),
    (ADDRESS, {"addressType": "INTERNAL", "network": "net"}, "a network can only be used with the purposes"),
    (
        ADDRESS,
        {"addressType": "INTERNAL", "purpose": "VPC_PEERING", "network": "net"},
        "needs network and prefixLength",
    ),
    (
        ADDRESS,
        {"addressType": "INTERNAL", "purpose": "VPC_PEERING", "subnetwork": "sub"},
        "takes a network, not a subnetwork",
    ),
    (ADDRESS, {"addressType": "INTERNAL", "prefixLength": 16}, "prefixLength is for the purposes"),
    (ADDRESS, {"networkTier": "GOLD"}, "expected networkTier"),
    (ADDRESS, {"address": "10.0.0"}, "valid IP address"),
    (ADDRESS, {"ipCollection": "x"}, "not offered by this stand-in"),
    (ADDRESS, {"ipv6EndpointType": "VM"}, "is for ipVersion IPV6"),
    (ADDRESS, {"labels": {"Team": "ml"}}, "is not a lower-case letter"),
    (ADDRESS, {"labels": {"team": "Machine Learning"}}, "is not up to 63 lower-case letters"),
    (ADDRESS, {"labels": {f"a{n}": "" for n in range(65)}}, "65 labels, at most 64"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (FIREWALL, {"sourceRanges": ["2001:db8::/32"]}),
    (
        SUBNETWORK,
        {
            "purpose": "REGIONAL_MANAGED_PROXY",
            "role": "ACTIVE",
            "secondaryIpRanges": None,
            "ipCidrRange": "10.9.0.0/26",
        },
    ),
    (ADDRESS, {"networkTier": "STANDARD"}),
    (ADDRESS, {"addressType": "INTERNAL", "subnetwork": "sub", "purpose": "SHARED_LOADBALANCER_VIP"}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (SUBNETWORK, {"network": "nets"}, "projects/demo-project/global/networks/nets' was not found"),
    (SUBNETWORK, {"network": "projects/demo-project/regions/x/subnetworks/y"}, "does not match"),
    (ROUTER, {"network": "nets"}, "was not found"),
    (NAT, {"router": "r2"}, "routers/r2' was not found"),
    (ADDRESS, {"addressType": "INTERNAL", "subnetwork": "sub2"}, "subnetworks/sub2' was not found"),
    (ADDRESS, {"addressType": "INTERNAL"}, "subnetworks/default' was not found"),
    (
        ADDRESS,
        {"addressType": "INTERNAL", "subnetwork": "sub", "address": "10.9.0.5"},
        "outside the subnetwork's range 10.0.0.0/20",
    ),
    (
        ADDRESS,
        {"addressType": "INTERNAL", "subnetwork": "sub", "address": "10.0.0.1"},
        "one of its four reserved addresses",
    ),
    (ADDRESS, {"address": "8.8.8.8"}, "not an external address of the project"),
    (NAT, {"natIpAllocateOption": "MANUAL_ONLY", "natIps": ["nothing"]}, "addresses/nothing' was not found"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_ranges_of_a_network_do_not_overlap(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    for taken in ("10.0.8.0/24", "10.4.0.0/24"):
        with pytest.raises(ProviderError, match="conflicts with existing subnetwork 'sub' in region 'europe-west4'"):
            cloud.create(SUBNETWORK, name="two", region="us-east1", ipCidrRange=taken, secondaryIpRanges=[])
    cloud.create(NETWORK, name="other")
    cloud.create(SUBNETWORK, name="two", network="other")
    with pytest.raises(ProviderError, match="conflicts with existing subnetwork"):
        cloud.create(
            SUBNETWORK,
            name="three",
            ipCidrRange="10.9.0.0/20",
            secondaryIpRanges=[{"rangeName": "a", "ipCidrRange": "10.0.0.0/16"}],
        )


def test_an_auto_mode_network_keeps_its_range(cloud: Cloud) -> None:
    cloud.create(NETWORK, autoCreateSubnetworks=None)
    with pytest.raises(ProviderError, match=r"10\.128\.0\.0/9"):
        cloud.create(SUBNETWORK, ipCidrRange="10.130.0.0/20", secondaryIpRanges=[])


@pytest.mark.parametrize(
    ("token", "user"),
    [
        (NETWORK, "subnetworks/sub"),
        (SUBNETWORK, "clusters/main"),
        (BUCKET, "force_destroy"),
    ],
)
def test_what_is_in_use_cannot_go(cloud: Cloud, token: str, user: str) -> None:
    made = cloud.build()
    with pytest.raises(ProviderError, match=f"(is already being used by|containing objects).*{user}"):
        cloud.delete(token, *made[token])
    assert cloud.read(token, *made[token])


def test_a_range_in_use_cannot_go(cloud: Cloud) -> None:
    inputs, state = cloud.build()[SUBNETWORK]
    with pytest.raises(ProviderError, match="subnetworks/sub/pods' is already being used by"):
        cloud.update(SUBNETWORK, inputs, state, secondaryIpRanges=inputs["secondaryIpRanges"][1:])


def test_one_nat_for_all_subnetworks(cloud: Cloud) -> None:
    cloud.build(NETWORK, ROUTER, NAT)
    with pytest.raises(ProviderError, match="already covers all subnetworks"):
        cloud.create(NAT, name="two")


def test_one_active_range_for_proxies_in_a_region(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    proxies = {"purpose": "REGIONAL_MANAGED_PROXY", "secondaryIpRanges": None}
    inputs, state = cloud.create(SUBNETWORK, name="proxies", ipCidrRange="10.9.0.0/23", role="ACTIVE", **proxies)
    with pytest.raises(ProviderError, match="already an ACTIVE proxy-only subnetwork"):
        cloud.create(SUBNETWORK, name="more", ipCidrRange="10.10.0.0/23", role="ACTIVE", **proxies)
    cloud.create(SUBNETWORK, name="backup", ipCidrRange="10.10.0.0/23", role="BACKUP", **proxies)
    with pytest.raises(ProviderError, match="conflicts with existing subnetwork 'proxies'"):
        cloud.create(SUBNETWORK, name="two", ipCidrRange="10.9.0.0/24", secondaryIpRanges=[])
    assert cloud.diff(SUBNETWORK, inputs, state, role="BACKUP").detailed["role"].replaces is False
    with pytest.raises(ProviderError, match="holds no addresses of yours"):
        cloud.create(ADDRESS, addressType="INTERNAL", subnetwork="proxies")


def test_addresses_are_handed_out_once(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    external = {cloud.create(ADDRESS, name=f"a{n}")[1].outputs["address"] for n in range(20)}
    inside = {
        cloud.create(ADDRESS, name=f"i{n}", addressType="INTERNAL", subnetwork="sub")[1].outputs["address"]
        for n in range(20)
    }
    assert len(external) == len(inside) == 20
    assert all(address.startswith("203.0.113.") for address in external)
    taken = min(inside)
    with pytest.raises(ProviderError, match="Specified IP address is already reserved"):
        cloud.create(ADDRESS, name="again", addressType="INTERNAL", subnetwork="sub", address=taken)


def test_an_address_that_a_nat_holds_cannot_go(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ROUTER)
    address = cloud.create(ADDRESS)
    cloud.create(NAT, natIpAllocateOption="MANUAL_ONLY", natIps=[address[1].outputs["selfLink"]])
    fresh = cloud.read(ADDRESS, *address)
    assert fresh is not None
    assert fresh.outputs["users"] == [
        f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/regions/{REGION}/routers/router"
    ]
    with pytest.raises(ProviderError, match="is already being used by"):
        cloud.delete(ADDRESS, *address)
    with pytest.raises(ProviderError, match="already in use by NAT"):
        cloud.create(NAT, name="two", natIpAllocateOption="MANUAL_ONLY", natIps=["gateway"])
