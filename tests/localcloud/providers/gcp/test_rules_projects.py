"""Projects, their services and budgets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.gcp import catalog, enablement
from localcloud.providers.gcp.api import APIS_FILE
from localcloud.providers.model import ProviderError
from tests.support.gcp import (
    BUCKET,
    BUCKET_MEMBER,
    BUDGET,
    NETWORK,
    OBJECT,
    PROJECT,
    ROUTER,
    SERVICE,
    VALID,
    Cloud,
    Refused,
    ids,
)

REFUSED: list[Refused] = [
    (SERVICE, {"service": "container"}, "no service name"),
    (BUDGET, {"billingAccount": "12"}, "no billing account"),
    (BUDGET, {"displayName": "d" * 61}, "at most 60"),
    (BUDGET, {"amount": {}}, "must be specified"),
    (BUDGET, {"amount": {"lastPeriodAmount": False}}, "false is an error"),
    (BUDGET, {"amount": {"specifiedAmount": {"units": "5.5"}}}, "no whole number"),
    (BUDGET, {"amount": {"specifiedAmount": {"units": "-5"}}}, "not negative"),
    (BUDGET, {"amount": {"specifiedAmount": {"units": "5", "currencyCode": "Euro"}}}, "no ISO 4217 code"),
    (BUDGET, {"thresholdRules": [{"thresholdPercent": -1}]}, "less than 0"),
    (BUDGET, {"thresholdRules": [{"thresholdPercent": 1, "spendBasis": "GUESSED"}]}, "expected spendBasis"),
    (BUDGET, {"allUpdatesRule": {"disableDefaultIamRecipients": True}}, "at least one of pubsubTopic"),
    (BUDGET, {"allUpdatesRule": {"pubsubTopic": "topic"}}, "is not projects/PROJECT/topics/TOPIC"),
    (BUDGET, {"budgetFilter": {"projects": ["projects/demo-project"]}}, "is not projects/NUMBER"),
    (BUDGET, {"budgetFilter": {"calendarPeriod": "WEEK"}}, "expected calendarPeriod"),
    (BUDGET, {"budgetFilter": {"creditTypes": ["X"]}}, "INCLUDE_SPECIFIED_CREDITS"),
    (BUDGET, {"budgetFilter": {"labels": {"a": "b", "c": "d"}}}, "only one label"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (BUDGET, {"budgetFilter": {"projects": ["projects/123456789012"], "calendarPeriod": "MONTH"}}),
    (BUDGET, {"amount": {"lastPeriodAmount": True}}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


def test_project_and_place_come_from_the_provider_or_are_asked_for(cloud: Cloud) -> None:
    bare = Cloud(cloud.local, project="", region="")
    with pytest.raises(ProviderError, match="project: required field is not set"):
        bare.create(NETWORK)
    with pytest.raises(ProviderError, match="region: required field is not set"):
        bare.create(ROUTER, project=PROJECT)
    assert "demo" not in str(bare.provider.check_config({"project": "demo-project"}))
    assert "6 to 30" in str(bare.provider.check_config({"project": "Demo"}))


def test_two_budgets_of_one_name_are_two(cloud: Cloud) -> None:
    first, second = cloud.create(BUDGET)[1], cloud.create(BUDGET)[1]
    assert first.id != second.id
    assert first.id == f"billingAccounts/012345-6789AB-CDEF01/budgets/{first.outputs['name']}"


def test_a_service_stays_enabled_unless_it_is_to_be_disabled(cloud: Cloud) -> None:
    made = cloud.create(SERVICE, disableOnDestroy=None)
    cloud.delete(SERVICE, *made)
    assert cloud.read(SERVICE, *made)
    inputs, state = cloud.create(SERVICE)
    cloud.delete(SERVICE, inputs, state)
    assert cloud.read(SERVICE, inputs, state) is None


def test_deletion_policy(cloud: Cloud) -> None:
    made = cloud.create(NETWORK, deletionPolicy="PREVENT")
    with pytest.raises(ProviderError, match='cannot destroy Network without setting deletion_policy="DELETE"'):
        cloud.delete(NETWORK, *made)
    inputs, state = made
    abandoned = cloud.update(NETWORK, inputs, state, deletionPolicy="ABANDON")
    cloud.delete(NETWORK, inputs, abandoned)
    assert cloud.read(NETWORK, inputs, abandoned)


@pytest.fixture
def new(cloud: Cloud) -> Cloud:
    """A cloud whose projects are new: APIs are off."""
    (cloud.store.root / APIS_FILE).unlink()
    return cloud


def test_every_type_has_an_api() -> None:
    assert {enablement.api_of(token)[0] for token in catalog.HOME} >= {
        "compute",
        "container",
        "cloudkms",
        "serviceusage",
    }


@pytest.mark.parametrize("token", sorted(set(VALID) - {SERVICE, BUCKET, OBJECT, BUCKET_MEMBER}))
def test_an_api_that_is_off_is_refused(cloud: Cloud, token: str) -> None:
    cloud.build_before(token)
    (cloud.store.root / APIS_FILE).unlink()
    name, title = enablement.api_of(token)
    cloud.store.delete(SERVICE, f"{PROJECT}/container.googleapis.com")
    number = cloud.provider.invoke("gcp:organizations/getProject:getProject", {})["number"]
    said = f"Error 403: {title} has not been used in project {number} before or it is disabled. Enable it by visiting"
    with pytest.raises(ProviderError, match=re.escape(said)):
        cloud.create(token)
    cloud.create(SERVICE, service=f"{name}.googleapis.com")
    cloud.create(token)


def test_storage_is_on_in_a_new_project(new: Cloud) -> None:
    new.build(BUCKET, OBJECT)


def test_the_api_is_that_of_the_resources_own_project(new: Cloud) -> None:
    new.create(SERVICE, service="compute.googleapis.com")
    with pytest.raises(ProviderError, match="Compute Engine API has not been used in project"):
        new.create(NETWORK, project="other-project")
    new.create(NETWORK)


def test_an_update_needs_the_api_too(new: Cloud) -> None:
    enabled = new.create(SERVICE, service="compute.googleapis.com")
    made = new.create(NETWORK)
    new.store.delete(SERVICE, enabled[1].id)
    with pytest.raises(ProviderError, match="Compute Engine API has not been used in project"):
        new.update(NETWORK, *made, routingMode="GLOBAL")


def test_an_api_in_use_is_not_disabled(cloud: Cloud) -> None:
    compute = cloud.create(SERVICE, service="compute.googleapis.com")
    container = cloud.create(SERVICE)
    with pytest.raises(ProviderError, match=r"depended on by the following active service\(s\): container\."):
        cloud.delete(SERVICE, *compute)
    cloud.delete(SERVICE, *container)
    network = cloud.create(NETWORK)
    with pytest.raises(
        ProviderError, match="is used by 1 resources, such as 'projects/demo-project/global/networks/net'"
    ):
        cloud.delete(SERVICE, *compute)
    inputs, state = compute
    forced = cloud.update(SERVICE, inputs, state, disableDependentServices=True)
    cloud.delete(SERVICE, inputs, forced)
    assert cloud.read(NETWORK, *network)


def test_container_brings_compute_along(new: Cloud) -> None:
    new.build(SERVICE)
    new.create(NETWORK)
