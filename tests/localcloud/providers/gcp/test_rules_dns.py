"""DNS zones and records, certificates and their authorizations."""

from __future__ import annotations

import re
from typing import Any

import pytest

from localcloud.providers.model import ProviderError
from tests.support.gcp import AUTHORIZATION, CERTIFICATE, NETWORK, PROJECT, RECORDS, REGION, ZONE, Cloud, Refused, ids

_HERE = f"projects/{PROJECT}/locations/{REGION}/dnsAuthorizations"


REFUSED: list[Refused] = [
    (ZONE, {"dnsName": "ml.example.com"}, "no trailing dot"),
    (ZONE, {"dnsName": "ml..example.com."}, "is no DNS name"),
    (ZONE, {"dnsName": "com."}, "top-level domain"),
    (ZONE, {"name": "ML"}, "a lower-case letter followed by"),
    (ZONE, {"visibility": "hidden"}, "expected visibility"),
    (ZONE, {"privateVisibilityConfig": {"networks": [{"networkUrl": "net"}]}}, "is for zones with visibility private"),
    (
        ZONE,
        {"visibility": "private", "dnssecConfig": None, "privateVisibilityConfig": {}},
        "at least one of gkeClusters or networks",
    ),
    (ZONE, {"visibility": "private"}, "DNSSEC is for public zones"),
    (ZONE, {"dnssecConfig": {"state": "yes"}}, "expected state"),
    (ZONE, {"dnssecConfig": {"nonExistence": "nsec4"}}, "expected nonExistence"),
    (
        ZONE,
        {"dnssecConfig": {"defaultKeySpecs": [{"keyType": "keySigning", "algorithm": "rsasha256"}]}},
        "needs one for zoneSigning",
    ),
    (ZONE, {"reverseLookup": True}, "not offered by this stand-in"),
    (ZONE, {"description": ""}, "not be an empty string"),
    (RECORDS, {"name": "churn.ml.example.com"}, "no trailing dot"),
    (RECORDS, {"type": "URL"}, "expected type"),
    (RECORDS, {"ttl": -1}, "not between 0 and"),
    (RECORDS, {"rrdatas": None}, "one of `routingPolicy, rrdatas`"),
    (RECORDS, {"rrdatas": ["10.0.0"]}, "no IPv4 address"),
    (RECORDS, {"rrdatas": ["2001:db8::1"]}, "no IPv4 address"),
    (RECORDS, {"rrdatas": ["10.0.0.1", "10.0.0.1"]}, "stands twice"),
    (RECORDS, {"type": "AAAA"}, "no IPv6 address"),
    (RECORDS, {"type": "CNAME", "rrdatas": ["a.example.com"]}, "names end with a dot"),
    (RECORDS, {"type": "CNAME", "rrdatas": ["a.example.com.", "b.example.com."]}, "exactly one value"),
    (RECORDS, {"type": "MX", "rrdatas": ["mail.example.com."]}, "no value of a MX record"),
    (RECORDS, {"type": "CAA", "rrdatas": ["issue pki.goog"]}, "no value of a CAA record"),
    (AUTHORIZATION, {"domain": "*.ml.example.com"}, "leave out the wildcard"),
    (AUTHORIZATION, {"domain": "ml.example.com."}, "without a dot at the end"),
    (AUTHORIZATION, {"location": "mars"}, "a region or 'global'"),
    (AUTHORIZATION, {"type": "FIXED_RECORD"}, "has the type PER_PROJECT_RECORD"),
    (CERTIFICATE, {"managed": None}, "must be specified"),
    (CERTIFICATE, {"managed": {"domains": ["ml.example.com"]}}, "needs DNS authorizations"),
    (
        CERTIFICATE,
        {"location": "global", "managed": {"domains": ["*.ml.example.com"]}},
        "a wildcard needs a DNS authorization",
    ),
    (CERTIFICATE, {"managed": {"dnsAuthorizations": ["x"]}}, "needs at least one domain"),
    (CERTIFICATE, {"managed": {"domains": ["ml_example"], "dnsAuthorizations": ["x"]}}, "is no domain"),
    (CERTIFICATE, {"scope": "EDGE_CACHE"}, "is for certificates of location global"),
    (
        CERTIFICATE,
        {"managed": None, "selfManaged": {"pemCertificate": "x", "pemPrivateKey": "y"}},
        "no certificate in PEM form",
    ),
    (
        CERTIFICATE,
        {"managed": None, "selfManaged": {"pemCertificate": "x"}},
        "pemPrivateKey, selfManaged.privateKeyPem` must be",
    ),
    (CERTIFICATE, {"name": "1st"}, "a letter followed by"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED, ids=ids(REFUSED))
def test_refused_before_anything_is_made(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    said = cloud.refusal(token, **changes)
    assert any(part in said for part in reason.split("|")), said


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    (
        ZONE,
        {
            "visibility": "private",
            "dnssecConfig": None,
            "privateVisibilityConfig": {"networks": [{"networkUrl": "net"}]},
        },
    ),
    (RECORDS, {"name": "*.ml.example.com."}),
    (RECORDS, {"type": "TXT", "rrdatas": ['"v=spf1 -all"']}),
    (RECORDS, {"type": "CAA", "rrdatas": ['0 issue "pki.goog"']}),
    (CERTIFICATE, {"location": "global", "managed": {"domains": ["ml.example.com"]}}),
    (AUTHORIZATION, {"location": None, "type": "PER_PROJECT_RECORD"}),
]


@pytest.mark.parametrize(("token", "changes"), ACCEPTED)
def test_accepted(cloud: Cloud, token: str, changes: dict[str, Any]) -> None:
    assert cloud.refusal(token, **changes) == ""


REFUSED_BY_THE_API: list[Refused] = [
    (RECORDS, {"managedZone": "other"}, "managedZones/other' was not found"),
    (RECORDS, {"name": "churn.example.com."}, "not in the zone 'ml.example.com.'"),
    (RECORDS, {"name": "churnml.example.com."}, "not in the zone 'ml.example.com.'"),
    (
        RECORDS,
        {"name": "ml.example.com.", "type": "CNAME", "rrdatas": ["x.example.com."]},
        "apex of a zone cannot be a CNAME",
    ),
    (
        ZONE,
        {
            "visibility": "private",
            "dnssecConfig": None,
            "privateVisibilityConfig": {"networks": [{"networkUrl": "n2"}]},
        },
        "networks/n2' was not found",
    ),
    (
        CERTIFICATE,
        {"managed": {"domains": ["ml.example.com"], "dnsAuthorizations": [f"{_HERE}/other"]}},
        "dnsAuthorizations/other' was not found",
    ),
    (
        CERTIFICATE,
        {"managed": {"domains": ["ml.example.com", "other.example.com"], "dnsAuthorizations": [f"{_HERE}/ml"]}},
        "no DNS authorization for the domain 'other.example.com'",
    ),
    (CERTIFICATE, {"location": "europe-west1"}, "must be in the certificate's project and location 'europe-west1'"),
]


@pytest.mark.parametrize(("token", "changes", "reason"), REFUSED_BY_THE_API, ids=ids(REFUSED_BY_THE_API))
def test_refused_by_the_api(cloud: Cloud, token: str, changes: dict[str, Any], reason: str) -> None:
    cloud.build_before(token)
    with pytest.raises(ProviderError, match=re.escape(reason)):
        cloud.create(token, **changes)


def test_a_zone_with_records_stays_unless_forced(cloud: Cloud) -> None:
    zone = cloud.create(ZONE)
    record = cloud.create(RECORDS)
    cloud.create(RECORDS, name="ml.example.com.", type="NS", rrdatas=["ns1.example.com."])
    with pytest.raises(ProviderError, match=r"contains one or more 'resource records'\., containerNotEmpty"):
        cloud.delete(ZONE, *zone)
    cloud.delete(RECORDS, *record)
    cloud.delete(ZONE, *zone)  # NS and SOA of the apex do not count
    inputs, state = cloud.create(ZONE, forceDestroy=True)
    record = cloud.create(RECORDS)
    cloud.delete(ZONE, inputs, state)
    assert cloud.read(RECORDS, *record) is None


def test_a_cname_stands_alone(cloud: Cloud) -> None:
    cloud.build(ZONE, RECORDS)
    with pytest.raises(ProviderError, match="cnameResourceRecordSetConflict"):
        cloud.create(RECORDS, type="CNAME", rrdatas=["x.example.com."])
    cloud.create(RECORDS, name="www.ml.example.com.", type="CNAME", rrdatas=["x.example.com."])
    with pytest.raises(ProviderError, match="cnameResourceRecordSetConflict"):
        cloud.create(RECORDS, name="www.ml.example.com.")


def test_the_order_of_values_is_nothing_and_a_name_replaces(cloud: Cloud) -> None:
    cloud.create(ZONE)
    inputs, state = cloud.create(RECORDS, rrdatas=["203.0.113.7", "203.0.113.8"])
    assert not cloud.diff(RECORDS, inputs, state, rrdatas=["203.0.113.8", "203.0.113.7"]).detailed
    assert not any(
        how.replaces for how in cloud.diff(RECORDS, inputs, state, ttl=60, rrdatas=["203.0.113.9"]).detailed.values()
    )
    assert cloud.diff(RECORDS, inputs, state, name="x.ml.example.com.").detailed["name"].replaces
    cloud.create(RECORDS, rrdatas=["203.0.113.99"])  # creating over it takes the values of the new one
    fresh = cloud.read(RECORDS, inputs, state)
    assert fresh is not None
    assert fresh.outputs["rrdatas"] == ["203.0.113.99"]


def test_key_specs_change_while_dnssec_is_off(cloud: Cloud) -> None:
    inputs, state = cloud.create(ZONE)
    with pytest.raises(ProviderError, match="can only be updated when the state is 'off'"):
        cloud.update(ZONE, inputs, state, dnssecConfig={"state": "on", "nonExistence": "nsec"})
    off = cloud.update(ZONE, inputs, state, dnssecConfig={"state": "off"})
    assert off.outputs["dnssecConfig"]["state"] == "off"


def test_one_private_zone_of_a_name_in_a_network(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    private = {
        "visibility": "private",
        "dnssecConfig": None,
        "privateVisibilityConfig": {"networks": [{"networkUrl": "net"}]},
    }
    cloud.create(ZONE, **private)
    with pytest.raises(ProviderError, match="already bound to private zone 'ml'"):
        cloud.create(ZONE, name="two", **private)
    cloud.create(ZONE, name="public")


def test_a_certificate_is_active_once_its_domain_is_proved(cloud: Cloud) -> None:
    cloud.create(ZONE)
    authorization = cloud.create(AUTHORIZATION)
    certificate = cloud.create(CERTIFICATE)
    assert certificate[1].outputs["managed"]["state"] == "PROVISIONING"
    (wanted,) = authorization[1].outputs["dnsResourceRecords"]
    assert wanted["name"].startswith("_acme-challenge_")
    cloud.create(RECORDS, name=wanted["name"], type=wanted["type"], rrdatas=[wanted["data"]])
    fresh = cloud.read(CERTIFICATE, *certificate)
    assert fresh is not None
    assert fresh.outputs["managed"]["state"] == "ACTIVE"
    assert fresh.inputs == certificate[0]
    with pytest.raises(ProviderError, match="that is referenced by"):
        cloud.delete(AUTHORIZATION, *authorization)
    cloud.delete(CERTIFICATE, *certificate)
    cloud.delete(AUTHORIZATION, *authorization)


def test_global_authorizations_have_a_fixed_record_by_default(cloud: Cloud) -> None:
    made = cloud.create(AUTHORIZATION, location=None)[1].outputs
    assert (made["type"], made["dnsResourceRecords"][0]["name"]) == ("FIXED_RECORD", "_acme-challenge.ml.example.com.")
