"""What stacks read of each other, and what they say when it does not fit."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from slipway.addresses import full_image, kubeconfig
from slipway.contract import Contract, Entrance, deployer_id, derive, nodes_id, own_bucket, parse
from slipway.errors import FailedError
from slipway.repository import team_name
from tests.support.repositories import DEV, DIGEST, TEMPLATE

if TYPE_CHECKING:
    from tests.support.repositories import Clone


@pytest.fixture
def derived(clone: Clone) -> Contract:
    return derive(clone.desired("dev"))


@pytest.fixture
def published(derived: Contract) -> Contract:
    return dataclasses.replace(derived, endpoint="gke-1234.europe-west4.gke.goog", certificate_authority="Q0E=")


def test_before_the_platform_exists_only_the_cloud_s_part_is_unknown(derived: Contract) -> None:
    unknown = [name for name, value in dataclasses.asdict(derived).items() if value is None and name != "gateway"]
    assert unknown == ["endpoint", "certificate_authority"]
    assert not derived.known
    assert derived.cluster_id == "projects/acme-dev/locations/europe-west4/clusters/main"
    assert derived.registries == {
        "ml": "europe-west4-docker.pkg.dev/acme-dev/ml",
        "quay": "europe-west4-docker.pkg.dev/acme-dev/quay",
        "hub": "europe-west4-docker.pkg.dev/acme-dev/hub",
    }
    assert derived.buckets == {"models": "acme-dev-dev-models"}
    assert derived.deployers == {
        "growth": "deploy-growth@acme-dev.iam.gserviceaccount.com",
        "search": "deploy-search@acme-dev.iam.gserviceaccount.com",
    }


def test_published_and_read_is_the_same(derived: Contract, published: Contract) -> None:
    assert parse(published.to_json(), derived) == published
    assert parse(dataclasses.asdict(published), derived) == published
    assert published.known


def test_the_contract_s_bucket_is_nobody_else_s(clone: Clone, derived: Contract) -> None:
    assert own_bucket(clone.desired("dev")) == "acme-dev-dev-slipway"
    assert own_bucket(clone.desired("dev")) not in derived.buckets.values()


def without(name: str) -> Any:
    return lambda value: {key: item for key, item in value.items() if key != name}


WRONG: list[tuple[str, Any, str]] = [
    ("text", lambda _: "no json", "is no JSON; publish it again"),
    ("list", lambda _: "[]", "is no JSON object; publish it again"),
    ("number", lambda _: "3", "is no JSON object; publish it again"),
    ("version", lambda value: {**value, "version": 1}, "has version 1, and this Slipway reads 2; update the platform first"),
    ("no-version", without("version"), "has version None, and this Slipway reads 2"),
    ("lacks", without("endpoint"), "lacks endpoint; publish it again"),
    ("environment", lambda value: {**value, "environment": "production"}, "says environment is `production`, the environment file `dev`; update the platform stack first"),
    ("project", lambda value: {**value, "project": "other"}, "says project is `other`, the environment file `acme-dev`"),
    ("location", lambda value: {**value, "location": "us-east1"}, "says location is `us-east1`"),
    ("registry", lambda value: {**value, "registries": {}}, "has no registries hub, ml, quay; update the platform stack first"),
    ("bucket", lambda value: {**value, "buckets": {}}, "has no buckets models; update the platform stack first"),
    ("team", lambda value: {**value, "deployers": {"growth": "x"}}, "has no deployers search; update the platform stack first"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_what_does_not_fit_is_named(derived: Contract, published: Contract, name: str, change: Any, said: str) -> None:
    del name
    with pytest.raises(FailedError) as failed:
        parse(change(dataclasses.asdict(published)), derived)
    assert str(failed.value).startswith("the contract of environment `dev` (contract/v2.json) ")
    assert said in str(failed.value)


def test_keys_of_a_later_slipway_are_no_obstacle(derived: Contract, published: Contract) -> None:
    assert parse({**dataclasses.asdict(published), "later": 1}, derived) == published


def test_a_kubeconfig_holds_no_credential(published: Contract) -> None:
    text = kubeconfig(published, {"B": "2", "A": "1"})
    found = json.loads(text)
    assert found["clusters"][0]["cluster"] == {
        "server": "https://gke-1234.europe-west4.gke.goog",
        "certificate-authority-data": "Q0E=",
    }
    user = found["users"][0]["user"]
    assert list(user) == ["exec"]
    assert user["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert user["exec"]["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert found["current-context"] == found["contexts"][0]["name"] == published.cluster_id
    assert "env" not in json.loads(kubeconfig(published))["users"][0]["user"]["exec"]
    assert not any(word in text for word in ("token", "password", "client-key"))


def test_a_dns_endpoint_is_trusted_as_the_public_web_is(published: Contract) -> None:
    """GKE serves it at Google's front end: with the cluster's own authority every handshake would fail."""
    found = json.loads(kubeconfig(dataclasses.replace(published, certificate_authority="")))
    assert found["clusters"][0]["cluster"] == {"server": "https://gke-1234.europe-west4.gke.goog"}


def test_images_are_made_whole(clone: Clone, published: Contract) -> None:
    churn = clone.desired("dev").services[0]
    assert full_image(churn, published) == f"europe-west4-docker.pkg.dev/acme-dev/ml/churn@{DIGEST}"


@pytest.mark.parametrize("team", ["a", "growth", "t" * 23])
@pytest.mark.parametrize("name", ["dev", "feature-x", "feature-abcdefghijkl-012345"[:24]])
def test_accounts_fit_google_s_limits(clone: Clone, team: str, name: str) -> None:
    clone.write("environments/feature.yaml", TEMPLATE)
    wanted = clone.desired(name)
    for account in (deployer_id(wanted, team_name(team)), nodes_id(wanted)):
        assert 6 <= len(account) <= 30
        assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])", account)


def test_a_preview_takes_what_the_platform_s_next_update_will_add(derived: Contract, published: Contract) -> None:
    before = dataclasses.replace(published, deployers={"growth": published.deployers["growth"]}, registries={})
    with pytest.raises(FailedError, match="has no registries hub, ml, quay"):
        parse(before.to_json(), derived)
    assert parse(before.to_json(), derived, planned=True) == published


GATEWAY = """\
gateway:
  domain: dev.ml.acme.example
  public: [fraud, churn]
"""


def test_the_gateway_s_names_are_known_before_the_platform_exists(clone: Clone) -> None:
    assert derive(clone.desired("dev")).gateway is None
    clone.edit(DEV, "registries:", f"{GATEWAY}registries:")
    found = derive(clone.desired("dev"))
    assert found.gateway == Entrance(
        domain="dev.ml.acme.example",
        certificate="slipway-dev",
        internal_address="slipway-dev-internal",
        public_address="slipway-dev-public",
        public=["churn", "fraud"],
    )
    assert parse(found.to_json(), found) == found


def test_without_public_hosts_there_is_no_public_address(clone: Clone) -> None:
    clone.edit(DEV, "registries:", "gateway: {domain: dev.ml.acme.example}\nregistries:")
    found = derive(clone.desired("dev")).gateway
    assert found
    assert found.public_address is None


def test_another_gateway_than_the_file_s_is_told(clone: Clone, published: Contract) -> None:
    clone.edit(DEV, "registries:", f"{GATEWAY}registries:")
    wanted = derive(clone.desired("dev"))
    with pytest.raises(FailedError, match="has another gateway than the environment file; update the platform"):
        parse(published.to_json(), wanted)
    assert parse(published.to_json(), wanted, planned=True).gateway == wanted.gateway
    cut = {**dataclasses.asdict(wanted), "gateway": {"domain": "dev.ml.acme.example"}}
    with pytest.raises(FailedError, match=r"lacks gateway\.certificate; publish it again"):
        parse(cut, wanted)


def test_what_another_environment_made_is_named_and_not_derived(clone: Clone) -> None:
    clone.edit(DEV, "models: {}", "models: {existing: acme-staging-staging-models}")
    clone.edit(DEV, "  ml: {}", "  ml: {shared: true}\n  pipelines: {format: kfp}")
    found = derive(clone.desired("dev"))
    assert found.buckets == {"models": "acme-staging-staging-models"}
    assert found.registries == {
        "ml": "europe-west4-docker.pkg.dev/acme-dev/ml",
        "pipelines": "europe-west4-kfp.pkg.dev/acme-dev/pipelines",
        "quay": "europe-west4-docker.pkg.dev/acme-dev/quay",
        "hub": "europe-west4-docker.pkg.dev/acme-dev/hub",
    }
