"""VPC firewall rules.

Sources: Compute Engine REST reference (firewalls), VPC documentation "VPC firewall rules", and
terraform-provider-google `resource_compute_firewall.go` (which sources a rule needs).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import ranges
from localcloud.providers.gcp.api import now
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.references import COMPUTE
from localcloud.providers.gcp.services.network import NETWORK_REFERENCE, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

_PROTOCOLS: Final = {"tcp", "udp", "icmp", "esp", "ah", "sctp", "ipip", "all"}
_WITH_PORTS: Final = {"tcp", "udp", "sctp", "6", "17", "132"}
_HIGHEST_PRIORITY_NUMBER: Final = 65535
_HIGHEST_PROTOCOL: Final = 255
_SOURCES: Final = ("sourceRanges", "sourceTags", "sourceServiceAccounts")


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from one_of("direction", values, {"INGRESS", "EGRESS"})
    direction = values.get("direction") or "INGRESS"
    if direction == "INGRESS":
        if not any(values.get(name) for name in _SOURCES):
            yield "sourceRanges", "one of source_tags, source_ranges, or source_service_accounts must be defined"
    elif direction == "EGRESS":
        for name in ("sourceTags", "sourceServiceAccounts"):
            if values.get(name):
                yield name, f"{name} cannot be set for direction EGRESS"
    yield from _check_parts(values)


def _check_parts(values: Values) -> Iterator[tuple[str, str]]:
    priority = values.get("priority")
    if isinstance(priority, int) and not 0 <= priority <= _HIGHEST_PRIORITY_NUMBER:
        yield "priority", f"{priority} is not between 0 and {_HIGHEST_PRIORITY_NUMBER}"
    for name in ("sourceRanges", "destinationRanges"):
        for index, text in enumerate(_list(values, name)):
            if isinstance(text, str) and (refusal := ranges.block_refusal(text)):
                yield f"{name}[{index}]", refusal
    for name in ("allows", "denies"):
        for index, rule in enumerate(_list(values, name)):
            if isinstance(rule, dict):
                yield from _check_rule(rule, f"{name}[{index}]")


def _list(values: Values, name: str) -> list[object]:
    given = values.get(name)
    return given if isinstance(given, list) else []


def _check_rule(rule: Values, where: str) -> Iterator[tuple[str, str]]:
    protocol = rule.get("protocol")
    if not isinstance(protocol, str):
        return
    known = protocol.lower() in _PROTOCOLS or (protocol.isdigit() and int(protocol) <= _HIGHEST_PROTOCOL)
    if not known:
        yield f"{where}.protocol", f"{protocol!r} is none of {sorted(_PROTOCOLS)} and no IP protocol number"
    for index, port in enumerate(_list(rule, "ports")):
        if protocol.lower() not in _WITH_PORTS:
            yield f"{where}.ports[{index}]", f"protocol {protocol} has no ports"
        elif isinstance(port, str) and not _is_port(port):
            yield f"{where}.ports[{index}]", f"{port!r} is no port (22) or range of ports (8000-8080)"


def _is_port(text: str) -> bool:
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if not match:
        return False
    low, high = int(match[1]), int(match[2] or match[1])
    return low <= high <= _HIGHEST_PRIORITY_NUMBER


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api
    return {
        "direction": "INGRESS",
        "destinationRanges": [] if values.get("direction", "INGRESS") == "INGRESS" else ["0.0.0.0/0"],
        "creationTimestamp": now(),
        "selfLink": COMPUTE + identity,
    }


KINDS: Final = [
    Kind(
        "gcp:compute/firewall:Firewall",
        "projects/{project}/global/firewalls/{name}",
        "Firewall",
        link=COMPUTE,
        name=LABEL,
        references={"network": NETWORK_REFERENCE},
        provider_only=frozenset({"deletionPolicy"}),
        check=_check,
        settle=_settle,
    )
]
