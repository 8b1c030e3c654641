"""Cloud DNS zones and record sets.

Fields: terraform-provider-google `resource_dns_managed_zone.go` and `resource_dns_record_set.go`, which also say that
creating a record set replaces one that exists, and that the order of its values is nothing. Rules: Cloud DNS REST
reference (managedZones, resourceRecordSets, changes), "DNS records overview" (a CNAME stands alone), "Manage DNSSEC
configuration", RFC 1035. Left out, so refused: routing policies, Service Directory zones, reverse lookup.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import errors
from localcloud.providers.gcp.api import now, stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import LABEL
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import Reference, last
from localcloud.providers.gcp.services.network import NETWORK, NETWORK_REFERENCE, one_of
from localcloud.providers.gcp.tables import deletion_policy, field, labels, project, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

ZONE: Final = "gcp:dns/managedZone:ManagedZone"
ZONE_ID: Final = "projects/{project}/managedZones/{name}"
RECORDS: Final = "gcp:dns/recordSet:RecordSet"
_KEY_SPEC: Final = (
    field("algorithm", "string optional"),
    field("keyLength", "int optional"),
    field("keyType", "string optional"),
    field("kind", "string optional", default="dns#dnsKeySpec"),
)
_ZONE_TABLE: Final = table(
    ZONE,
    "terraform-provider-google, resource_dns_managed_zone.go (schema of google_dns_managed_zone)",
    field("name", "string required force_new"),
    field("dnsName", "string required force_new"),
    field("description", "string optional", default="Managed by Pulumi"),  # the bridge's word for Terraform's default
    field("cloudLoggingConfig", "object optional computed", field("enableLogging", "bool required")),
    field(
        "dnssecConfig",
        "object optional computed",
        field("defaultKeySpecs", "list optional computed", *_KEY_SPEC),
        field("kind", "string optional", default="dns#managedZoneDnsSecConfig"),
        field("nonExistence", "string optional computed"),
        field("state", "string optional"),
    ),
    field(
        "forwardingConfig",
        "object optional",
        field(
            "targetNameServers",
            "set required",
            field("domainName", "string optional"),
            field("forwardingPath", "string optional"),
            field("ipv4Address", "string optional"),
            field("ipv6Address", "string optional"),
        ),
    ),
    field(
        "peeringConfig",
        "object optional",
        field("targetNetwork", "object required", field("networkUrl", "string required")),
    ),
    field(
        "privateVisibilityConfig",
        "object optional",
        field("gkeClusters", "list optional", field("gkeClusterName", "string required")),
        field("networks", "set optional", field("networkUrl", "string required")),
    ),
    field("visibility", "string optional force_new", default="public"),
    field("creationTime", "string computed"),
    field("managedZoneId", "int computed"),
    field("nameServers", "list computed", element="string"),
    field("forceDestroy", "bool optional", default=False),
    *labels(),
    project(),
    deletion_policy(),
    unsourced=frozenset({"reverseLookup", "serviceDirectoryConfig"}),
)
_RECORD_TABLE: Final = table(
    RECORDS,
    "terraform-provider-google, resource_dns_record_set.go (schema of google_dns_record_set)",
    field("managedZone", "string required force_new"),
    field("name", "string required force_new"),
    field("type", "string required"),
    field("ttl", "int optional"),
    field("rrdatas", "set optional", element="string"),  # a list whose order is suppressed: a set
    project(),
    deletion_policy(),
    unsourced=frozenset({"routingPolicy"}),
)
_DNS_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DNS_NAME: Final = re.compile(rf"(\*\.)?({_DNS_LABEL}\.)+", re.IGNORECASE)
_LONGEST_NAME: Final = 254
_TYPES: Final = {
    "A",
    "AAAA",
    "ALIAS",
    "CAA",
    "CNAME",
    "DNSKEY",
    "DS",
    "HTTPS",
    "IPSECKEY",
    "MX",
    "NAPTR",
    "NS",
    "PTR",
    "SOA",
    "SPF",
    "SRV",
    "SSHFP",
    "SVCB",
    "TLSA",
    "TXT",
}
_ALGORITHMS: Final = {"ecdsap256sha256", "ecdsap384sha384", "rsasha1", "rsasha256", "rsasha512"}
_LONGEST_TTL: Final = 2**31 - 1
#: the pattern of a value, for the types that have one
_VALUES: Final[dict[str, re.Pattern[str]]] = {
    "CAA": re.compile(r'\d{1,3} (issue|issuewild|iodef) "[^"]*"'),
    "CNAME": _DNS_NAME,
    "ALIAS": _DNS_NAME,
    "NS": _DNS_NAME,
    "PTR": _DNS_NAME,
    "MX": re.compile(rf"\d{{1,5}} ({_DNS_LABEL}\.)+|0 \.", re.IGNORECASE),
    "SRV": re.compile(rf"\d{{1,5}} \d{{1,5}} \d{{1,5}} (({_DNS_LABEL}\.)+|\.)", re.IGNORECASE),
}


def _name_refusal(name: str) -> str:
    if not name.endswith("."):
        return f"{name!r} has no trailing dot; DNS names must end with one: '{name}.'"
    if len(name) > _LONGEST_NAME or not _DNS_NAME.fullmatch(name):
        return f"{name!r} is no DNS name"
    return ""


def _check_zone(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    name = values.get("dnsName")
    if isinstance(name, str) and (refusal := _name_refusal(name)):
        yield "dnsName", refusal
    if values.get("description") == "":
        yield "description", "expected description to not be an empty string"
    visibility = values.get("visibility", "public")
    yield from one_of("visibility", values, {"public", "private"})
    if visibility == "public":
        for part in ("privateVisibilityConfig", "forwardingConfig", "peeringConfig"):
            if values.get(part) is not None:
                yield part, f"{part} is for zones with visibility private"
        if isinstance(name, str) and name.count(".") == 1:
            yield "dnsName", f"{name!r} is a top-level domain, which Cloud DNS reserves"
    private = values.get("privateVisibilityConfig")
    if isinstance(private, dict) and not private.get("networks") and not private.get("gkeClusters"):
        yield "privateVisibilityConfig", "at least one of gkeClusters or networks must be specified"
    if values.get("forwardingConfig") is not None and values.get("peeringConfig") is not None:
        yield "peeringConfig", "a zone forwards or peers, not both"
    yield from _check_dnssec(values.get("dnssecConfig"), visibility)


def _check_dnssec(config: Any, visibility: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(config, dict):
        return
    where = "dnssecConfig"
    for path, reason in one_of("state", config, {"off", "on", "transfer"}):
        yield f"{where}.{path}", reason
    for path, reason in one_of("nonExistence", config, {"nsec", "nsec3"}):
        yield f"{where}.{path}", reason
    if visibility == "private" and config.get("state") in {"on", "transfer"}:
        yield f"{where}.state", "DNSSEC is for public zones"
    specs = [spec for spec in config.get("defaultKeySpecs") or [] if isinstance(spec, dict)]
    for index, spec in enumerate(specs):
        for key, allowed in (("algorithm", _ALGORITHMS), ("keyType", {"keySigning", "zoneSigning"})):
            for path, reason in one_of(key, spec, allowed):
                yield f"{where}.defaultKeySpecs[{index}].{path}", reason
    kinds = {spec.get("keyType") for spec in specs}
    if specs and all(isinstance(kind, str) for kind in kinds) and kinds != {"keySigning", "zoneSigning"}:
        yield f"{where}.defaultKeySpecs", "a spec for keySigning needs one for zoneSigning, and the reverse"


def _admit_zone(api: Api, identity: str, values: Values, old: Values | None) -> None:
    for network in [
        *(item["networkUrl"] for item in lookup(values, "privateVisibilityConfig.networks") or []),
        *([lookup(values, "peeringConfig.targetNetwork.networkUrl")] if values.get("peeringConfig") else []),
    ]:
        target = NETWORK_REFERENCE.identity(network, api.scope(KINDS[0], values))
        if api.get(NETWORK, target) is None:
            raise errors.not_found(target)
    mine = {item["networkUrl"] for item in lookup(values, "privateVisibilityConfig.networks") or []}
    for other, zone in api.all(ZONE).items():
        theirs = {item["networkUrl"] for item in lookup(zone, "privateVisibilityConfig.networks") or []}
        if (
            other != identity
            and zone["dnsName"] == values["dnsName"]
            and {last(a) for a in mine} & {last(b) for b in theirs}
        ):
            raise errors.ApiError(
                409,
                f"Network is already bound to private zone '{zone['name']}' with the DNS name '{zone['dnsName']}'.",
                "networkBindingConflict",
            )
    if old is not None and lookup(old, "dnssecConfig.state") not in {None, "off"}:
        for path in ("dnssecConfig.defaultKeySpecs", "dnssecConfig.nonExistence"):
            if lookup(values, path) != lookup(old, path):
                raise errors.bad_request(f"'{path}' can only be updated when the state is 'off'.")


def _settle_zone(api: Api, identity: str, values: Values) -> Values:
    del api
    letter = "abcde"[stable_number(identity, 1) % 5]
    public = values.get("visibility", "public") == "public"
    servers = [f"ns-cloud-{letter}{number}.googledomains.com." for number in range(1, 5)]
    secured = lookup(values, "dnssecConfig.state") in {"on", "transfer"}
    specs = [
        {"algorithm": "rsasha256", "keyLength": length, "keyType": kind, "kind": "dns#dnsKeySpec"}
        for kind, length in (("keySigning", 2048), ("zoneSigning", 1024))
    ]
    return {
        "creationTime": now(),
        "managedZoneId": stable_number(identity, 15),
        "nameServers": servers if public else ["ns-gcp-private.googledomains.com."],
        "cloudLoggingConfig": {"enableLogging": False},
        "dnssecConfig": {"nonExistence": "nsec3", "defaultKeySpecs": specs} if secured else None,
    }


def _release_zone(api: Api, identity: str, values: Values) -> None:
    held = [record for record in api.all(RECORDS, f"{identity}/rrsets/") if not _is_apex(record, values["dnsName"])]
    if held and not values.get("forceDestroy"):
        raise errors.ApiError(
            400,
            f"The resource named '{values['name']}' cannot be deleted because it contains one or more "
            "'resource records'.",
            "containerNotEmpty",
        )
    for record in api.all(RECORDS, f"{identity}/rrsets/"):
        if api.records is not None:
            api.records.delete(RECORDS, record)


def _is_apex(record: str, zone: str) -> bool:
    """Whether it is one of the two record sets that every zone has."""
    return record.endswith((f"/{zone}/NS", f"/{zone}/SOA"))


def _check_records(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    name, kind, ttl = values.get("name"), values.get("type"), values.get("ttl")
    if isinstance(name, str) and (refusal := _name_refusal(name)):
        yield "name", refusal
    yield from one_of("type", values, _TYPES)
    if isinstance(ttl, int) and not 0 <= ttl <= _LONGEST_TTL:
        yield "ttl", f"{ttl} is not between 0 and {_LONGEST_TTL} seconds"
    given = values.get("rrdatas")
    if given is None or given == []:
        yield "rrdatas", "Invalid combination of arguments: one of `routingPolicy, rrdatas` must be specified"
    if not isinstance(given, list) or not isinstance(kind, str):
        return
    if kind == "CNAME" and len(given) > 1:
        yield "rrdatas", "a CNAME has exactly one value"
    for index, value in enumerate(given):
        if isinstance(value, str) and (refusal := _value_refusal(kind, value)):
            yield f"rrdatas[{index}]", refusal
        elif value in given[:index]:
            yield f"rrdatas[{index}]", f"{value!r} stands twice"


def _value_refusal(kind: str, value: str) -> str:
    if kind in {"A", "AAAA"}:
        try:
            fits = ipaddress.ip_address(value).version == (4 if kind == "A" else 6)
        except ValueError:
            fits = False
        return "" if fits else f"{value!r} is no IPv{4 if kind == 'A' else 6} address"
    pattern = _VALUES.get(kind)
    if pattern is None or pattern.fullmatch(value):
        return ""
    dot = " (names end with a dot)" if not value.endswith(".") and kind != "CAA" else ""
    return f"{value!r} is no value of a {kind} record{dot}"


def _parts_records(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"zone": last(values["managedZone"])}


def _admit_records(api: Api, identity: str, values: Values, old: Values | None) -> None:
    home, _, own = identity.partition("/rrsets/")
    zone = api.get(ZONE, home) or {}
    name, kind = values["name"].lower(), values["type"]
    where = f"entity.change.additions[{values['name']}][{kind}]"
    if old is not None and old["type"] != kind:
        raise errors.bad_request("A record set's type is changed by a new one: this stand-in's ids hold the type.")
    apex = zone["dnsName"].lower()
    if name != apex and not name.endswith(f".{apex}"):
        raise errors.invalid(f"{where}.name", values["name"], f"It is not in the zone '{zone['dnsName']}'.")
    if kind == "CNAME" and name == apex:
        raise errors.invalid(f"{where}.type", kind, "The apex of a zone cannot be a CNAME.")
    if kind in {"SOA", "ALIAS"} and name != apex:
        raise errors.invalid(f"{where}.type", kind, f"{kind} records stand at the apex of a zone.")
    for other in api.all(RECORDS, f"{home}/rrsets/"):
        other_name, other_kind = other.partition("/rrsets/")[2].rsplit("/", 1)
        if other != f"{home}/rrsets/{own}" and other_name.lower() == name and "CNAME" in {kind, other_kind}:
            raise errors.ApiError(
                409,
                f"The resource record set '{where}' is invalid because the DNS name '{values['name']}' may have either "
                "one CNAME resource record set or resource record sets of other types, but not both.",
                "cnameResourceRecordSetConflict",
            )


def _settle_records(api: Api, identity: str, values: Values) -> Values:
    del api, identity, values
    return {}


KINDS: Final = [
    Kind(
        ZONE,
        ZONE_ID,
        "ManagedZone",
        table=_ZONE_TABLE,
        name=LABEL,
        labels="labels",
        exists="The resource 'entity.managedZone' named '{name}' already exists",
        provider_only=frozenset({"deletionPolicy", "forceDestroy"}),
        check=_check_zone,
        admit=_admit_zone,
        settle=_settle_zone,
        release=_release_zone,
    ),
    Kind(
        RECORDS,
        "projects/{project}/managedZones/{zone}/rrsets/{name}/{type}",
        "DNS RecordSet",
        table=_RECORD_TABLE,
        autoname=False,
        parts=_parts_records,
        references={"managedZone": Reference(ZONE, ZONE_ID)},
        parent="managedZone",
        provider_only=frozenset({"deletionPolicy"}),
        check=_check_records,
        admit=_admit_records,
        settle=_settle_records,
        overwrites=True,
    ),
]
