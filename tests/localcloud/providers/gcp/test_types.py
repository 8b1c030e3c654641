"""Each offered type through its whole life, and what is not offered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localcloud.providers.gcp import catalog, graves, schema
from localcloud.providers.gcp.provider import DEFAULTS
from localcloud.providers.model import Autonaming, ProviderError, Request
from localcloud.providers.values import UNKNOWN, Secret, has_unknown, reveal
from tests.support.gcp import (
    ACCOUNT,
    AUDIT_CONFIG,
    BUCKET,
    BUDGET,
    CLUSTER,
    NETWORK,
    OBJECT,
    POLICY,
    POOL,
    PROJECT,
    RECORDS,
    RING,
    SERVICE,
    SUBNETWORK,
    VALID,
    Cloud,
    request,
    write_cluster,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY = sorted(catalog.HOME)


def test_every_type_has_valid_inputs_to_test_with() -> None:
    assert set(VALID) == set(catalog.HOME)


@pytest.mark.parametrize("token", EVERY)
def test_every_type_names_the_source_of_its_fields(token: str) -> None:
    assert (
        "schema of google_" in catalog.find(token).schema.source
        or "Terraform Registry" in catalog.find(token).schema.source
    )


@pytest.mark.parametrize("token", EVERY)
def test_lifecycle(cloud: Cloud, token: str) -> None:
    made = cloud.build()
    inputs, state = made[token]
    fresh = cloud.read(token, inputs, state)
    assert fresh is not None
    assert (fresh.id, fresh.outputs, fresh.inputs) == (state.id, state.outputs, inputs)
    assert not cloud.diff(token, inputs, state).detailed
    assert cloud.update(token, inputs, state).outputs == state.outputs
    for kind in reversed(made):
        cloud.delete(kind, *made[kind])
    gone = cloud.read(token, inputs, state)
    assert (gone is None) is not catalog.find(token).stays
    cloud.delete(token, inputs, state)  # a second time is no error
    left = {kind for kind, _ in cloud.store.all() if not kind.endswith(graves.token_of(""))}
    assert left == {kind for kind in made if catalog.find(kind).stays}


@pytest.mark.parametrize("token", EVERY)
def test_preview_keeps_inputs_and_marks_the_rest_unknown(cloud: Cloud, token: str) -> None:
    inputs = cloud.inputs(token, VALID[token])
    state = cloud.provider.create(request(token, "it", preview=True), inputs)
    assert state.id == ""
    assert not cloud.store.all()
    for name, value in VALID[token].items():
        assert not has_unknown(reveal(state.outputs[name])) or isinstance(value, dict)
    made = cloud.build()[token][1]
    known = {name: value for name, value in reveal(state.outputs).items() if not has_unknown(value)}
    real = reveal(made.outputs)
    references = set(catalog.find(token).references)
    assert {n: v for n, v in known.items() if n not in references} == {n: real[n] for n in known if n not in references}


@pytest.mark.parametrize("token", EVERY)
def test_import_by_id_gives_inputs_without_a_difference(cloud: Cloud, token: str) -> None:
    inputs, state = cloud.build()[token]
    found = cloud.provider.read(request(token, "it", state.id), {}, {})
    assert found is not None
    assert found.inputs is not None
    news = {key: value for key, value in found.inputs.items() if key != DEFAULTS}
    checked, failures = cloud.provider.check(request(token, "it"), {}, news, b"seed")
    assert not failures
    assert not cloud.provider.diff(request(token, "it", state.id), found.inputs, found.outputs, checked, []).detailed
    local = catalog.find(token).provider_only
    program = {name: found.inputs.get(name) if name in local else value for name, value in inputs.items()}
    assert not cloud.provider.diff(request(token, "it", state.id), found.inputs, found.outputs, program, []).detailed


@pytest.mark.parametrize(
    ("token", "short"),
    [
        (NETWORK, "net"),
        (SUBNETWORK, "europe-west4/sub"),
        (CLUSTER, f"{PROJECT}/europe-west4/main"),
        (BUCKET, "demo-models"),
    ],
)
def test_import_by_a_short_id(cloud: Cloud, token: str, short: str) -> None:
    state = cloud.build()[token][1]
    found = cloud.provider.read(request(token, "it", short), {}, {})
    assert found is not None
    assert found.id == state.id


def test_ids_and_links_are_the_real_ones(cloud: Cloud) -> None:
    made = cloud.build()
    assert made[NETWORK][1].id == "projects/demo-project/global/networks/net"
    assert made[SUBNETWORK][1].id == "projects/demo-project/regions/europe-west4/subnetworks/sub"
    assert made[CLUSTER][1].id == "projects/demo-project/locations/europe-west4/clusters/main"
    assert made[POOL][1].id == "projects/demo-project/locations/europe-west4/clusters/main/nodePools/pool"
    assert made[BUCKET][1].id == "demo-models"
    assert made[ACCOUNT][1].id == "projects/demo-project/serviceAccounts/nodes-sa@demo-project.iam.gserviceaccount.com"
    base = "https://www.googleapis.com/compute/v1/"
    assert made[SUBNETWORK][1].outputs["selfLink"] == base + made[SUBNETWORK][1].id
    assert made[SUBNETWORK][1].outputs["network"] == base + made[NETWORK][1].id
    assert made[CLUSTER][1].outputs["network"] == "projects/demo-project/global/networks/net"


def test_an_automatic_name_is_repeatable_and_stays(cloud: Cloud) -> None:
    first = cloud.inputs(NETWORK, {})
    assert first["name"].startswith("it-")
    assert len(first["name"]) == len("it-") + 7
    assert first == cloud.inputs(NETWORK, {})
    assert "name" in first[DEFAULTS]
    later, _ = cloud.provider.check(request(NETWORK, "it"), first, {}, b"another seed")
    assert later["name"] == first["name"]


def test_a_replacement_by_an_own_name_deletes_first(cloud: Cloud) -> None:
    inputs, state = cloud.create(NETWORK)
    assert cloud.diff(NETWORK, inputs, state, description="new").delete_before_replace
    news = cloud.inputs(NETWORK, {})
    automatic = cloud.provider.create(request(NETWORK, "it"), news)
    changed = cloud.inputs(NETWORK, {"description": "new"}, news)
    diff = cloud.provider.diff(request(NETWORK, "it", automatic.id), news, automatic.outputs, changed, [])
    assert diff.detailed
    assert not diff.delete_before_replace


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("gcp:compute/instance:Instance", "no named source"),
        ("gcp:sql/databaseInstance:DatabaseInstance", "no named source"),
        ("gcp:container/clusters:Cluster", "no named source"),
    ],
)
def test_a_type_without_a_source_is_refused(cloud: Cloud, token: str, reason: str) -> None:
    with pytest.raises(ProviderError, match=reason):
        cloud.provider.check(request(token, "it"), {}, {}, b"")


def test_schema_files_are_only_of_offered_types() -> None:
    assert set(schema.available()) <= set(catalog.HOME)
    for path in schema.FOLDER.glob("*.json"):
        plain = json.loads(path.read_text())
        assert path.read_text() == json.dumps(plain, indent=1, sort_keys=True) + "\n"


def test_unknown_inputs_of_a_preview_pass(cloud: Cloud) -> None:
    news = {**VALID[SUBNETWORK], "network": UNKNOWN, "ipCidrRange": UNKNOWN}
    inputs = cloud.inputs(SUBNETWORK, news)
    state = cloud.provider.create(request(SUBNETWORK, "it", preview=True), inputs)
    assert state.outputs["network"] is UNKNOWN
    assert state.outputs["selfLink"] is UNKNOWN
    assert state.outputs["project"] == PROJECT


def test_an_unknown_input_that_forces_a_replacement_shows_one(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    inputs, state = cloud.create(SUBNETWORK)
    diff = cloud.diff(SUBNETWORK, inputs, state, network=UNKNOWN)
    assert diff.detailed["network"].replaces


def _secrets(value: object) -> Iterator[object]:
    if isinstance(value, Secret):
        yield value.value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item)


def test_secrets_stay_secret(cloud: Cloud) -> None:
    cloud.create(BUCKET)
    inputs, state = cloud.create(
        OBJECT, metadata={"key": Secret("s3cret"), "plain": "x"}, cacheControl=Secret("hidden")
    )
    assert isinstance(state.outputs["content"], Secret)  # sensitive by the schema
    assert set(_secrets(state.outputs)) == {"hello", "s3cret", "hidden"}
    assert state.outputs["metadata"]["plain"] == "x"
    fresh = cloud.read(OBJECT, inputs, state)
    assert fresh is not None
    assert fresh.outputs == state.outputs
    assert fresh.inputs == inputs
    preview = cloud.provider.create(request(OBJECT, "it", preview=True), inputs)
    assert "s3cret" not in repr(preview)
    assert cloud.store.path.stat().st_mode & 0o777 == 0o600


def test_secret_blocks_are_checked_inside(cloud: Cloud) -> None:
    news = {**VALID[CLUSTER], "privateClusterConfig": Secret({"enablePrivateNodez": True})}
    assert "enablePrivateNodez" in str(cloud.check(CLUSTER, news))


def test_labels_of_provider_and_pulumi(tmp_path: Path) -> None:
    write_cluster(tmp_path)
    cloud = Cloud(tmp_path, defaultLabels='{"team": "ml"}')
    inputs, state = cloud.create(BUCKET, labels={"app": "x"})
    wanted = {"team": "ml", "app": "x", "goog-pulumi-provisioned": "true"}
    assert state.outputs["labels"] == {"app": "x"}
    assert state.outputs["pulumiLabels"] == state.outputs["effectiveLabels"] == wanted
    other = Cloud(tmp_path, defaultLabels={"team": "web"}, addPulumiAttributionLabel="false")
    assert list(other.diff(BUCKET, inputs, state).detailed) == ["pulumiLabels"]


def test_cluster_needs_a_local_api_server_and_follows_its_port(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    cloud.build(NETWORK, SUBNETWORK)
    with pytest.raises(ProviderError, match="slipway cluster start"):
        cloud.create(CLUSTER)
    cloud.store.delete(CLUSTER, f"projects/{PROJECT}/locations/europe-west4/clusters/main")
    write_cluster(tmp_path)
    inputs, state = cloud.create(CLUSTER)
    assert state.outputs["endpoint"] == "127.0.0.1:6443"
    assert state.outputs["masterAuth"]["clusterCaCertificate"] == "Q0E="
    assert state.outputs["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"] == "127.0.0.1:6443"
    write_cluster(tmp_path, "127.0.0.1:7000")
    fresh = cloud.read(CLUSTER, inputs, state)
    assert fresh is not None
    assert fresh.outputs["endpoint"] == "127.0.0.1:7000"
    assert fresh.inputs == inputs


def test_external_cluster_says_that_its_nodes_are_left_alone(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER, POOL)
    assert any("cluster of your own" in line for line in cloud.logged)


def test_key_rings_cannot_be_made_again(cloud: Cloud) -> None:
    inputs, state = cloud.create(RING)
    cloud.delete(RING, inputs, state)
    with pytest.raises(ProviderError, match="already exists"):
        cloud.create(RING)


OVERWRITTEN = {token for token in EVERY if catalog.find(token).overwrites}


def test_what_is_created_over_an_existing_one_is_known_of_the_real_provider() -> None:
    members = {token for token in EVERY if "member" in token.lower()}
    assert {OBJECT, RECORDS, POLICY, SERVICE, AUDIT_CONFIG} | members == OVERWRITTEN


@pytest.mark.parametrize("token", sorted(OVERWRITTEN))
def test_the_same_twice_is_no_conflict(cloud: Cloud, token: str) -> None:
    _, state = cloud.build()[token]
    assert cloud.create(token)[1].outputs == state.outputs


@pytest.mark.parametrize("token", sorted(set(EVERY) - {BUDGET} - OVERWRITTEN))
def test_the_same_twice_is_a_conflict(cloud: Cloud, token: str) -> None:
    cloud.build()
    with pytest.raises(
        ProviderError, match=r"Error creating .*: googleapi: Error 409: .*(already exists|Already exists|already own)"
    ):
        cloud.create(token)


def test_an_unknown_location_stays_unknown(cloud: Cloud) -> None:
    inputs = cloud.inputs(POOL, {**VALID[POOL], "location": UNKNOWN, "cluster": UNKNOWN})
    state = cloud.provider.create(request(POOL, "it", preview=True), inputs)
    assert state.outputs["location"] is UNKNOWN
    assert state.outputs["nodeCount"] == 1


def test_secrets_in_lists_stay_secret(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    ranges = [
        {"rangeName": "a", "ipCidrRange": Secret("10.1.0.0/20")},
        {"rangeName": "b", "ipCidrRange": "10.2.0.0/20"},
    ]
    inputs, state = cloud.create(SUBNETWORK, secondaryIpRanges=ranges)
    assert state.outputs["secondaryIpRanges"] == ranges
    cloud.store.change(SUBNETWORK, state.id, {"secondaryIpRanges": []})
    drifted = cloud.read(SUBNETWORK, inputs, state)
    assert drifted is not None
    assert isinstance(drifted.outputs["secondaryIpRanges"], Secret)  # which one was secret is not known any more


def test_automatic_names_by_the_stacks_wish(cloud: Cloud) -> None:
    wish = Request(request(NETWORK, "it").urn, autonaming=Autonaming("wanted"))
    assert cloud.provider.check(wish, {}, {}, b"seed")[0]["name"] == "wanted"
    never = Request(wish.urn, autonaming=Autonaming(disabled=True))
    assert [failure.property for failure in cloud.provider.check(never, {}, {}, b"seed")[1]] == ["name"]


def test_a_cluster_file_that_cannot_be_read(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    (cloud.local / "cluster.json").write_text("{}")
    with pytest.raises(ProviderError, match=r"cluster\.json: not readable .*slipway cluster start"):
        cloud.create(CLUSTER)
    assert not cloud.store.all(CLUSTER)


def test_a_preview_of_an_update_says_what_it_would_be(cloud: Cloud) -> None:
    inputs, state = cloud.build()[POOL]
    where = Request(request(POOL, "it").urn, state.id, preview=True)
    planned = cloud.provider.update(where, inputs, state.outputs, {**inputs, "nodeCount": 3}, [])
    assert planned == {**state.outputs, "nodeCount": 3}
    assert (cloud.store.get(POOL, state.id) or {})["nodeCount"] == 1
