"""Workload identity pools and their providers: who outside Google may act as whom.

Sources: IAM REST reference (projects.locations.workloadIdentityPools, providers: lengths, attribute mappings and
conditions, soft deletion for 30 days), "Configure Workload Identity Federation with deployment pipelines" (issuers
that many customers share need a condition), terraform-provider-google `resource_iam_workload_identity_pool.go` and
`resource_iam_workload_identity_pool_provider.go` (a deleted one reads as gone). CEL is not evaluated: only which names
an expression uses. Left out, so refused: SAML, X.509, trust domains.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import graves
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import POOL_ID
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import Reference, last
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

POOL: Final = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
PROVIDER: Final = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
IDENTITY_POOL_ID: Final = "projects/{project}/locations/global/workloadIdentityPools/{name}"
#: for so long a deleted pool or provider keeps its id
KEPT_DAYS: Final = 30
_LONGEST: Final = {"displayName": 32, "description": 256}
_SHARED_ISSUERS: Final = {
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://app.terraform.io",
}
_ATTRIBUTE: Final = re.compile(r"google\.(subject|groups)|attribute\.[a-z0-9_]{1,100}")
_MOST_ATTRIBUTES: Final = 50
_LONGEST_EXPRESSION: Final = 2048
_LONGEST_CONDITION: Final = 4096
_MOST_AUDIENCES: Final = 10
_LONGEST_AUDIENCE: Final = 256
_CONDITION: Final = (
    "The attribute condition must reference one of the provider's claims. For more information, see "
    "https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#conditions"
)


def _check_words(values: Values) -> Iterator[tuple[str, str]]:
    for name, most in _LONGEST.items():
        text = values.get(name)
        if isinstance(text, str) and len(text) > most:
            yield name, f"{len(text)} characters, at most {most} are allowed"


def _check_pool(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_words(values)
    yield from one_of("mode", values, {"FEDERATION_ONLY", "TRUST_DOMAIN", "SYSTEM_TRUST_DOMAIN"})
    for name in ("inlineCertificateIssuanceConfig", "inlineTrustConfig", "attestationRules"):
        if values.get(name) is not None or values.get("mode") == "TRUST_DOMAIN":
            yield name if values.get(name) is not None else "mode", "trust domains are not offered by this stand-in"
            return


def _settle_pool(api: Api, identity: str, values: Values) -> Values:
    del values
    _, project, *rest = identity.split("/")
    return {"name": "/".join(["projects", str(api.project_number(project)), *rest]), "state": "ACTIVE", "mode": ""}


def _release_pool(api: Api, identity: str, values: Values) -> None:
    """A pool takes its providers along."""
    del values
    for provider in api.all(PROVIDER, f"{identity}/providers/"):
        if api.records is not None:
            api.records.delete(PROVIDER, provider)
            graves.dig(api.records, PROVIDER, provider, KEPT_DAYS)


def _check_provider(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_words(values)
    for name in ("saml", "x509"):
        if values.get(name) is not None:
            yield name, "not offered by this stand-in; there are oidc and aws"
    account = lookup(values, "aws.accountId")
    if isinstance(account, str) and not re.fullmatch(r"\d{12}", account):
        yield "aws.accountId", f"{account!r} is no AWS account: 12 digits"
    yield from _check_oidc(values.get("oidc"))
    mapping = values.get("attributeMapping")
    yield from _check_mapping(mapping if isinstance(mapping, dict) else {}, required=values.get("oidc") is not None)
    yield from _check_condition(values, mapping if isinstance(mapping, dict) else {})


def _check_oidc(oidc: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(oidc, dict):
        return
    issuer = oidc.get("issuerUri")
    if isinstance(issuer, str) and not re.fullmatch(r"https://[^\s/]+(/\S*)?", issuer):
        yield "oidc.issuerUri", f"{issuer!r} is not an https:// address"
    audiences = oidc.get("allowedAudiences")
    if isinstance(audiences, list):
        if len(audiences) > _MOST_AUDIENCES:
            yield "oidc.allowedAudiences", f"{len(audiences)} audiences, at most {_MOST_AUDIENCES} are allowed"
        for index, text in enumerate(audiences):
            if isinstance(text, str) and not 0 < len(text) <= _LONGEST_AUDIENCE:
                yield f"oidc.allowedAudiences[{index}]", f"an audience has 1 to {_LONGEST_AUDIENCE} characters"


def _check_mapping(mapping: Values, *, required: bool) -> Iterator[tuple[str, str]]:
    if (required or mapping) and "google.subject" not in mapping:
        yield "attributeMapping", "needs a mapping to google.subject ('google.subject': 'assertion.sub')"
    if sum(key.startswith("attribute.") for key in mapping) > _MOST_ATTRIBUTES:
        yield "attributeMapping", f"at most {_MOST_ATTRIBUTES} custom attributes are allowed"
    for key, text in mapping.items():
        where = f'attributeMapping["{key}"]'
        if not _ATTRIBUTE.fullmatch(key):
            yield where, f"{key!r} is not google.subject, google.groups or attribute.NAME (a-z, 0-9, _)"
        if isinstance(text, str) and not 0 < len(text) <= _LONGEST_EXPRESSION:
            yield where, f"an expression has 1 to {_LONGEST_EXPRESSION} characters"
        elif isinstance(text, str) and "assertion" not in text and not re.search(r"['\"]", text):
            yield where, f"{text!r} uses no claim (assertion.sub)"


def _check_condition(values: Values, mapping: Values) -> Iterator[tuple[str, str]]:
    condition, issuer = values.get("attributeCondition"), lookup(values, "oidc.issuerUri")
    if condition is not None and not isinstance(condition, str):
        return
    text = condition or ""
    if len(text) > _LONGEST_CONDITION:
        yield "attributeCondition", f"{len(text)} characters, at most {_LONGEST_CONDITION} are allowed"
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)
    used = set(re.findall(r"\b(?:attribute|google)\.[a-z0-9_]+", bare))
    for name in sorted(used - set(mapping)):
        yield "attributeCondition", f"{name} is used but not mapped in attributeMapping"
    claims = "assertion" in bare or used
    if isinstance(issuer, str) and issuer.rstrip("/") in _SHARED_ISSUERS and not claims:
        yield "attributeCondition", _CONDITION


def _parts_provider(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"pool": last(values["workloadIdentityPoolId"])}


def _settle_provider(api: Api, identity: str, values: Values) -> Values:
    del values
    _, project, *rest = identity.split("/")
    return {"name": "/".join(["projects", str(api.project_number(project)), *rest]), "state": "ACTIVE"}


KINDS: Final = [
    Kind(
        POOL,
        "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}",
        "WorkloadIdentityPool",
        name=POOL_ID,
        name_property="workloadIdentityPoolId",
        autoname=False,
        exists="Requested entity already exists",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_pool,
        settle=_settle_pool,
        release=_release_pool,
        kept_days=KEPT_DAYS,
    ),
    Kind(
        PROVIDER,
        "projects/{project}/locations/global/workloadIdentityPools/{pool}/providers/{workloadIdentityPoolProviderId}",
        "WorkloadIdentityPoolProvider",
        name=POOL_ID,
        name_property="workloadIdentityPoolProviderId",
        autoname=False,
        parts=_parts_provider,
        exists="Requested entity already exists",
        references={"workloadIdentityPoolId": Reference(POOL, IDENTITY_POOL_ID)},
        parent="workloadIdentityPoolId",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_provider,
        settle=_settle_provider,
        kept_days=KEPT_DAYS,
    ),
]
