"""The evaluator of NetworkPolicies against the sentences of Kubernetes' documentation."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.network_policy import End, Network, Pod, Protocol, policy_types, selects

SPACES: dict[str, dict[str, str]] = {"a": {"team": "a"}, "b": {"team": "b"}, "kube-system": {}}
WEB = Pod("a", "web", "10.0.0.1", {"app": "web"}, {"http": ("TCP", 8080), "dns": ("UDP", 53)}, node="10.9.0.1")
JOB = Pod("a", "job", "10.0.0.2", {"app": "job"}, node="10.9.0.2")
FAR = Pod("b", "far", "10.0.1.1", {"app": "web", "tier": "front"}, node="10.9.0.2")
AGENT = Pod("kube-system", "agent", "10.9.0.1", {"app": "web"}, node="10.9.0.1", host_network=True)
INTERNET = "203.0.113.7"


def policy(spec: dict[str, Any], namespace: str = "a", name: str = "policy") -> dict[str, Any]:
    return {"metadata": {"namespace": namespace, "name": name}, "spec": spec}


def allowed(
    spec: dict[str, Any], source: End, destination: End, port: int = 8080, protocol: Protocol = "TCP", **more: Any
) -> bool:
    return not Network(SPACES, [policy(spec)], **more).refusal(source, destination, port, protocol)


def test_a_pod_without_policies_is_reached_by_everybody() -> None:
    network = Network(SPACES, [])
    for source in (JOB, FAR, AGENT, INTERNET):
        assert network.refusal(source, WEB, 8080) == ""


def test_isolation_is_by_direction_and_by_selected_pod() -> None:
    deny = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}
    network = Network(SPACES, [policy(deny)])
    assert network.refusal(JOB, WEB, 8080) == (
        "Ingress of a/web from a/job, port 8080 TCP, is allowed by none of: a/policy"
    )
    assert network.refusal(WEB, JOB, 8080) == ""  # its egress is not isolated, and the job is not selected
    assert network.refusal(JOB, FAR, 8080) == ""  # policies select in their own namespace only
    assert network.isolating(WEB, "Ingress") == ["a/policy"]
    assert network.isolating(WEB, "Egress") == network.isolating(JOB, "Ingress") == []


def test_both_sides_must_allow() -> None:
    out = policy({"podSelector": {}, "policyTypes": ["Egress"]}, "b", "out")
    into = policy({"podSelector": {}, "policyTypes": ["Ingress"]}, "a", "into")
    assert Network(SPACES, [out]).refusal(FAR, WEB, 80).startswith("Egress of b/far to a/web")
    assert Network(SPACES, [into]).refusal(FAR, WEB, 80).startswith("Ingress of a/web from b/far")
    assert Network(SPACES, [out, into]).refusal(FAR, WEB, 80).startswith("Egress")


@pytest.mark.parametrize(
    ("spec", "types"),
    [
        ({}, {"Ingress"}),
        ({"ingress": [{}]}, {"Ingress"}),
        ({"egress": [{}]}, {"Ingress", "Egress"}),
        ({"egress": []}, {"Ingress"}),  # an empty list counts as none: SetDefaults_NetworkPolicy
        ({"policyTypes": ["Egress"]}, {"Egress"}),
        ({"policyTypes": ["Egress"], "ingress": [{}]}, {"Egress"}),
    ],
)
def test_directions_by_default(spec: dict[str, Any], types: set[str]) -> None:
    assert policy_types(spec) == types


def test_an_empty_rule_allows_all_and_no_rule_nothing() -> None:
    assert allowed({"podSelector": {}, "ingress": [{}]}, FAR, WEB, 9, "SCTP")
    assert allowed({"podSelector": {}, "ingress": [{"from": [], "ports": []}]}, FAR, WEB)
    assert not allowed({"podSelector": {}, "ingress": []}, FAR, WEB)


@pytest.mark.parametrize(
    ("peer", "who"),
    [
        ({"podSelector": {}}, {"job"}),  # of the policy's own namespace
        ({"podSelector": {"matchLabels": {"app": "web"}}}, set()),
        ({"namespaceSelector": {}}, {"job", "far"}),
        ({"namespaceSelector": {"matchLabels": {"team": "b"}}}, {"far"}),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}, {"job"}),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"tier": "front"}}}, {"far"}),
        (
            {"namespaceSelector": {"matchLabels": {"team": "a"}}, "podSelector": {"matchLabels": {"tier": "front"}}},
            set(),
        ),
        ({"ipBlock": {"cidr": "203.0.113.0/24"}}, {"internet"}),
        ({"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.0/29"]}}, set()),
        ({"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.128/25"]}}, {"internet"}),
        ({"ipBlock": {"cidr": "10.9.0.0/16"}}, {"agent"}),  # by the address of its node
        ({"ipBlock": {"cidr": "2001:db8::/32"}}, set()),
    ],
)
def test_peers(peer: dict[str, Any], who: set[str]) -> None:
    """The agent is a pod of the host's network on another node: selectors do not see it."""
    agent = Pod("kube-system", "agent", "10.9.0.3", {"app": "web"}, node="10.9.0.3", host_network=True)
    ends: dict[str, End] = {"job": JOB, "far": FAR, "internet": INTERNET, "agent": agent}
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"from": [peer]}]}
    assert {name for name, end in ends.items() if allowed(spec, end, WEB)} == who


def test_two_peers_or_one_with_two_selectors() -> None:
    """The documentation's own pair of examples: a list of two is an `or`, one with both an `and`."""
    team, front = {"matchLabels": {"team": "b"}}, {"matchLabels": {"app": "job"}}
    either = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": team}, {"podSelector": front}]}]}
    both = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": team, "podSelector": front}]}]}
    assert [allowed(either, end, WEB) for end in (JOB, FAR)] == [True, True]
    assert [allowed(both, end, WEB) for end in (JOB, FAR)] == [False, False]


def test_whether_a_block_selects_pods_is_the_plugins_choice() -> None:
    spec = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}]}
    assert not allowed(spec, FAR, WEB)
    assert allowed(spec, FAR, WEB, blocks_select_pods=True)


@pytest.mark.parametrize(
    ("ports", "open_"),
    [
        ([{"port": 8080}], {("TCP", 8080)}),
        ([{"port": 53, "protocol": "UDP"}], {("UDP", 53)}),
        ([{"port": 53}], {("TCP", 53)}),
        ([{"port": 8080, "endPort": 8082}], {("TCP", 8080), ("TCP", 8082)}),
        ([{"protocol": "UDP"}], {("UDP", 53), ("UDP", 8080)}),
        ([{"port": "http"}], {("TCP", 8080)}),
        ([{"port": "dns", "protocol": "UDP"}], {("UDP", 53)}),
        ([{"port": "dns"}], set()),  # the name is there, for UDP
        ([{"port": "none"}], set()),
        ([{"port": 53}, {"port": "http"}], {("TCP", 53), ("TCP", 8080)}),
    ],
)
def test_ports(ports: list[dict[str, Any]], open_: set[tuple[Protocol, int]]) -> None:
    tried: list[tuple[Protocol, int]] = [("TCP", 53), ("UDP", 53), ("TCP", 8080), ("TCP", 8082), ("UDP", 8080)]
    into = {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": ports}]}
    out = {"podSelector": {"matchLabels": {"app": "job"}}, "policyTypes": ["Egress"], "egress": [{"ports": ports}]}
    for spec in (into, out):  # a name is looked up on the pod that is called, for egress, too
        assert {each for each in tried if allowed(spec, JOB, WEB, each[1], each[0])} == open_


def test_a_named_port_is_none_of_an_address() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": "http"}]}]}
    assert not allowed(spec, JOB, INTERNET)
    assert allowed(spec, JOB, WEB)


def test_nodes_reach_their_own_pods_and_a_pod_itself() -> None:
    deny = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert allowed(deny, WEB, WEB)
    assert allowed(deny, WEB.node, WEB)
    assert allowed(deny, WEB, WEB.node)
    assert allowed(deny, AGENT, WEB)
    assert not allowed(deny, JOB.node, WEB)
    assert not allowed(deny, JOB, WEB)


@pytest.mark.parametrize(
    ("selector", "labels", "does"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1", "b": "3"}}, {"a": "1", "b": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
        ({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, {"a": "1"}, False),
    ],
)
def test_selectors(selector: dict[str, Any], labels: dict[str, str], does: bool) -> None:  # noqa: FBT001 - a table
    assert selects(selector, labels) is does


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"podSelectors": {}}, "unknown field podSelectors"),
        ({"policyTypes": ["ingress"]}, "no policy types"),
        ({"ingress": [{"to": []}]}, "unknown field to"),
        ({"ingress": [{"from": [{}]}]}, "must specify something"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]}, "stands alone"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]}, "host bits"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]}]}, "not inside"),
        ({"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]}]}, "not inside"),
        ({"ingress": [{"ports": [{"port": 0}]}]}, "no port"),
        ({"ingress": [{"ports": [{"port": "http", "endPort": 90}]}]}, "endPort"),
        ({"ingress": [{"ports": [{"port": 90, "endPort": 80}]}]}, "endPort"),
        ({"ingress": [{"ports": [{"port": 80, "protocol": "tcp"}]}]}, "no protocol"),
        ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}}, "no operator"),
        ({"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}, "In with values"),
    ],
)
def test_policies_that_the_api_server_refuses(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Network(SPACES, [policy(spec)])


_LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["web", "front"]), max_size=2)
_SELECTORS = st.builds(lambda labels: {"matchLabels": labels}, _LABELS) | st.just({})
_BLOCKS = st.tuples(st.integers(0, 255), st.integers(8, 32)).map(
    lambda pair: {"cidr": str(ipaddress.ip_network((f"10.0.{pair[0]}.0", pair[1]), strict=False))}
)
_PEERS = st.one_of(
    st.builds(lambda pods: {"podSelector": pods}, _SELECTORS),
    st.builds(lambda spaces, pods: {"namespaceSelector": spaces, "podSelector": pods}, _SELECTORS, _SELECTORS),
    st.builds(lambda block: {"ipBlock": block}, _BLOCKS),
)
_PORTS = st.builds(lambda first, more: {"port": first, "endPort": first + more}, st.integers(1, 99), st.integers(0, 9))
_SPECS = st.builds(
    lambda pods, types, peers, ports: {
        "podSelector": pods,
        "policyTypes": sorted(types),
        "ingress": [{"from": peers, "ports": ports}],
        "egress": [{"to": peers, "ports": ports}],
    },
    _SELECTORS,
    st.sets(st.sampled_from(["Ingress", "Egress"]), min_size=1),
    st.lists(_PEERS, max_size=2),
    st.lists(_PORTS, max_size=2),
)
_POLICIES = st.lists(st.builds(policy, _SPECS, st.sampled_from(["a", "b"])), max_size=4)
_ENDS = st.builds(
    lambda space, last, labels: Pod(space, f"pod-{last}", f"10.0.0.{last}", labels),
    st.sampled_from(["a", "b"]),
    st.integers(1, 200),
    _LABELS,
)


@given(policies=_POLICIES, more=_POLICIES, source=_ENDS, destination=_ENDS, port=st.integers(1, 120), data=st.data())
def test_policies_only_add_up(
    policies: list[Any], more: list[Any], source: Pod, destination: Pod, port: int, data: st.DataObject
) -> None:
    """Order does not matter; and once a side is isolated, a further policy only allows more."""
    network = Network(SPACES, policies, blocks_select_pods=True)
    verdict = network.refusal(source, destination, port)
    shuffled = Network(SPACES, data.draw(st.permutations(policies)), blocks_select_pods=True)
    assert bool(shuffled.refusal(source, destination, port)) == bool(verdict)
    wider = Network(SPACES, [*policies, *more], blocks_select_pods=True)
    isolated = network.isolating(source, "Egress") and network.isolating(destination, "Ingress")
    if isolated and not verdict:
        assert wider.refusal(source, destination, port) == ""


@given(policies=_POLICIES, source=_ENDS, destination=_ENDS, port=st.integers(1, 120))
def test_a_connection_is_egress_and_ingress(policies: list[Any], source: Pod, destination: Pod, port: int) -> None:
    """It is made when the policies of each direction, alone, allow it."""
    whole = not Network(SPACES, policies).refusal(source, destination, port)
    alone = [
        not Network(SPACES, [_only(each, direction) for each in policies]).refusal(source, destination, port)
        for direction in ("Ingress", "Egress")
    ]
    assert whole == all(alone)


def _only(each: dict[str, Any], direction: str) -> dict[str, Any]:
    """The policy in one direction; one that has not that direction selects nobody."""
    if direction in each["spec"]["policyTypes"]:
        return policy({**each["spec"], "policyTypes": [direction]}, each["metadata"]["namespace"])
    nobody = {"podSelector": {"matchLabels": {"nobody": "here"}}}
    return policy(nobody, each["metadata"]["namespace"])


@given(last=st.integers(0, 255), bits=st.integers(24, 32), hole=st.integers(25, 32))
def test_blocks_are_ranges_without_their_holes(last: int, bits: int, hole: int) -> None:
    block = {"cidr": str(ipaddress.ip_network((f"198.51.100.{last}", bits), strict=False))}
    inner = ipaddress.ip_network(("198.51.100.8", hole), strict=False)
    outer = ipaddress.ip_network(block["cidr"])
    if inner != outer and inner.subnet_of(outer):  # type: ignore[arg-type]
        block["except"] = [str(inner)]  # type: ignore[assignment]
    spec = {"podSelector": {}, "ingress": [{"from": [{"ipBlock": block}]}]}
    reached = {host for host in range(256) if allowed(spec, f"198.51.100.{host}", WEB)}
    expected = {int(address) & 255 for address in outer}
    if "except" in block:
        expected -= {int(address) & 255 for address in inner}
    assert reached == expected
