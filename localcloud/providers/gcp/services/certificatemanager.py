"""Certificate Manager: certificates that Google issues and renews, and the DNS authorizations that prove a domain.

Fields: terraform-provider-google `resource_certificate_manager_certificate.go` and
`resource_certificate_manager_dns_authorization.go`. Rules: Certificate Manager documentation, "Manage certificates"
(load balancer authorization is global only and has no wildcards; regional certificates take DNS authorizations),
"Manage DNS authorizations" (a regional one has the type PER_PROJECT_RECORD), "Domain authorization types". A managed
certificate is ACTIVE here once the records of its authorizations are in a zone of the stand-in, PROVISIONING before.
Left out, so refused: certificates by a certificate authority of one's own (issuanceConfig).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors, locations
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import CERTIFICATE as CERTIFICATE_NAME
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import relative
from localcloud.providers.gcp.services.dns import RECORDS
from localcloud.providers.gcp.services.network import one_of
from localcloud.providers.gcp.tables import deletion_policy, field, labels, project, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

CERTIFICATE: Final = "gcp:certificatemanager/certificate:Certificate"
AUTHORIZATION: Final = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization"
_PEM_CERTIFICATE: Final = ("selfManaged.certificatePem", "selfManaged.pemCertificate")
_PEM_KEY: Final = ("selfManaged.pemPrivateKey", "selfManaged.privateKeyPem")
_CERTIFICATE_TABLE: Final = table(
    CERTIFICATE,
    "terraform-provider-google, resource_certificate_manager_certificate.go "
    "(schema of google_certificate_manager_certificate)",
    field("name", "string required force_new"),
    field("description", "string optional"),
    field("location", "string optional force_new", default="global"),
    field("scope", "string optional force_new", default="DEFAULT"),
    field(
        "managed",
        "object optional force_new",
        field("dnsAuthorizations", "list optional force_new", element="string"),
        field("domains", "list optional force_new", element="string"),
        field("state", "string computed"),
        field(
            "authorizationAttemptInfos",
            "list computed",
            field("details", "string computed"),
            field("domain", "string computed"),
            field("failureReason", "string computed"),
            field("state", "string computed"),
        ),
        field(
            "provisioningIssues",
            "list computed",
            field("details", "string computed"),
            field("reason", "string computed"),
        ),
        exactly_one_of=("managed", "selfManaged"),
    ),
    field(
        "selfManaged",
        "object optional force_new",
        field("certificatePem", "string optional force_new sensitive", exactly_one_of=_PEM_CERTIFICATE),
        field("pemCertificate", "string optional force_new", exactly_one_of=_PEM_CERTIFICATE),
        field("pemPrivateKey", "string optional force_new sensitive", exactly_one_of=_PEM_KEY),
        field("privateKeyPem", "string optional force_new sensitive", exactly_one_of=_PEM_KEY),
        exactly_one_of=("managed", "selfManaged"),
    ),
    field("sanDnsnames", "list computed", element="string"),
    *labels(),
    project(),
    deletion_policy(),
)
_AUTHORIZATION_TABLE: Final = table(
    AUTHORIZATION,
    "terraform-provider-google, resource_certificate_manager_dns_authorization.go "
    "(schema of google_certificate_manager_dns_authorization)",
    field("name", "string required force_new"),
    field("domain", "string required force_new"),
    field("description", "string optional"),
    field("location", "string optional force_new", default="global"),
    field("type", "string optional computed force_new"),
    field(
        "dnsResourceRecords",
        "list computed",
        field("data", "string computed"),
        field("name", "string computed"),
        field("type", "string computed"),
    ),
    *labels(),
    project(),
    deletion_policy(),
)
_SCOPES: Final = {"DEFAULT", "EDGE_CACHE", "ALL_REGIONS", "CLIENT_AUTH"}
_DOMAIN: Final = re.compile(r"((?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST_DOMAIN: Final = 253
_MOST_DOMAINS: Final = 100
_AUTHORIZATION_ID: Final = re.compile(r"projects/([^/]+)/locations/([^/]+)/dnsAuthorizations/([^/]+)")


def _check_location(values: Values) -> Iterator[tuple[str, str]]:
    location = values.get("location", "global")
    if isinstance(location, str) and location != "global" and not locations.is_region(location):
        yield "location", f"unknown location {location!r}: a region or 'global'"


def _domain_refusal(domain: str) -> str:
    if len(domain) > _LONGEST_DOMAIN or not _DOMAIN.fullmatch(domain):
        return f"{domain!r} is no domain (api.example.com, lower case, without a dot at the end)"
    return ""


def _check_certificate(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_location(values)
    yield from one_of("scope", values, _SCOPES)
    regional = values.get("location", "global") != "global"
    if regional and values.get("scope", "DEFAULT") not in {"DEFAULT", "CLIENT_AUTH"}:
        yield "scope", f"scope {values['scope']} is for certificates of location global"
    pem = lookup(values, "selfManaged.pemCertificate") or lookup(values, "selfManaged.certificatePem")
    if isinstance(pem, str) and "-----BEGIN CERTIFICATE-----" not in pem:
        yield "selfManaged.pemCertificate", "no certificate in PEM form"
    managed = values.get("managed")
    if isinstance(managed, dict):
        yield from _check_managed(managed, regional=regional)


def _check_managed(managed: Values, *, regional: bool) -> Iterator[tuple[str, str]]:
    domains, authorizations = managed.get("domains"), managed.get("dnsAuthorizations")
    if not domains:
        yield "managed.domains", "a managed certificate needs at least one domain"
    if regional and not authorizations:
        yield "managed.dnsAuthorizations", "a regional managed certificate needs DNS authorizations"
    if not isinstance(domains, list):
        return
    if len(domains) > _MOST_DOMAINS:
        yield "managed.domains", f"{len(domains)} domains, at most {_MOST_DOMAINS} are allowed"
    for index, domain in enumerate(domains):
        if not isinstance(domain, str):
            continue
        if refusal := _domain_refusal(domain.removeprefix("*.")):
            yield f"managed.domains[{index}]", refusal
        elif domain.startswith("*.") and not authorizations:
            yield f"managed.domains[{index}]", "a wildcard needs a DNS authorization"
        elif domain in domains[:index]:
            yield f"managed.domains[{index}]", f"{domain} stands twice"


def _admit_certificate(api: Api, identity: str, values: Values, old: Values | None) -> None:
    if old is not None:
        return
    _, project_of, _, location, *_ = identity.split("/")
    covered: set[str] = set()
    for link in lookup(values, "managed.dnsAuthorizations") or []:
        match = _AUTHORIZATION_ID.fullmatch(relative(link))
        if not match:
            raise errors.invalid("certificate.managed.dns_authorizations", link, "Malformed name.")
        record = api.get(AUTHORIZATION, relative(link))
        if record is None:
            raise errors.not_found(relative(link))
        if (match[1], match[2]) != (project_of, location):
            raise errors.bad_request(
                f"DNS authorization '{relative(link)}' must be in the certificate's project and location '{location}'."
            )
        covered.add(record["domain"])
    domains = lookup(values, "managed.domains") or []
    missing = [domain for domain in domains if domain.removeprefix("*.") not in covered]
    if covered and missing:
        raise errors.bad_request(f"There is no DNS authorization for the domain '{missing[0]}'.")


def _settle_certificate(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return {"sanDnsnames": lookup(values, "managed.domains") or []}


def _view_certificate(api: Api, identity: str, values: Values) -> Values:
    del identity
    if not values.get("managed"):
        return {}
    attempts: list[Values] = []
    links = lookup(values, "managed.dnsAuthorizations") or []
    known = {record["domain"]: record for link in links if (record := api.get(AUTHORIZATION, relative(link)))}
    for domain in lookup(values, "managed.domains") or []:
        record = known.get(domain.removeprefix("*."))
        done = record is not None and _is_published(api, record["dnsResourceRecords"][0])
        failed = {} if done else {"failureReason": "CONFIG", "details": ""}
        attempts.append({"domain": domain, "state": "AUTHORIZED" if done else "AUTHORIZING", **failed})
    done = all(attempt["state"] == "AUTHORIZED" for attempt in attempts)
    return {"managed": {"state": "ACTIVE" if done else "PROVISIONING", "authorizationAttemptInfos": attempts}}


def _is_published(api: Api, wanted: Values) -> bool:
    """Whether a zone of the stand-in has this record."""
    return any(
        (record["name"], record["type"]) == (wanted["name"], wanted["type"]) and wanted["data"] in record["rrdatas"]
        for record in api.all(RECORDS).values()
    )


def _check_authorization(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from _check_location(values)
    yield from one_of("type", values, {"FIXED_RECORD", "PER_PROJECT_RECORD"})
    domain = values.get("domain")
    if isinstance(domain, str) and domain.startswith("*."):
        yield "domain", f"leave out the wildcard: an authorization for {domain[2:]} covers {domain} too"
    elif isinstance(domain, str) and (refusal := _domain_refusal(domain)):
        yield "domain", refusal
    if values.get("location", "global") != "global" and values.get("type") == "FIXED_RECORD":
        yield "type", "a regional authorization has the type PER_PROJECT_RECORD"


def _settle_authorization(api: Api, identity: str, values: Values) -> Values:
    del api
    location, domain = values.get("location", "global"), values["domain"]
    kind = values.get("type") or ("FIXED_RECORD" if location == "global" else "PER_PROJECT_RECORD")
    fixed = kind == "FIXED_RECORD"
    token = hashlib.sha256((domain if fixed else identity).encode()).hexdigest()
    owner = "_acme-challenge" if fixed else f"_acme-challenge_{token[:13]}"
    place = "" if location == "global" else f".{location}"
    return {
        "type": kind,
        "dnsResourceRecords": [
            {
                "name": f"{owner}.{domain}.",
                "type": "CNAME",
                "data": f"{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:32]}"
                f".{token[-1]}{place}.authorize.certificatemanager.goog.",
            }
        ],
    }


def _release_authorization(api: Api, identity: str, values: Values) -> None:
    del values
    for user, record in api.all(CERTIFICATE).items():
        links = lookup(record, "managed.dnsAuthorizations") or []
        if identity in {relative(link) for link in links}:
            raise errors.ApiError(
                400, f"can't delete DNS authorization '{identity}' that is referenced by '{user}'", "failedPrecondition"
            )


KINDS: Final = [
    Kind(
        CERTIFICATE,
        "projects/{project}/locations/{location}/certificates/{name}",
        "Certificate",
        table=_CERTIFICATE_TABLE,
        name=CERTIFICATE_NAME,
        labels="labels",
        exists="Resource '{id}' already exists",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_certificate,
        admit=_admit_certificate,
        settle=_settle_certificate,
        view=_view_certificate,
    ),
    Kind(
        AUTHORIZATION,
        "projects/{project}/locations/{location}/dnsAuthorizations/{name}",
        "DnsAuthorization",
        table=_AUTHORIZATION_TABLE,
        name=CERTIFICATE_NAME,
        labels="labels",
        exists="Resource '{id}' already exists",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_authorization,
        settle=_settle_authorization,
        release=_release_authorization,
    ),
]
