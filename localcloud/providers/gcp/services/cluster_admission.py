"""What GKE refuses of a cluster because of what exists already. Sources: see `cluster`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.providers.gcp import agents, errors, localcluster, locations, ranges
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import last, relative
from localcloud.providers.gcp.services.network import SUBNETWORK
from localcloud.providers.gcp.services.subnetwork import PROXY_ONLY, all_ranges

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.kind import Values


def admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    """Raise ApiError for a network, range or local API server that is not there or not free."""
    localcluster.require(api.store)
    subnetwork = api.get(SUBNETWORK, relative(values.get("subnetwork") or "")) or {}
    network = relative(values.get("network") or "")
    if subnetwork and relative(subnetwork["network"]) != network:
        raise errors.bad_request(f"Subnetwork '{relative(values['subnetwork'])}' is not in network '{network}'.")
    if subnetwork.get("purpose") in PROXY_ONLY:
        raise errors.bad_request(f"Subnetwork '{relative(values['subnetwork'])}' is for proxies only.")
    _admit_ranges(identity, values, subnetwork)
    _admit_services(api, identity, values, subnetwork)
    _admit_endpoint(api, values)
    _admit_control_plane(api, identity, values)
    key = lookup(values, "databaseEncryption.keyName")
    if key and lookup(values, "databaseEncryption.state") == "ENCRYPTED":
        agents.require_key(api, key, "container", values["project"], {locations.region_of(values["location"])})
    if old is None and values.get("enableAutopilot") and locations.is_zone(values["location"]):
        raise errors.bad_request("Autopilot clusters must be regional clusters.")


def _admit_ranges(identity: str, values: Values, subnetwork: Values) -> None:
    policy = values.get("ipAllocationPolicy") or {}
    known = dict(all_ranges(subnetwork)) if subnetwork else {}
    for name, pods in (("clusterSecondaryRangeName", True), ("servicesSecondaryRangeName", False)):
        wanted = policy.get(name)
        if not wanted:
            continue
        if wanted not in known:
            raise errors.bad_request(
                f"Pod secondary range '{wanted}' does not exist in subnetwork '{subnetwork.get('name', '')}'."
                if pods
                else f"Services secondary range '{wanted}' does not exist in subnetwork '{subnetwork.get('name', '')}'."
            )
        if refusal := ranges.secondary_refusal(known[wanted], pods=pods):
            raise errors.bad_request(f"{identity}: {refusal}.")


def _admit_services(api: Api, identity: str, values: Values, subnetwork: Values) -> None:
    """A range of services is one cluster's; pods may share theirs (pulumi-gcp#95)."""
    mine = lookup(values, "ipAllocationPolicy.servicesSecondaryRangeName")
    for other, cluster in api.all("gcp:container/cluster:Cluster").items():
        theirs = lookup(cluster, "ipAllocationPolicy.servicesSecondaryRangeName")
        same = relative(cluster.get("subnetwork") or "") == relative(values.get("subnetwork") or "")
        if other != identity and mine and mine == theirs and same:
            raise errors.bad_request(
                f'Services range "{mine}" in network "{last(str(values.get("network")))}", subnetwork '
                f'"{subnetwork.get("name", "")}" is already used by another cluster.'
            )


def _admit_endpoint(api: Api, values: Values) -> None:
    """The subnetwork of the private endpoint is in the cluster's network and region."""
    link = lookup(values, "privateClusterConfig.privateEndpointSubnetwork")
    record = api.get(SUBNETWORK, relative(link)) if link and "/" in link else None
    if record is None:
        return
    place = (relative(record["network"]), record["region"])
    if place != (relative(values.get("network") or ""), locations.region_of(values["location"])):
        raise errors.bad_request(
            f"Private endpoint subnetwork '{relative(link)}' is not in the cluster's network and region."
        )


def _admit_control_plane(api: Api, identity: str, values: Values) -> None:
    """The control plane's range may overlap nothing in the network, nor another cluster's."""
    block = lookup(values, "privateClusterConfig.masterIpv4CidrBlock")
    if not block:
        return
    network = relative(values.get("network") or "")
    for other, subnetwork in api.all(SUBNETWORK).items():
        if relative(subnetwork["network"]) != network:
            continue
        for _, text in all_ranges(subnetwork):
            if ranges.overlap(block, text):
                raise errors.bad_request(
                    f"The given master_ipv4_cidr {block} overlaps with an existing network {text} of '{other}'."
                )
    for other, cluster in api.all("gcp:container/cluster:Cluster").items():
        taken = lookup(cluster, "privateClusterConfig.masterIpv4CidrBlock")
        same_network = relative(cluster.get("network") or "") == network
        if other != identity and same_network and taken and ranges.overlap(block, taken):
            raise errors.bad_request(
                f"The given master_ipv4_cidr {block} overlaps with an existing network {taken} of '{other}'."
            )
