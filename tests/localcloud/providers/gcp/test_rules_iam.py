"""Accounts, members, roles, identity pools and the Binary Authorization policy."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from localcloud.providers.gcp import graves
from localcloud.providers.model import ProviderError
from tests.support.gcp import (
    ACCOUNT,
    ACCOUNT_MEMBER,
    AUDIT_CONFIG,
    BUCKET_MEMBER,
    CLUSTER,
    CUSTOM_ROLE,
    IDENTITY_POOL,
    IDENTITY_PROVIDER,
    NETWORK,
    POLICY,
    PROJECT,
    PROJECT_MEMBER,
    SUBNETWORK,
    VALID,
    Cloud,
    Refused,
    ids,
)

REFUSED: list[Refused] = [
    (AUDIT_CONFIG, {"auditLogConfigs": [{"logType": "EVERYTHING"}]}, "expected logType"),
    (AUDIT_CONFIG, {"auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": ["a"]}]}, "is no principal"),
    (AUDIT_CONFIG, {"service": "storage"}, "neither allServices nor a service"),
    (ACCOUNT, {"accountId": "short"}, "6 to 30"),
    (PROJECT_MEMBER, {"role": "viewer"}, "did you mean 'roles/viewer'"),
    (PROJECT_MEMBER, {"role": "roles/"}, "is not roles/NAME"),
    (PROJECT_MEMBER, {"member": "a@example.com"}, "did you mean 'user:a@example.com'"),
    (PROJECT_MEMBER, {"member": "x@p-demo.iam.gserviceaccount.com"}, "did you mean 'serviceAccount:"),
    (PROJECT_MEMBER, {"member": "users:a@example.com"}, "is no principal"),
    (PROJECT_MEMBER, {"member": "allUsers"}, "cannot have a role on a project"),
    (BUCKET_MEMBER, {"condition": {"title": "x"}}, "condition.expression: Missing required argument"),
    (IDENTITY_POOL, {"workloadIdentityPoolId": "gcp-mine"}, "not starting with gcp-"),
    (IDENTITY_POOL, {"workloadIdentityPoolId": "ci"}, "4 to 32"),
    (IDENTITY_POOL, {"displayName": "d" * 33}, "at most 32"),
    (IDENTITY_POOL, {"mode": "TRUST_DOMAIN"}, "not offered by this stand-in"),
    (IDENTITY_PROVIDER, {"attributeMapping": {"attribute.repository": "assertion.repository"}}, "google.subject"),
    (IDENTITY_PROVIDER, {"attributeMapping": None, "attributeCondition": "true"}, "google.subject"),
    (
        IDENTITY_PROVIDER,
        {"attributeMapping": {"google.subject": "assertion.sub", "repository": "assertion.r"}},
        "attribute.NAME",
    ),
    (
        IDENTITY_PROVIDER,
        {"attributeMapping": {"google.subject": "assertion.sub", "attribute.Repo": "assertion.r"}},
        "attribute.NAME",
    ),
    (
        IDENTITY_PROVIDER,
        {"attributeMapping": {"google.subject": "sub"}, "attributeCondition": "assertion.sub != ''"},
        "uses no claim",
    ),
    (IDENTITY_PROVIDER, {"attributeCondition": None}, "must reference one of the provider's claims"),
    (IDENTITY_PROVIDER, {"attributeCondition": "true"}, "must reference one of the provider's claims"),
    (
        IDENTITY_PROVIDER,
        {"attributeCondition": "'assertion.repository' == 'x'"},
        "must reference one of the provider's claims",
    ),
    (IDENTITY_PROVIDER, {"attributeCondition": "attribute.owner == 'acme'"}, "attribute.owner is used but not mapped"),
    (IDENTITY_PROVIDER, {"oidc": {"issuerUri": "http://issuer.example.com"}}, "not an https:// address"),
    (IDENTITY_PROVIDER, {"oidc": {"issuerUri": "https://i.example.com", "allowedAudiences": ["a"] * 11}}, "at most 10"),
    (IDENTITY_PROVIDER, {"aws": {"accountId": "123456789012"}}, "only one of"),
    (IDENTITY_PROVIDER, {"oidc": None, "aws": {"accountId": "12"}}, "12 digits"),
    (IDENTITY_PROVIDER, {"oidc": None, "saml": {"idpMetadataXml": "x"}}, "not offered by this stand-in"),
    (CUSTOM_ROLE, {"roleId": "slipway-reader"}, "3 to 64 letters"),
    (CUSTOM_ROLE, {"permissions": []}, "Not enough list items"),
    (CUSTOM_ROLE, {"permissions": ["storage.*"]}, "is not SERVICE.RESOURCE.VERB"),
    (CUSTOM_ROLE, {"stage": "NEW"}, "expected stage"),
    (CUSTOM_ROLE, {"title": "t" * 101}, "at most 100"),
    (
        POLICY,
        {"defaultAdmissionRule": {"evaluationMode": "NEVER", "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY"}},
        "expected evaluationMode",
    ),
    (
        POLICY,
        {"defaultAdmissionRule": {"evaluationMode": "REQUIRE_ATTESTATION", "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY"}},
        "at least one attestor",
    ),
    (
        POLICY,
        {
            "defaultAdmissionRule": {
                "evaluationMode": "ALWAYS_DENY",
                "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY",
                "requireAttestationsBies": ["a"],
            }
        },
        "are for evaluationMode REQUIRE_ATTESTATION",
    ),
    (POLICY, {"admissionWhitelistPatterns": [{"namePattern": "gcr.io/*/x"}]}, "a wildcard stands at its end"),
    (POLICY, {"globalPolicyEvaluationMode": "ON"}, "expected globalPolicyEvaluationMode"),
    (
        POLICY,
        {"clusterAdmissionRules": [{**VALID[POLICY]["defaultAdmissionRule"], "cluster": "main"}]},
        "is not LOCATION.CLUSTER",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (
        PROJECT_MEMBER,
        {
            "member": "principal://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p.svc.id.goog/subject/ns/a/sa/b"
        },
    ),
    (
        PROJECT_MEMBER,
        {
            "member": "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/attribute.repository/o/r"
        },
    ),
    (PROJECT_MEMBER, {"role": "projects/demo-project/roles/custom.role"}),
    (BUCKET_MEMBER, {"member": "allUsers"}),
    (IDENTITY_PROVIDER, {"oidc": {"issuerUri": "https://issuer.example.com"}, "attributeCondition": None}),
    (IDENTITY_PROVIDER, {"attributeCondition": "attribute.repository == 'acme/ml'"}),
    (
        IDENTITY_PROVIDER,
        {"oidc": None, "aws": {"accountId": "123456789012"}, "attributeMapping": None, "attributeCondition": None},
    ),
    (POLICY, {"clusterAdmissionRules": [{**VALID[POLICY]["defaultAdmissionRule"], "cluster": "europe-west4.main"}]}),
    (PROJECT_MEMBER, {"member": "deleted:user:a@example.com?uid=123"}),
    (PROJECT_MEMBER, {"member": "domain:example.com"}),
    (PROJECT_MEMBER, {"role": "organizations/123/roles/custom.role"}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (PROJECT_MEMBER, {"member": "serviceAccount:nobody-here@demo-project.iam.gserviceaccount.com"}, "does not exist"),
    (
        ACCOUNT_MEMBER,
        {"serviceAccountId": f"projects/{PROJECT}/serviceAccounts/nobody-here@demo-project.iam.gserviceaccount.com"},
        "was not found",
    ),
    (IDENTITY_PROVIDER, {"workloadIdentityPoolId": "other"}, "workloadIdentityPools/other' was not found"),
    (
        POLICY,
        {
            "defaultAdmissionRule": {
                "evaluationMode": "REQUIRE_ATTESTATION",
                "enforcementMode": "DRYRUN_AUDIT_LOG_ONLY",
                "requireAttestationsBies": ["projects/demo-project/attestors/build"],
            }
        },
        "attestors/build' was not found",
    ),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_a_deleted_pool_keeps_its_id_for_30_days(cloud: Cloud) -> None:
    made = cloud.build(IDENTITY_POOL, IDENTITY_PROVIDER)
    cloud.delete(IDENTITY_POOL, *made[IDENTITY_POOL])
    assert cloud.read(IDENTITY_POOL, *made[IDENTITY_POOL]) is None
    assert cloud.read(IDENTITY_PROVIDER, *made[IDENTITY_PROVIDER]) is None
    with pytest.raises(ProviderError, match="Error 409: Requested entity already exists"):
        cloud.create(IDENTITY_POOL)
    grave = graves.token_of(IDENTITY_POOL), made[IDENTITY_POOL][1].id
    cloud.store.put(*grave, {"until": "2020-01-01T00:00:00+00:00"})
    cloud.create(IDENTITY_POOL)
    with pytest.raises(ProviderError, match="Error 409: Requested entity already exists"):
        cloud.create(IDENTITY_PROVIDER)  # its own 30 days are not over


def test_names_of_pools_have_the_projects_number(cloud: Cloud) -> None:
    (cloud.store.root).mkdir(parents=True, exist_ok=True)
    (cloud.store.root / "projects.json").write_text(json.dumps({PROJECT: "100000000002"}))
    made = cloud.build(IDENTITY_POOL, IDENTITY_PROVIDER)
    home = "projects/100000000002/locations/global/workloadIdentityPools/github"
    assert made[IDENTITY_POOL][1].outputs["name"] == home
    assert made[IDENTITY_PROVIDER][1].outputs["name"] == f"{home}/providers/repository"
    assert cloud.provider.invoke("gcp:organizations/getProject:getProject", {})["number"] == "100000000002"


def test_a_custom_role_has_to_exist(cloud: Cloud) -> None:
    with pytest.raises(ProviderError, match=r"Role \(projects/demo-project/roles/slipwayReader\) does not exist"):
        cloud.create(PROJECT_MEMBER, role=f"projects/{PROJECT}/roles/slipwayReader")
    cloud.create(CUSTOM_ROLE)
    cloud.create(PROJECT_MEMBER, role=f"projects/{PROJECT}/roles/slipwayReader")


@pytest.mark.parametrize(
    "email",
    [
        "service-{}@container-engine-robot.iam.gserviceaccount.com",
        "service-{}@gcp-sa-secretmanager.iam.gserviceaccount.com",
        "service-{}@gs-project-accounts.iam.gserviceaccount.com",
        "{}-compute@developer.gserviceaccount.com",
        "{}@cloudservices.gserviceaccount.com",
    ],
)
def test_googles_own_accounts_are_there_for_known_projects(cloud: Cloud, email: str) -> None:
    number = cloud.provider.invoke("gcp:organizations/getProject:getProject", {})["number"]
    cloud.create(PROJECT_MEMBER, member=f"serviceAccount:{email.format(number)}")
    with pytest.raises(ProviderError, match=r"Service account .*123456789012.* does not exist"):
        cloud.create(PROJECT_MEMBER, member=f"serviceAccount:{email.format(123456789012)}")


@pytest.mark.parametrize(
    "member",
    [
        f"serviceAccount:{PROJECT}.svc.id.goog[team/churn]",
        f"principalSet://iam.googleapis.com/projects/{{}}/locations/global/workloadIdentityPools/{PROJECT}.svc.id.goog/namespace/team",
    ],
)
def test_gkes_pool_is_there_once_a_cluster_is(cloud: Cloud, member: str) -> None:
    """google/kctf#193."""
    number = cloud.provider.invoke("gcp:organizations/getProject:getProject", {})["number"]
    cloud.build(NETWORK, SUBNETWORK)
    with pytest.raises(ProviderError, match=r"Identity Pool does not exist \(demo-project\.svc\.id\.goog\)"):
        cloud.create(PROJECT_MEMBER, member=member.format(number))
    cloud.create(CLUSTER)
    cloud.create(PROJECT_MEMBER, member=member.format(number))


def test_a_pool_is_of_its_own_project(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, CLUSTER)
    pool = f"projects/123456789012/locations/global/workloadIdentityPools/{PROJECT}.svc.id.goog"
    with pytest.raises(ProviderError, match="there is no project 123456789012"):
        cloud.create(PROJECT_MEMBER, member=f"principalSet://iam.googleapis.com/{pool}/namespace/team")
