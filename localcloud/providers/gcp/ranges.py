"""Address ranges of subnetworks and clusters.

Sources: VPC documentation, "Subnets" (valid ranges, prohibited ranges, /29 smallest, no overlap within a network);
GKE, "VPC-native clusters" (secondary range sizes) and "Create a private cluster" (control plane range is a /28).
"""

from __future__ import annotations

import ipaddress
from typing import Final

Network = ipaddress.IPv4Network

#: ranges that VPC accepts for a subnet: private, shared (RFC 6598), IETF protocol, documentation, benchmarking, class E
_ALLOWED: Final = tuple(
    Network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
    )
)
SMALLEST_PREFIX: Final = 29
CONTROL_PLANE_PREFIX: Final = 28
#: 64 addresses at least ("Proxy-only subnets for Envoy-based load balancers")
PROXY_PREFIX: Final = 26
_LARGEST_POD_PREFIX: Final = 9
_SMALLEST_POD_PREFIX: Final = 21
_SMALLEST_SERVICE_PREFIX: Final = 27


def refusal(text: str) -> str:
    """Why a subnet may not have this primary or secondary range, empty when it may."""
    try:
        network = Network(text)
    except ValueError as error:
        return f"{text!r} is not a CIDR range: {error}"
    if network.prefixlen > SMALLEST_PREFIX:
        return f"{text!r} is too small: a /{SMALLEST_PREFIX} is the smallest range of a subnet"
    if not any(network.subnet_of(allowed) for allowed in _ALLOWED):
        return f"{text!r} is not in a private range (RFC 1918, RFC 6598 or another that VPC allows for subnets)"
    return ""


def control_plane_refusal(text: str) -> str:
    """Why a private cluster's control plane may not have this range, empty when it may."""
    try:
        network = Network(text)
    except ValueError as error:
        return f"{text!r} is not a CIDR range: {error}"
    if network.prefixlen != CONTROL_PLANE_PREFIX:
        return f"{text!r} has size /{network.prefixlen}; the control plane's range must be a /{CONTROL_PLANE_PREFIX}"
    if not any(network.subnet_of(allowed) for allowed in _ALLOWED[:3]):
        return f"{text!r} is not in a private range (RFC 1918)"
    return ""


def block_refusal(text: str) -> str:
    """Why `text` is no range at all (authorized networks, firewall), empty when it is one, of IPv4 or IPv6."""
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        return f"{text!r} is not a CIDR range: {error}"
    return ""


def secondary_refusal(text: str, *, pods: bool) -> str:
    """Why GKE does not take this secondary range for pods (or services), empty when it does."""
    prefix = Network(text).prefixlen
    if pods and not _LARGEST_POD_PREFIX <= prefix <= _SMALLEST_POD_PREFIX:
        return f"{text!r}: the range of pods must be a /{_LARGEST_POD_PREFIX} to /{_SMALLEST_POD_PREFIX}"
    if not pods and prefix > _SMALLEST_SERVICE_PREFIX:
        return f"{text!r}: the range of services must be a /{_SMALLEST_SERVICE_PREFIX} or larger"
    return ""


def overlap(first: str, second: str) -> bool:
    """Whether two ranges share an address."""
    return ipaddress.ip_network(first).overlaps(ipaddress.ip_network(second))


def prefix(text: str) -> int:
    """The number of network bits of a valid range."""
    return Network(text).prefixlen


def shrinks(old: str, new: str) -> bool:
    """Whether going from `old` to `new` leaves out addresses: a subnet can only grow in place."""
    return not Network(old).subnet_of(Network(new))


def gateway(text: str) -> str:
    """The gateway address of a subnet: the second address of its range."""
    return str(Network(text).network_address + 1)


def nodes_by_pod_range(text: str, max_pods: int) -> int:
    """How many nodes a pod range carries: each gets twice its pods, rounded up to a power of two.

    Source: GKE, "Flexible Pod CIDR" (110 pods -> /24 for each node).
    """
    node_prefix = 32 - (2 * max_pods - 1).bit_length()
    return int(2 ** max(node_prefix - Network(text).prefixlen, 0)) if Network(text).prefixlen <= node_prefix else 0
