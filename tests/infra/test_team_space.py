"""A team's namespace: who may do what in it, how much of the cluster it has, and what may connect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.kubernetes import team_rights
from infra.kubernetes.team_space import baseline
from tests.support.network_policy import End, Network, Pod, Protocol
from tests.support.repositories import DEV

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repositories import Clone

Inputs = "Callable[[str, str], dict[str, Any]]"
STACK = "dev.cluster"

SPACES = {
    "growth": {"slipway.dev/team": "growth"},
    "search": {"slipway.dev/team": "search"},
    "kube-system": {},
    "gmp-system": {},
}
MINE = Pod("growth", "churn-1", "10.20.0.5", {"app.kubernetes.io/name": "churn"}, node="10.16.0.2")
SIBLING = Pod("growth", "fraud-1", "10.20.0.6", {"app.kubernetes.io/name": "fraud"}, node="10.16.0.3")
OTHER = Pod("search", "ranking-1", "10.20.1.5", {}, node="10.16.0.3")
DNS = Pod("kube-system", "kube-dns-1", "10.20.2.1", {"k8s-app": "kube-dns"}, node="10.16.0.3")
CACHE = Pod("kube-system", "node-local-dns-1", "10.20.2.2", {"k8s-app": "node-local-dns"}, node="10.16.0.2")
AGENT = Pod("kube-system", "metrics-server-1", "10.20.2.3", {"k8s-app": "metrics-server"}, node="10.16.0.3")
COLLECTOR = Pod("gmp-system", "collector-1", "10.20.3.1", {}, node="10.16.0.3")
NODE, API, DATABASE, INTERNET = "10.16.0.3", "172.16.1.2", "10.40.0.9", "203.0.113.7"
HEALTH_CHECK, PROXY = "35.191.3.4", "10.24.16.7"
PRIVATE_GOOGLE, GOOGLE = "199.36.153.9", "142.250.1.95"


def network(*, blocks_select_pods: bool) -> Network:
    policies = [
        {"metadata": {"namespace": team, "name": "baseline"}, "spec": baseline()} for team in ("growth", "search")
    ]
    return Network(SPACES, policies, blocks_select_pods)


GOES: list[tuple[End, int, Protocol]] = [
    (DNS, 53, "UDP"),
    (DNS, 53, "TCP"),
    (CACHE, 53, "UDP"),
    ("169.254.20.10", 53, "UDP"),
    ("169.254.169.254", 53, "UDP"),
    ("169.254.169.254", 80, "TCP"),
    ("169.254.169.252", 988, "TCP"),
    (GOOGLE, 443, "TCP"),
    (PRIVATE_GOOGLE, 443, "TCP"),
]
STAYS: list[tuple[End, int, Protocol]] = [
    (AGENT, 53, "UDP"),
    (AGENT, 443, "TCP"),
    (COLLECTOR, 443, "TCP"),
    (DNS, 9153, "TCP"),
    (API, 443, "TCP"),
    (DATABASE, 443, "TCP"),
    (DATABASE, 5432, "TCP"),
    (NODE, 10250, "TCP"),
    (INTERNET, 80, "TCP"),
    (INTERNET, 443, "UDP"),
    ("169.254.169.254", 443, "TCP"),
    ("169.254.20.10", 443, "TCP"),
]


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(("to", "port", "protocol"), GOES, ids=str)
def test_what_every_pod_needs(to: End, port: int, protocol: Protocol, blocks: bool) -> None:  # noqa: FBT001
    assert network(blocks_select_pods=blocks).refusal(MINE, to, port, protocol) == ""


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(("to", "port", "protocol"), STAYS, ids=str)
def test_and_nothing_else(to: End, port: int, protocol: Protocol, blocks: bool) -> None:  # noqa: FBT001
    assert "baseline" in network(blocks_select_pods=blocks).refusal(MINE, to, port, protocol)


@pytest.mark.parametrize("source", [SIBLING, OTHER, DNS, COLLECTOR, INTERNET, HEALTH_CHECK, PROXY, DATABASE], ids=str)
@pytest.mark.parametrize("port", [8080, 443, 15020])
def test_nobody_calls_a_pod_that_no_service_s_policy_opens(source: End, port: int) -> None:
    assert "Ingress of growth/churn-1" in network(blocks_select_pods=True).refusal(source, MINE, port)


def test_only_the_callee_decides_between_teams() -> None:
    """With a service's policy that names the caller's team, nothing else is in the way."""
    opened = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "churn"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"slipway.dev/team": "search"}}}],
                "ports": [{"protocol": "TCP", "port": 8080}],
            }
        ],
    }
    plain = network(blocks_select_pods=False)
    policies = [*plain.policies, {"metadata": {"namespace": "growth", "name": "churn"}, "spec": opened}]
    open_network = Network(SPACES, policies)
    assert plain.refusal(OTHER, MINE, 8080)
    assert open_network.refusal(OTHER, MINE, 8080) == ""
    assert open_network.refusal(OTHER, MINE, 8081)
    assert open_network.refusal(OTHER, SIBLING, 8080)
    assert open_network.refusal(SIBLING, MINE, 8080)


def _allowed(rules: Any) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def test_the_deployer_may_make_what_its_stack_declares(declared: Callable[[str], Any], clone: Clone) -> None:
    clone.edit("manifests/growth/churn.yaml", "port: 8080", "port: 8080\nsecrets: {KEY: {name: key, version: 1}}")
    allowed = _allowed(team_rights.deployer())
    kinds = {
        (item.inputs.get("apiVersion", "").rpartition("/")[0], f"{item.inputs['kind'].lower()}s")
        for item in declared("dev.growth").values()
        if item.custom and "kind" in item.inputs
    }
    assert ("apps", "deployments") in kinds
    plural = {"networkpolicys": "networkpolicies", "secretproviderclasss": "secretproviderclasses"}
    for group, name in kinds:
        kind = plural.get(name, name)
        assert {(group, kind, verb) for verb in ("get", "create", "patch", "delete")} <= allowed, kind


@pytest.mark.parametrize("rules", [team_rights.deployer(), team_rights.viewer()], ids=["deployer", "viewer"])
def test_nobody_reads_secrets_enters_pods_or_moves_the_walls(rules: Any) -> None:
    allowed = _allowed(rules)
    kinds = {kind for _, kind, _ in allowed}
    assert not kinds & {"secrets", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token", "*"}
    assert not any("*" in entry for entry in allowed)
    changed = {kind for _, kind, verb in allowed if verb not in {"get", "list", "watch"}}
    assert not changed & {"resourcequotas", "limitranges", "roles", "rolebindings", "namespaces", "gateways"}


def test_viewers_change_nothing_and_read_logs() -> None:
    allowed = _allowed(team_rights.viewer())
    assert {verb for _, _, verb in allowed} == {"get", "list", "watch"}
    assert ("", "pods/log", "get") in allowed
    assert ("", "pods/log", "get") not in _allowed(team_rights.deployer())


def test_viewers_are_groups_users_and_accounts(clone: Clone, declared: Callable[[str], Any]) -> None:
    assert "team-growth-viewer" not in declared(STACK), "nobody was named"
    viewers = "[group:growth@acme.example, user:eve@acme.example, serviceAccount:bot@p.iam.gserviceaccount.com]"
    clone.edit(DEV, "branch:", f"teams: {{growth: {{viewers: {viewers}}}}}\nbranch:")
    found = declared(STACK)
    subjects = found["team-growth-viewer-binding"].inputs["subjects"]
    assert [(subject["kind"], subject["name"]) for subject in subjects] == [
        ("Group", "growth@acme.example"),
        ("User", "eve@acme.example"),
        ("User", "bot@p.iam.gserviceaccount.com"),
    ]
    assert found["team-growth-viewer-binding"].inputs["metadata"]["namespace"] == "growth"
    assert "team-search-viewer" not in found


def test_a_domain_is_no_subject() -> None:
    with pytest.raises(ValueError, match="a whole domain"):
        team_rights.subject("domain:acme.example")


def test_the_quota_is_what_the_environment_grants(clone: Clone, inputs: Callable[[str, str], dict[str, Any]]) -> None:
    clone.edit(DEV, "branch:", "teams: {growth: {limits: {cpu: 20, memory: 40Gi, pods: 50, gpus: 2}}}\nbranch:")
    hard = inputs(STACK, "team-growth-quota")["spec"]["hard"]
    assert hard == {
        "requests.cpu": "20",
        "requests.memory": "40Gi",
        "limits.memory": "40Gi",
        "requests.nvidia.com/gpu": "2",
        "requests.google.com/tpu": "0",
        "pods": "50",
        "requests.storage": "1Ti",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    assert inputs(STACK, "team-search-quota")["spec"]["hard"]["requests.cpu"] == "64"


def test_a_container_that_says_nothing_is_still_counted(inputs: Callable[[str, str], dict[str, Any]]) -> None:
    """The quota refuses pods without requests for what it counts; the defaults fill in just these."""
    (limit,) = inputs(STACK, "team-growth-defaults")["spec"]["limits"]
    assert limit == {
        "type": "Container",
        "defaultRequest": {"cpu": "250m", "memory": "512Mi"},
        "default": {"memory": "512Mi"},
    }


def test_pods_are_restricted(inputs: Callable[[str, str], dict[str, Any]]) -> None:
    labels = inputs(STACK, "team-growth-namespace")["metadata"]["labels"]
    assert {key: value for key, value in labels.items() if "pod-security" in key} == {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
    }
