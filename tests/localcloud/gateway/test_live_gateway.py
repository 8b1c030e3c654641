"""The stand-in of GKE's Gateway controller at work: a process beside a real API server, with Google's store."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from localcloud.controlplane import ControlPlane, readiness
from localcloud.providers.gcp import addons
from slipway.progress import NullProgress
from tests.support.controlplane import Kube, until
from tests.support.gcp import ACCOUNT, CLUSTER, NETWORK, SUBNETWORK, Cloud

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.live

API = "/apis/gateway.networking.k8s.io/v1"
GATEWAYS, ROUTES = f"{API}/namespaces/gateway/gateways", f"{API}/namespaces/shop/httproutes"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    """A control plane of its own, with its store of Google's cloud where the local environment has it."""
    plane = ControlPlane(tmp_path_factory.mktemp("gateway"))
    try:
        plane.start(NullProgress())
        cloud = Cloud(plane.layout.root)
        cloud.build(NETWORK, SUBNETWORK, ACCOUNT)
        cloud.create(
            SUBNETWORK,
            name="proxies",
            ipCidrRange="10.12.0.0/23",
            secondaryIpRanges=None,
            purpose="REGIONAL_MANAGED_PROXY",
            role="ACTIVE",
        )
        cloud.create(CLUSTER, gatewayApiConfig={"channel": "CHANNEL_STANDARD"})
        yield plane
    finally:
        plane.stop()


@pytest.fixture(scope="module")
def calls(plane: ControlPlane) -> Kube:
    calls = Kube(readiness.api(plane.layout))
    for name in ("gateway", "shop"):
        calls.namespace(name)
    return calls


def gateway(**spec: Any) -> dict[str, Any]:
    listener = {
        "name": "http",
        "port": 80,
        "protocol": "HTTP",
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "front"},
        "spec": {"gatewayClassName": "gke-l7-regional-external-managed", "listeners": [listener], **spec},
    }


def route(port: int = 80) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "web"},
        "spec": {
            "parentRefs": [{"name": "front", "namespace": "gateway"}],
            "hostnames": ["shop.example.com"],
            "rules": [{"backendRefs": [{"name": "web", "port": port}]}],
        },
    }


def said(conditions: list[dict[str, Any]]) -> dict[str, str]:
    return {item["type"]: f"{item['status']} {item['reason']}" for item in conditions}


def of_gateway(calls: Kube) -> dict[str, str]:
    return said(calls.api.call("GET", f"{GATEWAYS}/front").get("status", {}).get("conditions", []))


def of_route(calls: Kube) -> dict[str, str]:
    found = calls.api.call("GET", f"{ROUTES}/web").get("status", {}).get("parents", [])
    return said(found[0]["conditions"]) if found else {}


def test_gateways_and_routes_get_their_status(calls: Kube) -> None:
    until(
        lambda: all(
            said(item.get("status", {}).get("conditions", [])).get("Accepted") == "True Accepted"
            for item in calls.api.call("GET", f"{API}/gatewayclasses")["items"]
        )
    )
    calls.api.apply(GATEWAYS, gateway())
    until(lambda: of_gateway(calls).get("Programmed") == "True Programmed")
    status = calls.api.call("GET", f"{GATEWAYS}/front")["status"]
    assert status["addresses"][0]["value"].startswith("198.51.100.")
    calls.api.apply(ROUTES, route())
    until(lambda: of_route(calls) == {"Accepted": "True Accepted", "ResolvedRefs": "False BackendNotFound"})
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    calls.apply("shop", service)
    until(lambda: of_route(calls).get("ResolvedRefs") == "True ResolvedRefs")
    until(lambda: calls.api.call("GET", f"{GATEWAYS}/front")["status"]["listeners"][0]["attachedRoutes"] == 1)
    policy = {
        "apiVersion": "networking.gke.io/v1",
        "kind": "HealthCheckPolicy",
        "metadata": {"name": "web"},
        "spec": {"targetRef": {"group": "", "kind": "Service", "name": "web"}},
    }
    path = "/apis/networking.gke.io/v1/namespaces/shop/healthcheckpolicies"
    calls.api.apply(path, policy)
    until(
        lambda: (
            said(calls.api.call("GET", f"{path}/web").get("status", {}).get("conditions", []))
            == {"Attached": "True Attached"}
        )
    )


def test_what_is_settled_is_not_written_again(calls: Kube) -> None:
    def versions() -> list[str]:
        found = [f"{GATEWAYS}/front", f"{ROUTES}/web", f"{API}/gatewayclasses/gke-l7-rilb"]
        return [calls.api.call("GET", path)["metadata"]["resourceVersion"] for path in found]

    before = versions()
    time.sleep(3)
    assert versions() == before


def test_a_changed_spec_is_seen(calls: Kube) -> None:
    calls.api.apply(ROUTES, route(port=81))
    until(lambda: of_route(calls).get("ResolvedRefs") == "False BackendNotFound")
    found = calls.api.call("GET", f"{ROUTES}/web")
    assert found["status"]["parents"][0]["conditions"][0]["observedGeneration"] == found["metadata"]["generation"]
    calls.api.apply(GATEWAYS, gateway(addresses=[{"type": "NamedAddress", "value": "none"}]))
    until(lambda: of_gateway(calls).get("Programmed") == "False AddressNotUsable")


def test_it_is_one_of_the_parts_and_comes_back(plane: ControlPlane, calls: Kube) -> None:
    def pid() -> int | None:
        return {part.name: part.pid for part in plane.status()}["gke-gateway"]

    first = pid()
    assert first is not None
    psutil.Process(first).send_signal(signal.SIGKILL)
    until(lambda: {part.name: part.state for part in plane.status()}["gke-gateway"] == "crashed")
    assert not plane.healthy()
    plane.start(NullProgress())
    assert plane.healthy()
    assert pid() not in {first, None}
    calls.api.apply(GATEWAYS, gateway(addresses=[]))
    until(lambda: of_gateway(calls).get("Programmed") == "True Programmed")


def test_it_may_write_statuses_and_nothing_else(plane: ControlPlane, calls: Kube) -> None:
    def allowed(verb: str, resource: str, group: str = "gateway.networking.k8s.io", part: str = "") -> bool:
        attributes = {"verb": verb, "group": group, "resource": resource, "subresource": part, "namespace": "shop"}
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": "localcloud:gke-gateway", "resourceAttributes": attributes},
        }
        answer = calls.api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
        return bool(answer["status"].get("allowed"))

    del plane
    assert allowed("patch", "httproutes", part="status")
    assert not allowed("patch", "httproutes")
    assert not allowed("delete", "gateways")
    assert not allowed("list", "secrets", group="")


def test_without_the_add_on_it_waits(plane: ControlPlane, calls: Kube) -> None:
    cloud = Cloud(plane.layout.root)
    for _, identity in cloud.store.all(CLUSTER):
        cloud.store.change(CLUSTER, identity, {"gatewayApiConfig": {"channel": "CHANNEL_DISABLED"}})
    api = cloud.provider._api
    addons.reconcile(api, list(api.all(CLUSTER).values()))
    assert not calls.api.answers(f"{API}/gateways")
    time.sleep(2)
    assert {part.name: part.state for part in plane.status()}["gke-gateway"] == "running"
