"""What the stand-in of GKE's Gateway controller says, case by case, by the Gateway API's conditions."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from localcloud.gateway import listeners, policies, routes
from localcloud.gateway.world import Address, Cloud, World
from localcloud.providers.gcp.addons import CONTROLLER

NOW = "2026-11-21T10:00:00Z"
EXTERNAL, RILB, GLOBAL = "gke-l7-regional-external-managed", "gke-l7-rilb", "gke-l7-global-external-managed"
CLASSES = [
    {"metadata": {"name": name}, "spec": {"controllerName": CONTROLLER}} for name in (EXTERNAL, RILB, GLOBAL)
] + [{"metadata": {"name": "other"}, "spec": {"controllerName": "example.com/other"}}]
CLOUD = Cloud(
    [
        Address("front", "203.0.113.9", internal=False, region="europe-west4"),
        Address("inside", "10.16.0.9", internal=True, region="europe-west4"),
        Address("world", "203.0.113.10", internal=False, region=""),
    ],
    frozenset({"front-cert"}),
    proxy_only=True,
)
HTTPS = {
    "name": "https",
    "port": 443,
    "protocol": "HTTPS",
    "hostname": "*.ml.example.com",
    "tls": {"mode": "Terminate", "options": {"networking.gke.io/cert-manager-certs": "front-cert"}},
    "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"slipway.dev/team": "growth"}}}},
}
HTTP = {"name": "http", "port": 80, "protocol": "HTTP"}
SERVICE = {"metadata": {"namespace": "growth", "name": "churn"}, "spec": {"ports": [{"port": 80}]}}


def gateway(*listed: dict[str, Any], kind: str = EXTERNAL, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "gateway", "name": "front", "generation": 3},
        "spec": {"gatewayClassName": kind, "listeners": list(listed or (HTTPS, HTTP)), **spec},
    }


def route(namespace: str = "growth", **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": namespace, "name": "churn", "generation": 2},
        "spec": {
            "parentRefs": [{"name": "front", "namespace": "gateway", "sectionName": "https"}],
            "hostnames": ["churn.ml.example.com"],
            "rules": [{"backendRefs": [{"name": "churn", "port": 80}]}],
            **spec,
        },
    }


def world(**parts: Any) -> World:
    given: dict[str, Any] = {
        "classes": CLASSES,
        "gateways": [gateway()],
        "services": [SERVICE],
        "namespaces": {
            "growth": {"slipway.dev/team": "growth"},
            "search": {"slipway.dev/team": "search"},
            "gateway": {},
        },
        "cloud": CLOUD,
    }
    return World(**{**given, **parts})


def said(conditions: list[dict[str, Any]]) -> dict[str, str]:
    """`type` -> `status reason`."""
    return {item["type"]: f"{item['status']} {item['reason']}" for item in conditions}


def of_gateway(given: dict[str, Any], seen: World | None = None) -> tuple[dict[str, str], list[str]]:
    status = listeners.gateway_status(seen or world(), given, {}, NOW)
    return said(status["conditions"]), [address["value"] for address in status["addresses"]]


def of_listener(*listed: dict[str, Any], **spec: Any) -> dict[str, str]:
    status = listeners.gateway_status(world(), gateway(*listed, **spec), {}, NOW)
    return said(status["listeners"][0]["conditions"])


def of_route(given: dict[str, Any], **parts: Any) -> dict[str, str]:
    (parent,) = routes.parents(world(routes=[given], **parts), given, NOW)
    assert parent["controllerName"] == CONTROLLER
    return said(parent["conditions"])


FINE = {"Accepted": "True Accepted", "Programmed": "True Programmed"}


def test_a_gateway_with_a_reserved_address() -> None:
    given = gateway(addresses=[{"type": "NamedAddress", "value": "front"}])
    assert of_gateway(given) == (FINE, ["203.0.113.9"])
    assert of_gateway(gateway(addresses=[{"type": "IPAddress", "value": "203.0.113.9"}])) == (FINE, ["203.0.113.9"])
    inside = gateway(kind=RILB, addresses=[{"type": "NamedAddress", "value": "inside"}])
    assert of_gateway(inside) == (FINE, ["10.16.0.9"])
    assert of_gateway(gateway(kind=GLOBAL, addresses=[{"type": "NamedAddress", "value": "world"}]))[0] == FINE


def test_an_address_that_nobody_reserved_is_one_of_documentation() -> None:
    conditions, (address,) = of_gateway(gateway())
    assert conditions == FINE
    assert ipaddress.ip_address(address) in ipaddress.ip_network("198.51.100.0/24")
    assert of_gateway(gateway())[1] == [address]
    (inside,) = of_gateway(gateway(kind=RILB))[1]
    assert ipaddress.ip_address(inside) in ipaddress.ip_network("192.0.2.0/24")


@pytest.mark.parametrize(
    ("kind", "addresses", "words"),
    [
        (EXTERNAL, [{"type": "NamedAddress", "value": "none"}], "address none is not reserved"),
        (EXTERNAL, [{"type": "IPAddress", "value": "203.0.113.99"}], "not reserved"),
        (EXTERNAL, [{"type": "NamedAddress", "value": "inside"}], "internal, europe-west4, which does not go with"),
        (EXTERNAL, [{"type": "NamedAddress", "value": "world"}], "external, global, which does not go with"),
        (GLOBAL, [{"type": "NamedAddress", "value": "front"}], "does not go with class"),
        (EXTERNAL, [{"type": "Hostname", "value": "a.example.com"}], "type Hostname are not offered"),
        (EXTERNAL, [{"type": "NamedAddress", "value": "front"}] * 2, "one address"),
    ],
)
def test_addresses_that_do_not_go(kind: str, addresses: list[dict[str, str]], words: str) -> None:
    status = listeners.gateway_status(world(), gateway(kind=kind, addresses=addresses), {}, NOW)
    assert said(status["conditions"]) == {"Accepted": "True Accepted", "Programmed": "False AddressNotUsable"}
    assert words in status["conditions"][1]["message"]
    assert status["addresses"] == []


def test_a_regional_class_needs_a_proxy_only_subnet() -> None:
    none = world(cloud=Cloud(CLOUD.addresses, CLOUD.certificates))
    assert of_gateway(gateway(), none)[0]["Programmed"] == "False Invalid"
    assert of_gateway(gateway(kind=GLOBAL), none)[0]["Programmed"] == "True Programmed"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([HTTP], {"Accepted": "True Accepted", "ResolvedRefs": "True ResolvedRefs", "Programmed": "True Programmed"}),
        ([{**HTTP, "protocol": "TCP"}], {"Accepted": "False UnsupportedProtocol", "Programmed": "False Invalid"}),
        ([{**HTTPS, "tls": {}}], {"ResolvedRefs": "False InvalidCertificateRef", "Programmed": "False Invalid"}),
        (
            [{**HTTPS, "tls": {"options": {"networking.gke.io/cert-manager-certs": "front-cert, none"}}}],
            {"ResolvedRefs": "False InvalidCertificateRef"},
        ),
        ([{**HTTPS, "tls": {"certificateRefs": [{"name": "tls"}]}}], {"ResolvedRefs": "False InvalidCertificateRef"}),
        ([{**HTTP, "allowedRoutes": {"kinds": [{"kind": "TCPRoute"}]}}], {"ResolvedRefs": "False InvalidRouteKinds"}),
        ([HTTP, {**HTTP, "name": "twice"}], {"Conflicted": "True HostnameConflict", "Programmed": "False Invalid"}),
        ([HTTP, {**HTTP, "name": "other", "hostname": "a.example.com"}], {"Conflicted": "False NoConflicts"}),
        ([HTTP, {**HTTPS, "port": 80}], {"Conflicted": "True ProtocolConflict"}),
    ],
)
def test_listeners(listed: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert expected.items() <= of_listener(*listed).items()


def test_a_gateway_with_a_bad_listener_is_not_programmed() -> None:
    assert of_gateway(gateway(HTTP, {**HTTPS, "tls": {}}))[0] == {
        "Accepted": "True ListenersNotValid",
        "Programmed": "False Invalid",
    }
    assert of_gateway(gateway({**HTTPS, "tls": {}}))[0]["Accepted"] == "False ListenersNotValid"


ACCEPTED = {"Accepted": "True Accepted", "ResolvedRefs": "True ResolvedRefs"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ACCEPTED),
        ({"hostnames": []}, ACCEPTED),
        ({"hostnames": ["*.example.com"]}, ACCEPTED),  # wider than the listener's: they meet
        ({"hostnames": ["churn.example.com"]}, {"Accepted": "False NoMatchingListenerHostname"}),
        ({"hostnames": ["ml.example.com"]}, {"Accepted": "False NoMatchingListenerHostname"}),
        (
            {"parentRefs": [{"name": "front", "namespace": "gateway", "sectionName": "none"}]},
            {"Accepted": "False NoMatchingParent"},
        ),
        (
            {"parentRefs": [{"name": "front", "namespace": "gateway", "port": 8443}]},
            {"Accepted": "False NoMatchingParent"},
        ),
        # the other listener takes routes of the Gateway's own namespace only, which is the default
        (
            {"parentRefs": [{"name": "front", "namespace": "gateway", "sectionName": "http"}]},
            {"Accepted": "False NotAllowedByListeners"},
        ),
        (
            {"rules": [{"backendRefs": [{"name": "none", "port": 80}]}]},
            {"Accepted": "True Accepted", "ResolvedRefs": "False BackendNotFound"},
        ),
        ({"rules": [{"backendRefs": [{"name": "churn", "port": 8080}]}]}, {"ResolvedRefs": "False BackendNotFound"}),
        ({"rules": [{"backendRefs": [{"name": "churn"}]}]}, {"ResolvedRefs": "False BackendNotFound"}),
        (
            {"rules": [{"backendRefs": [{"group": "x.example.com", "kind": "Thing", "name": "churn"}]}]},
            {"ResolvedRefs": "False InvalidKind"},
        ),
        (
            {"rules": [{"backendRefs": [{"namespace": "search", "name": "ranking", "port": 80}]}]},
            {"ResolvedRefs": "False RefNotPermitted"},
        ),
        (
            {
                "rules": [
                    {
                        "backendRefs": [{"name": "churn", "port": 80}],
                        "filters": [
                            {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "shadow", "port": 80}}}
                        ],
                    }
                ]
            },
            {"ResolvedRefs": "False BackendNotFound"},
        ),
    ],
)
def test_routes(changes: dict[str, Any], expected: dict[str, str]) -> None:
    assert expected.items() <= of_route(route(**changes)).items()


def test_a_namespace_that_the_listener_does_not_allow() -> None:
    services = [{"metadata": {"namespace": "search", "name": "churn"}, "spec": {"ports": [{"port": 80}]}}]
    assert of_route(route("search"), services=services) == {
        "Accepted": "False NotAllowedByListeners",
        "ResolvedRefs": "True ResolvedRefs",
    }
    open_ = {**HTTPS, "allowedRoutes": {"namespaces": {"from": "All"}}}
    assert of_route(route("search"), services=services, gateways=[gateway(open_)]) == ACCEPTED


def test_a_grant_lets_a_route_send_to_another_namespace() -> None:
    there = {"metadata": {"namespace": "search", "name": "ranking"}, "spec": {"ports": [{"port": 80}]}}
    given = route(rules=[{"backendRefs": [{"namespace": "search", "name": "ranking", "port": 80}]}])

    def grant(to: dict[str, str], namespace: str = "growth") -> dict[str, Any]:
        source = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": namespace}
        return {"metadata": {"namespace": "search", "name": "g"}, "spec": {"from": [source], "to": [to]}}

    every, other = {"group": "", "kind": "Service"}, {"group": "", "kind": "Service", "name": "other"}
    assert of_route(given, services=[there], grants=[grant(every)]) == ACCEPTED
    for refused in (grant(other), grant(every, "elsewhere")):
        assert of_route(given, services=[there], grants=[refused])["ResolvedRefs"] == "False RefNotPermitted"


@pytest.mark.parametrize("reference", [{"name": "none"}, {"name": "front"}, {"name": "theirs", "namespace": "gateway"}])
def test_of_what_is_not_ours_nothing_is_said(reference: dict[str, str]) -> None:
    theirs = gateway(kind="other")
    theirs["metadata"]["name"] = "theirs"
    given = route(parentRefs=[reference])
    entry = {"parentRef": reference, "controllerName": "example.com/other", "conditions": []}
    given["status"] = {"parents": [entry]}
    assert routes.parents(world(gateways=[gateway(), theirs]), given, NOW) == [entry]


def test_attached_routes_are_counted_by_listener() -> None:
    refused = route(hostnames=["elsewhere.example.com"])
    seen = world(routes=[route(), refused, route("search")])
    assert routes.attached(seen, seen.gateways[0]) == {"https": 1, "http": 0}
    status = listeners.gateway_status(seen, seen.gateways[0], {"https": 1, "http": 0}, NOW)
    assert [item["attachedRoutes"] for item in status["listeners"]] == [1, 0]


def test_the_time_of_a_condition_is_that_of_its_last_change() -> None:
    given = route()
    (first,) = routes.parents(world(), given, NOW)
    given["status"] = {"parents": [first]}
    later = "2026-11-21T11:00:00Z"
    assert routes.parents(world(), given, later) == [first]
    (changed,) = routes.parents(world(services=[]), given, later)
    times = {item["type"]: item["lastTransitionTime"] for item in changed["conditions"]}
    assert times == {"Accepted": NOW, "ResolvedRefs": later}


def policy(kind: str = "GCPBackendPolicy", name: str = "p", created: str = "1", **target: str) -> dict[str, Any]:
    reference = {"group": "", "kind": "Service", "name": "churn", **target}
    return {
        "kind": kind,
        "metadata": {"namespace": "growth", "name": name, "creationTimestamp": created, "generation": 1},
        "spec": {"targetRef": reference},
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (policy(), "True Attached"),
        (policy("HealthCheckPolicy"), "True Attached"),
        (policy(name="none"), "True Attached"),
        (policy(kind="GCPGatewayPolicy"), "False Invalid"),
        (policy(namespace="search"), "False Invalid"),
        (policy(created="2"), "False Conflicted"),
    ],
)
def test_policies(given: dict[str, Any], expected: str) -> None:
    older = policy(name="older", created="1x")
    seen = world(policies=[given, older])
    assert said(policies.policy_conditions(seen, given, NOW)) == {"Attached": expected}


def test_a_policy_without_its_target() -> None:
    lost = policy()
    lost["spec"]["targetRef"]["name"] = "none"
    assert said(policies.policy_conditions(world(), lost, NOW)) == {"Attached": "False TargetNotFound"}
    mine = policy("GCPGatewayPolicy")
    mine["metadata"]["namespace"] = "gateway"
    mine["spec"]["targetRef"] = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "front"}
    assert said(policies.policy_conditions(world(), mine, NOW)) == {"Attached": "True Attached"}
