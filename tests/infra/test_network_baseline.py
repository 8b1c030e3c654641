"""Who reaches whom, by evaluating the policies that each environment declares: kwok enforces none.

The pods are those of the environments' own services, each as one pod with what its template says.
"""

from __future__ import annotations

import functools
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from slipway import repository
from slipway.desired import desired
from slipway.engine.inventory import inventory
from tests import golden
from tests.support.network_policy import Network, Pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.engine.recorder import Declared

ENVIRONMENTS = golden.names()
HEALTH_CHECKS = ("35.191.0.1", "35.191.255.254", "130.211.0.1", "130.211.3.254")
INTERNET, NODE, CONTROL_PLANE = "203.0.113.7", "10.16.0.9", "172.16.1.2"
_WORKLOADS = {
    "kubernetes:apps/v1:Deployment",
    "kubernetes:argoproj.io/v1alpha1:Rollout",
    "kubernetes:batch/v1:Job",
    "kubernetes:batch/v1:CronJob",
}


@dataclass
class Declaration:
    """One environment: its policies and namespaces, a pod and a port (0: none) of each service, who may call it."""

    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    policies: list[dict[str, Any]] = field(default_factory=list)
    pods: dict[str, Pod] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    callers: dict[str, set[str]] = field(default_factory=dict)
    exposed: set[str] = field(default_factory=set)
    proxy: str = ""
    """An address of the load balancers' proxies."""

    def networks(self) -> Iterator[Network]:
        """Both readings of an ipBlock: nothing here may depend on which one the plugin has."""
        for blocks_select_pods in (False, True):
            yield Network(self.namespaces, self.policies, blocks_select_pods)

    def refusals(self, source: Pod | str, destination: Pod | str, port: int, protocol: Any = "TCP") -> list[str]:
        """What each reading says."""
        return [network.refusal(source, destination, port, protocol) for network in self.networks()]

    def reaches(self, source: Pod | str, destination: Pod | str, port: int, protocol: Any = "TCP") -> bool:
        """Whether it is allowed; fails when the readings differ."""
        found = {not refusal for refusal in self.refusals(source, destination, port, protocol)}
        assert len(found) == 1, self.refusals(source, destination, port, protocol)
        return found.pop()

    @property
    def teams(self) -> list[str]:
        """The teams' namespaces."""
        return [name for name, labels in self.namespaces.items() if "slipway.dev/team" in labels]


@functools.cache
def declared(name: str) -> Declaration:
    """What the environment declares, and some pods that GKE itself runs."""
    wanted = desired(repository.load(golden.ROOT), name)
    found = Declaration({"kube-system": {}, "gke-managed-system": {}, "default": {}})
    for number, item in enumerate(inventory(golden.ROOT, wanted), 1):
        _take(found, item, f"10.20.{number // 250}.{number % 250 + 1}")
    found.pods["dns"] = Pod("kube-system", "kube-dns", "10.21.0.1", {"k8s-app": "kube-dns"})
    found.pods["stranger"] = Pod("default", "stranger", "10.21.0.2", {"app.kubernetes.io/name": "churn"})
    found.proxy = str(ipaddress.ip_network(wanted.environment.network.proxy_only)[9])
    for service in wanted.services:
        key = f"{service.team}/{service.name}"
        port = getattr(service.spec, "port", None)
        found.ports[key] = port or 0
        found.callers[key] = {service.team, *getattr(service.spec, "callers", [])}
        if getattr(service.spec, "expose", None):
            found.exposed.add(key)
    return found


def _take(found: Declaration, item: Declared, address: str) -> None:
    if item.type == "kubernetes:core/v1:Namespace":
        found.namespaces[item.inputs["metadata"]["name"]] = item.inputs["metadata"].get("labels") or {}
    elif item.type == "kubernetes:networking.k8s.io/v1:NetworkPolicy":
        found.policies.append(item.inputs)
    elif item.type in _WORKLOADS:
        metadata, spec = item.inputs["metadata"], item.inputs["spec"]
        template = spec.get("template") or spec["jobTemplate"]["spec"]["template"]
        key = f"{metadata['namespace']}/{metadata['name']}"
        labels = template["metadata"]["labels"]
        found.pods[key] = Pod(metadata["namespace"], metadata["name"], address, labels, node=NODE)


def services(found: Declaration) -> list[str]:
    """The services that have a port."""
    return [key for key, port in found.ports.items() if port]


def ours(found: Declaration) -> list[Pod]:
    """The pods of the teams."""
    return [pod for pod in found.pods.values() if pod.namespace in found.teams]


@pytest.mark.parametrize("name", ENVIRONMENTS)
class TestBaseline:
    """What holds in each environment, whatever the manifests are."""

    def test_every_pod_of_a_team_is_isolated_both_ways(self, name: str) -> None:
        found = declared(name)
        assert len(ours(found)) >= 3
        assert set(found.teams) == {pod.namespace for pod in ours(found)}
        for network in found.networks():
            for pod in ours(found):
                assert network.isolating(pod, "Ingress")
                assert network.isolating(pod, "Egress")

    def test_names_are_looked_up(self, name: str) -> None:
        """By kube-dns, by NodeLocal DNSCache and by Cloud DNS, over UDP and TCP."""
        found = declared(name)
        for pod in ours(found):
            for resolver in (found.pods["dns"], "169.254.20.10", "169.254.169.254"):
                assert found.refusals(pod, resolver, 53, "UDP") == ["", ""]
                assert found.refusals(pod, resolver, 53, "TCP") == ["", ""]
            assert not found.reaches(pod, "8.8.8.8", 53, "UDP")  # a resolver of one's own is a way out

    def test_pods_get_their_identity(self, name: str) -> None:
        found = declared(name)
        for pod in ours(found):
            assert found.reaches(pod, "169.254.169.252", 988)
            assert found.reaches(pod, "169.254.169.254", 80)
            for port in (22, 8080, 988):
                assert not found.reaches(pod, "169.254.169.254", port)

    def test_https_goes_out_and_nothing_else(self, name: str) -> None:
        found = declared(name)
        for pod in ours(found):
            assert found.reaches(pod, INTERNET, 443)
            for port, protocol in ((80, "TCP"), (22, "TCP"), (5432, "TCP"), (443, "UDP"), (8443, "TCP")):
                assert not found.reaches(pod, INTERNET, port, protocol)

    def test_the_control_plane_and_the_nodes_answer_https_at_most(self, name: str) -> None:
        """The node of the pod itself is always reachable: no policy can say otherwise."""
        found = declared(name)
        for pod in ours(found):
            for port in (10250, 10255, 10257, 10259, 2379, 6443, 22):
                assert not found.reaches(pod, CONTROL_PLANE, port)
                assert not found.reaches(pod, "10.16.0.10", port)

    def test_pods_that_are_no_teams_are_reached_by_https_at_most(self, name: str) -> None:
        found = declared(name)
        for pod in ours(found):
            for port in (80, 8080, 9090, 10250):
                assert not found.reaches(pod, found.pods["dns"], port)
                assert not found.reaches(pod, found.pods["stranger"], port)

    def test_the_load_balancer_comes_in_where_a_service_is_exposed_and_nowhere_else(self, name: str) -> None:
        """Its health checks, and its proxies, on the service's own port."""
        found = declared(name)
        for pod in ours(found):
            port = found.ports[str(pod)] or 8080
            for address in (*HEALTH_CHECKS, found.proxy):
                assert found.reaches(address, pod, port) is (str(pod) in found.exposed), (str(pod), address)
                for other in (80, 443, port + 1):
                    assert not found.reaches(address, pod, other)
            for beside in ("35.190.255.255", "35.192.0.0", "130.210.255.255", "130.211.4.0"):
                assert not found.reaches(beside, pod, port)

    def test_nobody_else_comes_in(self, name: str) -> None:
        found = declared(name)
        for pod in ours(found):
            for port in (80, 443, 8080, found.ports[str(pod)] or 8080):
                assert not found.reaches(INTERNET, pod, port)
                assert not found.reaches(CONTROL_PLANE, pod, port)
                assert not found.reaches("10.16.0.10", pod, port)
                assert not found.reaches(found.pods["stranger"], pod, port)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_service_is_called_by_its_team_and_by_whom_it_names(name: str) -> None:
    """On its port, and by nobody else: both sides' policies taken together."""
    found = declared(name)
    called = 0
    for key in services(found):
        for caller in ours(found):
            if str(caller) == key:
                continue
            may = caller.namespace in found.callers[key]
            called += may
            assert found.reaches(caller, found.pods[key], found.ports[key]) is may, (str(caller), key)
            for port in (80, 443, 8443, found.ports[key] + 1):
                assert not found.reaches(caller, found.pods[key], port), (str(caller), key, port)
            assert not found.reaches(caller, found.pods[key], found.ports[key], "UDP")
    assert called


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_service_without_a_port_is_called_by_nobody(name: str) -> None:
    found = declared(name)
    silent = [found.pods[key] for key, port in found.ports.items() if not port and key in found.pods]
    assert silent
    for pod in silent:
        for caller in ours(found):
            for port in (80, 443, 8080):
                assert caller == pod or not found.reaches(caller, pod, port)


def test_some_service_is_called_by_another_team() -> None:
    """Else the tests above would show nothing about teams that call each other."""
    assert any(len(teams) > 1 for name in ENVIRONMENTS for teams in declared(name).callers.values())


def test_an_open_policy_would_be_noticed() -> None:
    """The tests above can fail: one more policy, as somebody might add it, lets a stranger in."""
    found = declared(ENVIRONMENTS[0])
    (key, *_) = services(found)
    open_ = {"metadata": {"namespace": found.pods[key].namespace, "name": "open"}, "spec": {"ingress": [{}]}}
    network = Network(found.namespaces, [*found.policies, open_])
    assert network.refusal(INTERNET, found.pods[key], found.ports[key]) == ""
