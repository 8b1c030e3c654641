"""What is found again of a lost state: ids, order, and what only the program knows."""

from __future__ import annotations

import functools
import re
from typing import Any

import pytest
import yaml

from localcloud.providers.gcp import catalog
from localcloud.providers.gcp.catalog import HOME
from localcloud.providers.model import ProviderError
from slipway import repository
from slipway.desired import desired
from slipway.engine.cloud_ids import GENERATED, STATE_ONLY, cloud_id, known, needs
from slipway.engine.inventory import inventory
from slipway.engine.recorder import UNKNOWN, Answers, Declared, recording
from slipway.engine.state import complete, ordered
from slipway.engine.values import SECRET, SIGNATURE, from_wire, to_wire, without_unknown
from slipway.engine.values import UNKNOWN as UNKNOWN_VALUE
from slipway.engine.workspace import program
from tests import golden

DEFAULTS = {"project": "acme", "region": "europe-west4"}


@functools.cache
def declared(name: str) -> list[Declared]:
    """Everything that goes into a cloud or a cluster."""
    found = inventory(golden.ROOT, desired(repository.load(golden.ROOT), name))
    return [item for item in found if item.custom and not item.type.startswith("pulumi:")]


@pytest.mark.parametrize("name", ["production", "local"])
def test_every_declared_type_can_be_looked_up(name: str) -> None:
    lacking = sorted({item.type for item in declared(name) if not known(item.type)})
    assert lacking == [], "add their import ids to slipway/engine/cloud_ids.py, with the source"


@pytest.mark.parametrize("name", ["production", "local"])
def test_ids_are_those_that_the_provider_has(name: str) -> None:
    """The stand-in's table, written by others from the provider's pages, takes each id that can be computed here."""
    google = desired(repository.load(golden.ROOT), name).environment.google.model_dump()
    checked = 0
    for item in declared(name):
        if not item.type.startswith("gcp:") or item.type in GENERATED:
            continue
        inputs = {key: "projects/p/x/unknown" if value == UNKNOWN else value for key, value in item.inputs.items()}
        found = cloud_id(item.type, inputs, google)
        assert found, f"{item.type} {item.name} has no id"
        kind = catalog.find(item.type)
        form = re.sub(r"\\{\w+\\}", ".*", re.escape(kind.id))  # a part may have slashes of its own
        assert re.fullmatch(form, found.replace(" ", "/")), f"{found} is no id of {item.type}, which has {kind.id}"
        checked += 1
    assert checked > 15


def test_properties_that_only_the_state_has_are_the_provider_s() -> None:
    """What the stand-in's kinds keep from the API, of what we declare, is taken from the program after an import."""
    lacking: set[tuple[str, str]] = set()
    for item in [*declared("production"), *declared("local")]:
        if item.type in HOME:
            kind = catalog.find(item.type)
            lacking |= {(item.type, name) for name in kind.provider_only & item.inputs.keys() - STATE_ONLY}
    assert lacking == set()


def test_an_id_needs_all_its_parts() -> None:
    assert cloud_id("gcp:kms/cryptoKey:CryptoKey", {"name": "state"}, DEFAULTS) is None
    assert cloud_id("gcp:storage/bucket:Bucket", {"name": ""}, DEFAULTS) is None
    assert cloud_id("gcp:unknown/thing:Thing", {"name": "x"}, DEFAULTS) is None
    assert cloud_id("gcp:billing/budget:Budget", {"displayName": "x"}, DEFAULTS) is None


def test_a_certificate_is_global_unless_it_says_where() -> None:
    kind = "gcp:certificatemanager/certificate:Certificate"
    assert cloud_id(kind, {"name": "a"}, DEFAULTS) == "projects/acme/locations/global/certificates/a"
    regional = cloud_id(kind, {"name": "a", "location": "europe-west4"}, DEFAULTS)
    assert regional == "projects/acme/locations/europe-west4/certificates/a"


def test_a_grant_with_a_condition_has_its_title_in_the_id() -> None:
    inputs = {"role": "roles/a", "member": "group:b", "condition": {"title": "only-this", "expression": "true"}}
    assert cloud_id("gcp:projects/iAMMember:IAMMember", inputs, DEFAULTS) == "acme roles/a group:b only-this"


@pytest.mark.parametrize(
    ("kind", "api"),
    [
        ("gcp:kms/keyRing:KeyRing", "cloudkms.googleapis.com"),
        ("gcp:serviceaccount/account:Account", "iam.googleapis.com"),
        ("gcp:projects/service:Service", None),
        ("kubernetes:core/v1:Namespace", None),
    ],
)
def test_apis_that_a_type_needs(kind: str, api: str | None) -> None:
    assert needs(kind) == api


def resource(name: str, **other: Any) -> dict[str, Any]:
    return {"urn": f"urn::{name}", "type": "t:t:T", "custom": True, **other}


def test_order_of_a_state() -> None:
    items = [
        resource("d", propertyDependencies={"x": ["urn::c"]}),
        resource("c", dependencies=["urn::b", "urn::gone"]),
        resource("b", parent="urn::a", provider="urn::p::some-id"),
        resource("p"),
        resource("a"),
    ]
    assert [item["urn"][-1] for item in ordered({item["urn"]: item for item in items})] == ["a", "p", "b", "c", "d"]


def test_values_go_over_the_wire_and_back() -> None:
    values = {
        "text": "a",
        "number": 3,
        "fraction": 0.5,
        "yes": True,
        "nothing": None,
        "list": [1, {"deep": ["x"]}],
        "secret": {SIGNATURE: SECRET, "plaintext": '{"key":"planted"}'},
    }
    wire = to_wire(values)
    assert wire.fields["secret"].struct_value.fields["value"].struct_value.fields["key"].string_value == "planted"
    back = from_wire(wire)
    assert back["secret"] == {SIGNATURE: SECRET, "plaintext": '{"key": "planted"}'}
    assert {**back, "secret": 0} == {**values, "secret": 0}


@pytest.mark.parametrize(
    ("value", "known_part", "lacking"),
    [
        ({"a": 1}, {"a": 1}, False),
        ({"a": 1, "b": UNKNOWN_VALUE}, {"a": 1}, True),
        ({"a": [1, UNKNOWN_VALUE]}, {"a": [1]}, True),
        ({"a": {"b": {"c": UNKNOWN_VALUE}}}, {"a": {"b": {}}}, True),
        ({"a": f"serviceAccount:{UNKNOWN_VALUE}"}, {"a": f"serviceAccount:{UNKNOWN_VALUE}"}, True),
    ],
    ids=["all", "one", "in-a-list", "deep", "inside-a-text"],
)
def test_what_is_unknown_is_left_out_and_told(value: Any, known_part: Any, *, lacking: bool) -> None:
    assert without_unknown(value) == (known_part, lacking)


STACK = "local.platform"


def test_a_program_that_is_answered_knows_more() -> None:
    """With the account's e-mail address from a state, the role that it gets is known in full."""
    run = program(golden.ROOT)
    before = dict(recording(STACK, run).requests)
    account = next(urn for urn in before if urn.endswith("serviceaccount/account:Account::team-growth-account"))
    grant = next(urn for urn in before if urn.endswith("::team-growth-connect"))
    assert without_unknown(from_wire(before[grant].object))[1]
    outputs = {"email": "deploy-growth@p.iam.gserviceaccount.com", "member": "serviceAccount:deploy-growth@p"}
    answers = Answers({account: {"id": "projects/p/serviceAccounts/x", "outputs": outputs}})
    after = dict(recording(STACK, run, answers).requests)
    inputs, lacking = without_unknown(from_wire(after[grant].object))
    assert not lacking
    assert inputs["member"] == "serviceAccount:deploy-growth@p"


def test_what_was_found_gets_what_only_the_program_knows() -> None:
    recorded = recording(STACK, program(golden.ROOT))
    requests = dict(recorded.requests)
    bucket = next(urn for urn, request in recorded.requests if request.type == "gcp:storage/bucket:Bucket")
    component = requests[bucket].parent
    other = next(urn for urn in requests if urn.endswith("gcp:Network::network"))
    state = {
        urn: {"urn": urn, "type": requests[urn].type, "custom": requests[urn].custom, "parent": requests[urn].parent}
        for urn in (component, bucket, other)
    }
    found = complete(state, set(), recorded)
    assert other not in found, "nothing of it exists: the next update makes it"
    assert found[bucket]["inputs"] == {"forceDestroy": True}, "no API knows it, the program does"
    assert "name" in found[component]["outputs"]
    assert complete({bucket: state[bucket]}, {bucket}, recorded)[bucket] == state[bucket], "what was there stays"


def test_the_lost_state_s_field_manager_is_taken_over() -> None:
    recorded = recording("local.cluster", program(golden.ROOT))
    urn, request = next((u, r) for u, r in recorded.requests if r.type == "kubernetes:core/v1:Namespace")
    entries = [
        {"manager": "kube-controller-manager", "operation": "Update", "time": "2026-11-21T10:00:00Z"},
        {"manager": "pulumi-kubernetes-0f0f0f0f", "operation": "Apply", "time": "2026-11-21T09:00:00Z"},
    ]
    outputs = {"__fieldManager": "pulumi-kubernetes-new", "metadata": {"managedFields": entries}}
    item = {"urn": urn, "type": request.type, "custom": True, "parent": "", "outputs": outputs}
    assert complete({urn: item}, set(), recorded)[urn]["outputs"]["__fieldManager"] == "pulumi-kubernetes-0f0f0f0f"


def test_goldens_hold_no_type_that_the_stand_in_refuses() -> None:
    """What cannot be rehearsed cannot be recovered with any confidence."""
    content = yaml.safe_load((golden.FOLDER / "production.yaml").read_text(encoding="utf-8"))
    types = {item["type"] for items in content.values() for item in items if item["type"].startswith("gcp:")}
    refused: list[str] = []
    for kind in sorted(types):
        try:
            catalog.find(kind)
        except ProviderError as error:
            refused.append(str(error))
    assert refused == []
