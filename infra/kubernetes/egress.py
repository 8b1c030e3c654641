"""Where pods may go: the parts that namespaces' network policies are made of. Pure."""

from __future__ import annotations

from typing import Any, Final

_DNS_PORTS: Final = ({"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53})
_NODE_LOCAL: Final = "169.254.20.10/32"
"""GKE documentation, "Set up NodeLocal DNSCache": the address of the node's own cache, without Dataplane V2."""
_METADATA: Final = "169.254.169.254/32"
METADATA_SERVER: Final = (("169.254.169.252/32", 988), (_METADATA, 80))
"""GKE documentation, "About Workload Identity Federation for GKE": without and with Dataplane V2."""
PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
"""RFC 1918, RFC 6598, RFC 3927: what is inside of networks."""
HTTPS: Final[dict[str, Any]] = {"ports": [{"protocol": "TCP", "port": 443}]}
"""HTTPS to any address."""


def dns() -> dict[str, Any]:
    """To whoever answers DNS in a GKE cluster, and to nothing else in its namespace.

    kube-dns, NodeLocal DNSCache (pods with Dataplane V2, an address of the node without), or Cloud DNS, which answers
    at the metadata server's address (GKE documentation, "Using Cloud DNS for GKE").
    """
    pods = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {
            "matchExpressions": [{"key": "k8s-app", "operator": "In", "values": ["kube-dns", "node-local-dns"]}]
        },
    }
    addresses = [{"ipBlock": {"cidr": cidr}} for cidr in (_NODE_LOCAL, _METADATA)]
    return {"to": [pods, *addresses], "ports": list(_DNS_PORTS)}


def metadata_server() -> list[dict[str, Any]]:
    """To the metadata server, which gives a pod the tokens of its own service account and of no other."""
    return [
        {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": port}]}
        for cidr, port in METADATA_SERVER
    ]


def https_outside() -> dict[str, Any]:
    """HTTPS to what is not inside of a network: Google's APIs, whose addresses are many and change.

    Which of the internet a node reaches at all is the VPC's to say: firewall, NAT, Private Google Access.
    """
    return {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(PRIVATE)}}], **HTTPS}
