"""Replace or update: each field of each schema against its force_new, and the edges by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.gcp import schema
from localcloud.providers.gcp.provider import DEFAULTS
from localcloud.providers.model import DiffKind
from localcloud.providers.values import Secret
from tests.support.gcp import BUCKET, CLUSTER, FIREWALL, NAT, NETWORK, POOL, SUBNETWORK, VALID, Cloud, request

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCALARS = {"string": ("a", "b"), "int": (1, 2), "float": (0.5, 0.7), "bool": (True, False)}


def _leaves(fields: dict[str, Any], old: Any = None) -> Iterator[tuple[str, Any, Any, bool]]:
    """(dotted path, value, other value, force_new) of every settable leaf, each wrapped in its blocks."""
    del old
    for name, field in fields.items():
        if not (field.get("required") or field.get("optional")):
            continue
        force = bool(field.get("force_new"))
        if field.get("fields"):
            for path, one, other, inner in _leaves(field["fields"]):
                wrap = (lambda value: value) if field["type"] == "object" else (lambda value: [value])
                yield f"{name}.{path}", {name: wrap(one)}, {name: wrap(other)}, inner
        elif field["type"] in _SCALARS:
            one, other = _SCALARS[field["type"]]
            yield name, {name: one}, {name: other}, force
        elif field["type"] in {"list", "set"}:
            one, other = _SCALARS[field.get("element", "string")]
            yield name, {name: [one]}, {name: [other]}, force
        elif field["type"] == "map":
            one, other = _SCALARS[field.get("element", "string")]
            yield name, {name: {"k": one}}, {name: {"k": other}}, force


def _plain(token: str) -> dict[str, Any]:
    path = schema.FOLDER / (token.split(":")[1].replace("/", ".") + ".json")
    return json.loads(path.read_text())["fields"]


def _cases() -> list[tuple[str, str]]:
    return [(token, name) for token in schema.available() for name in _plain(token)]


@pytest.mark.parametrize(("token", "name"), _cases())
def test_every_field_replaces_exactly_where_force_new_says_so(cloud: Cloud, token: str, name: str) -> None:
    wrong: list[str] = []
    for path, old, new, force in _leaves({name: _plain(token)[name]}):
        where = request(token, "it", "id")
        diff = cloud.provider.diff(where, old, old, new, [])
        replaced = any(kind.replaces for kind in diff.detailed.values())
        if not diff.detailed or replaced is not force:
            wrong.append(f"{path}: force_new {force}, {diff.detailed}")
        if cloud.provider.diff(where, old, old, old, []).detailed:
            wrong.append(f"{path}: a difference without a change")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("token", "old", "new", "expected"),
    [
        (
            CLUSTER,
            {"privateClusterConfig": {"enablePrivateNodes": True}},
            {"privateClusterConfig": {"enablePrivateNodes": False}},
            {"privateClusterConfig.enablePrivateNodes": DiffKind.UPDATE},
        ),
        (
            CLUSTER,
            {"privateClusterConfig": {"masterIpv4CidrBlock": "172.16.0.0/28"}},
            {"privateClusterConfig": {"masterIpv4CidrBlock": "172.16.1.0/28"}},
            {"privateClusterConfig.masterIpv4CidrBlock": DiffKind.UPDATE_REPLACE},
        ),
        (POOL, {"initialNodeCount": 1}, {"initialNodeCount": 2}, {"initialNodeCount": DiffKind.UPDATE_REPLACE}),
        (POOL, {"nodeCount": 1}, {"nodeCount": 2}, {"nodeCount": DiffKind.UPDATE}),
        (
            POOL,
            {"nodeConfig": {"machineType": "e2-medium"}},
            {"nodeConfig": {"machineType": "e2-small"}},
            {"nodeConfig.machineType": DiffKind.UPDATE},
        ),
        (
            POOL,
            {"nodeConfig": {"spot": False}},
            {"nodeConfig": {"spot": True}},
            {"nodeConfig.spot": DiffKind.UPDATE_REPLACE},
        ),
        (
            POOL,
            {"nodeConfig": {"taints": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}},
            {"nodeConfig": {"taints": [{"key": "a", "value": "c", "effect": "NO_SCHEDULE"}]}},
            {"nodeConfig.taints[0].value": DiffKind.UPDATE},
        ),
        (
            POOL,
            {"nodeConfig": {"guestAccelerators": []}},
            {"nodeConfig": {"guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}},
            {"nodeConfig.guestAccelerators[0]": DiffKind.ADD_REPLACE},
        ),
        (POOL, {"autoscaling": {"minNodeCount": 1, "maxNodeCount": 2}}, {}, {"autoscaling": DiffKind.DELETE}),
        (POOL, {}, {"autoscaling": {"minNodeCount": 1, "maxNodeCount": 2}}, {"autoscaling": DiffKind.ADD}),
        # computed and not given: kept
        (POOL, {"nodeConfig": {"diskSizeGb": 100}, "management": {"autoRepair": True}}, {"nodeConfig": {}}, {}),
        # not given and not computed is the zero value
        (POOL, {"nodeConfig": {"tags": []}}, {"nodeConfig": {}}, {}),
        # a set has no order
        (
            FIREWALL,
            {"sourceRanges": ["10.0.0.0/8", "172.16.0.0/12"]},
            {"sourceRanges": ["172.16.0.0/12", "10.0.0.0/8"]},
            {},
        ),
        (
            FIREWALL,
            {"allows": [{"protocol": "tcp"}, {"protocol": "udp"}]},
            {"allows": [{"protocol": "udp"}]},
            {"allows[0]": DiffKind.DELETE},
        ),
        (CLUSTER, {"masterAuthorizedNetworksConfig": {"cidrBlocks": []}}, {}, {}),
        (
            CLUSTER,
            {"resourceLabels": {"a.b/c": "1"}},
            {"resourceLabels": {"a.b/c": "2"}},
            {'resourceLabels["a.b/c"]': DiffKind.UPDATE},
        ),
    ],
)
def test_paths_and_kinds(
    cloud: Cloud, token: str, old: dict[str, Any], new: dict[str, Any], expected: dict[str, DiffKind]
) -> None:
    assert cloud.provider.diff(request(token, "it", "id"), old, old, new, []).detailed == expected


def test_an_empty_block_of_authorized_networks_is_not_an_absent_one(cloud: Cloud) -> None:
    new = {"masterAuthorizedNetworksConfig": {"cidrBlocks": []}}
    diff = cloud.provider.diff(request(CLUSTER, "it", "id"), {}, {}, new, [])
    assert diff.detailed == {"masterAuthorizedNetworksConfig": DiffKind.ADD}


def test_a_name_a_link_and_an_id_are_the_same_reference(cloud: Cloud) -> None:
    made = cloud.build(NETWORK, SUBNETWORK)
    inputs, state = made[SUBNETWORK]
    network = made[NETWORK][1]
    for same in ("net", network.id, network.outputs["selfLink"]):
        assert not cloud.diff(SUBNETWORK, inputs, state, network=same).detailed
    assert cloud.diff(SUBNETWORK, inputs, state, network="other").detailed["network"].replaces


def test_a_subnet_grows_in_place_and_is_replaced_otherwise(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    inputs, state = cloud.create(SUBNETWORK, secondaryIpRanges=[])
    assert cloud.diff(SUBNETWORK, inputs, state, ipCidrRange="10.0.0.0/19").detailed == {"ipCidrRange": DiffKind.UPDATE}
    for other in ("10.0.0.0/21", "10.1.0.0/20"):
        assert cloud.diff(SUBNETWORK, inputs, state, ipCidrRange=other).detailed == {
            "ipCidrRange": DiffKind.UPDATE_REPLACE
        }
    assert cloud.update(SUBNETWORK, inputs, state, ipCidrRange="10.0.0.0/19").outputs["ipCidrRange"] == "10.0.0.0/19"


def test_bucket_locations_have_no_case(cloud: Cloud) -> None:
    inputs, state = cloud.create(BUCKET, location="eu")
    assert state.outputs["location"] == "EU"
    assert not cloud.diff(BUCKET, inputs, state).detailed


def test_ignored_changes_are_no_changes(cloud: Cloud) -> None:
    old = {"nodeConfig": {"machineType": "e2-medium", "labels": {"a": "b"}}, "nodeCount": 1}
    new = {"nodeConfig": {"machineType": "e2-small", "labels": {"a": "c"}}, "nodeCount": 2}
    where = request(POOL, "it", "id")
    assert list(cloud.provider.diff(where, old, old, new, ["nodeConfig"]).detailed) == ["nodeCount"]
    assert cloud.provider.diff(where, old, old, new, ["nodeConfig.labels[*]", "nodeCount"]).detailed == {
        "nodeConfig.machineType": DiffKind.UPDATE
    }


def test_secret_values_are_compared_by_what_they_hold(cloud: Cloud) -> None:
    where = request(NAT, "it", "id")
    old, same, new = {"natIps": Secret(["a"])}, {"natIps": ["a"]}, {"natIps": Secret(["b"])}
    assert not cloud.provider.diff(where, old, old, same, []).detailed
    assert cloud.provider.diff(where, old, old, new, []).detailed


def test_defaults_of_the_schema_become_inputs_and_are_named(cloud: Cloud) -> None:
    inputs = cloud.inputs(CLUSTER, {key: value for key, value in VALID[CLUSTER].items() if key != "deletionProtection"})
    assert inputs["deletionProtection"] is True
    assert "deletionProtection" in inputs[DEFAULTS]
    autopilot = cloud.inputs(CLUSTER, {"name": "auto", "enableAutopilot": True, "location": "europe-west4"})
    assert "enableShieldedNodes" not in autopilot  # it conflicts with enableAutopilot
