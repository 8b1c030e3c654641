"""Evaluates NetworkPolicies as Kubernetes documents them, because kwok, which plays the pods, enforces none.

Sources: Kubernetes documentation, "Network Policies"; API reference, NetworkPolicy v1; what a policy may not be, from
kubernetes/kubernetes `pkg/apis/networking/validation`; its defaults, from `pkg/apis/networking/v1/defaults.go`.

What the documentation leaves to the plugin is a choice of the caller, to be tried both ways: whether an ipBlock also
selects pods by their address (it does by iptables; it does not with Dataplane V2, which is Cilium).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Protocol = Literal["TCP", "UDP", "SCTP"]
Direction = Literal["Ingress", "Egress"]
_PORTS: Final = 65535


@dataclass(frozen=True)
class Pod:
    """A pod. `ports` are its named ones: name -> (protocol, number)."""

    namespace: str
    name: str
    address: str
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, tuple[Protocol, int]] = field(default_factory=dict)
    node: str = ""
    """The address of its node."""
    host_network: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


End = Pod | str
"""One end of a connection: a pod, or the address of what is no pod (a node's, a load balancer's, the Internet's)."""


@dataclass(frozen=True)
class Network:
    """Policies as objects (with metadata.namespace), and the labels of the namespaces that their selectors see.

    Raises:
        ValueError: a policy that the API server would refuse.
    """

    namespaces: Mapping[str, Mapping[str, str]]
    policies: Sequence[Mapping[str, Any]]
    blocks_select_pods: bool = False

    def __post_init__(self) -> None:
        for policy in self.policies:
            _validate(policy)

    def refusal(self, source: End, destination: End, port: int, protocol: Protocol = "TCP") -> str:
        """Why a new connection is not made; empty when it is. Its answers come back in any case."""
        if isinstance(source, Pod) and source == destination:
            return ""  # "A Pod cannot block access to itself"
        if _same_node(source, destination) or _same_node(destination, source):
            return ""  # "traffic to and from the node where a Pod is running is always allowed"
        return self._side("Egress", source, destination, destination, port, protocol) or self._side(
            "Ingress", destination, source, destination, port, protocol
        )

    def isolating(self, pod: Pod, direction: Direction) -> list[str]:
        """The policies that isolate the pod in one direction."""
        return [_name(policy) for policy in self._isolating(pod, direction)]

    def _side(
        self, direction: Direction, subject: End, peer: End, destination: End, port: int, protocol: Protocol
    ) -> str:
        """Why one side's policies do not allow it: `subject` is the side, `peer` the other one."""
        if not isinstance(subject, Pod) or subject.host_network:
            return ""  # policies select pods; those of the host's network count as their node in every plugin
        isolating = list(self._isolating(subject, direction))
        if not isolating:
            return ""
        key, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
        for policy in isolating:
            home = policy["metadata"]["namespace"]
            for rule in policy["spec"].get(key) or []:
                if self._selects_peer(rule.get(peers) or [], home, peer) and _selects_port(
                    rule.get("ports") or [], destination, port, protocol
                ):
                    return ""
        names = ", ".join(_name(policy) for policy in isolating)
        way = f"from {peer}" if direction == "Ingress" else f"to {peer}"
        return f"{direction} of {subject} {way}, port {port} {protocol}, is allowed by none of: {names}"

    def _isolating(self, pod: Pod, direction: Direction) -> Iterator[Mapping[str, Any]]:
        if pod.host_network:
            return
        for policy in self.policies:
            spec, here = policy["spec"], policy["metadata"]["namespace"] == pod.namespace
            if here and direction in policy_types(spec) and selects(spec.get("podSelector") or {}, pod.labels):
                yield policy

    def _selects_peer(self, peers: Sequence[Mapping[str, Any]], home: str, end: End) -> bool:
        """No peers at all are every source or destination."""
        return not peers or any(self._is(peer, home, end) for peer in peers)

    def _is(self, peer: Mapping[str, Any], home: str, end: End) -> bool:
        if "ipBlock" in peer:
            return self._in_block(peer["ipBlock"], end)
        if not isinstance(end, Pod) or end.host_network:
            return False
        if "namespaceSelector" in peer:
            if not selects(peer["namespaceSelector"], _with_name(end.namespace, self.namespaces)):
                return False
        elif end.namespace != home:
            return False
        return selects(peer.get("podSelector") or {}, end.labels)

    def _in_block(self, block: Mapping[str, Any], end: End) -> bool:
        if isinstance(end, Pod) and not end.host_network and not self.blocks_select_pods:
            return False
        address = ipaddress.ip_address(end if isinstance(end, str) else (end.node if end.host_network else end.address))
        return _contains(block["cidr"], address) and not any(
            _contains(hole, address) for hole in block.get("except") or []
        )


def policy_types(spec: Mapping[str, Any]) -> set[str]:
    """The directions that a policy isolates: as stated, else Ingress, and Egress when it has such rules."""
    return set(spec.get("policyTypes") or ()) or {"Ingress", *(["Egress"] if spec.get("egress") else [])}


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects; an empty one selects everything.

    Raises:
        ValueError: an operator that there is not, or values where none may be (or none where some must).
    """
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(each, labels) for each in selector.get("matchExpressions") or [])


def _expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator, values = expression["key"], expression["operator"], expression.get("values") or []
    if operator not in {"In", "NotIn", "Exists", "DoesNotExist"}:
        raise ValueError(f"{operator!r} is no operator of a label selector")
    if bool(values) != (operator in {"In", "NotIn"}):
        raise ValueError(f"{operator} with values {values!r}")
    there = key in labels
    return {
        "In": there and labels.get(key) in values,
        "NotIn": labels.get(key) not in values,  # also where there is no such label
        "Exists": there,
        "DoesNotExist": not there,
    }[operator]


def _selects_port(ports: Sequence[Mapping[str, Any]], destination: End, port: int, protocol: Protocol) -> bool:
    """No ports at all are every port of every protocol. A name is looked up on the pod that is called."""
    for each in ports:
        if each.get("protocol", "TCP") != protocol:
            continue
        wanted = each.get("port")
        if isinstance(wanted, str):
            named = destination.ports.get(wanted) if isinstance(destination, Pod) else None
            if named == (protocol, port):
                return True
        elif wanted is None or int(wanted) <= port <= int(each.get("endPort") or wanted):
            return True
    return not ports


def _with_name(namespace: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Its labels, with the one that every namespace has. Raises KeyError for a namespace that is not there."""
    return {**known[namespace], "kubernetes.io/metadata.name": namespace}


def _same_node(one: End, other: End) -> bool:
    """Whether `one` is the node of the pod `other`, or on its network."""
    if not isinstance(other, Pod) or not other.node or other.host_network:
        return False
    return other.node == (one if isinstance(one, str) else one.node if one.host_network else None)


def _contains(block: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address in ipaddress.ip_network(block)


def _name(policy: Mapping[str, Any]) -> str:
    return f"{policy['metadata']['namespace']}/{policy['metadata']['name']}"


def _validate(policy: Mapping[str, Any]) -> None:
    """Raise ValueError for what the API server refuses; the fields that there are stand in the API reference."""
    spec, name = policy["spec"], _name(policy)
    _only(name, spec, {"podSelector", "policyTypes", "ingress", "egress"})
    if extra := set(spec.get("policyTypes") or ()) - {"Ingress", "Egress"}:
        raise ValueError(f"{name}: {extra} are no policy types")
    selects(spec.get("podSelector") or {}, {})
    for key, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(key) or []:
            _only(name, rule, {peers, "ports"})
            for peer in rule.get(peers) or []:
                _validate_peer(name, peer)
            for port in rule.get("ports") or []:
                _validate_port(name, port)


def _validate_peer(name: str, peer: Mapping[str, Any]) -> None:
    _only(name, peer, {"ipBlock", "podSelector", "namespaceSelector"})
    if not peer:
        raise ValueError(f"{name}: a peer must specify something")
    if "ipBlock" in peer:
        if len(peer) > 1:
            raise ValueError(f"{name}: ipBlock stands alone")
        block = peer["ipBlock"]
        _only(name, block, {"cidr", "except"})
        whole = ipaddress.ip_network(block["cidr"])  # raises ValueError itself, for host bits, too
        for hole in map(ipaddress.ip_network, block.get("except") or []):
            if hole.version != whole.version or hole == whole or not hole.subnet_of(whole):  # type: ignore[arg-type]
                raise ValueError(f"{name}: {hole} is not inside {whole}")
    for key in ("podSelector", "namespaceSelector"):
        selects(peer.get(key) or {}, {})


def _validate_port(name: str, port: Mapping[str, Any]) -> None:
    _only(name, port, {"protocol", "port", "endPort"})
    if port.get("protocol", "TCP") not in {"TCP", "UDP", "SCTP"}:
        raise ValueError(f"{name}: {port['protocol']!r} is no protocol")
    number, end = port.get("port"), port.get("endPort")
    numeric = isinstance(number, (int, float))
    if numeric and (int(number) != number or not 1 <= number <= _PORTS):
        raise ValueError(f"{name}: {number} is no port")
    if end is not None and (not numeric or not number <= end <= _PORTS):
        raise ValueError(f"{name}: endPort {end} needs a port that is a number and not above it")


def _only(name: str, given: Iterable[str], known: set[str]) -> None:
    if unknown := set(given) - known:
        raise ValueError(f"{name}: unknown field {min(unknown)}")
