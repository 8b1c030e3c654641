"""The Binary Authorization policy of a project: there is always exactly one, and writing it replaces what it was.

Sources: Binary Authorization REST reference (projects, Policy, AdmissionRule), "Policy YAML reference" (patterns of
exempt images), terraform-provider-google `resource_binary_authorization_policy.go` (create and update are the same
PUT; destroying writes the default policy again). Attestors are not offered, so a rule that names one is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import errors, locations
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

POLICY: Final = "gcp:binaryauthorization/policy:Policy"
_EVALUATION: Final = {"ALWAYS_ALLOW", "REQUIRE_ATTESTATION", "ALWAYS_DENY"}
_ENFORCEMENT: Final = {"ENFORCED_BLOCK_AND_AUDIT_LOG", "DRYRUN_AUDIT_LOG_ONLY"}
#: a registry path, which may end in * (no slash) or ** (with slashes)
_PATTERN: Final = re.compile(r"[^*\s]+(\*{1,2})?")
_CLUSTER: Final = re.compile(r"([a-z0-9-]+)\.([a-z][a-z0-9-]*)")


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from one_of("globalPolicyEvaluationMode", values, {"ENABLE", "DISABLE"})
    yield from _check_rule(values.get("defaultAdmissionRule"), "defaultAdmissionRule")
    rules = values.get("clusterAdmissionRules")
    seen: set[str] = set()
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        where = f"clusterAdmissionRules[{index}]"
        yield from _check_rule(rule, where)
        name = rule.get("cluster") if isinstance(rule, dict) else None
        match = _CLUSTER.fullmatch(name) if isinstance(name, str) else None
        if isinstance(name, str) and (not match or not (locations.is_region(match[1]) or locations.is_zone(match[1]))):
            yield f"{where}.cluster", f"{name!r} is not LOCATION.CLUSTER (europe-west4.main)"
        if isinstance(name, str) and name in seen:
            yield f"{where}.cluster", f"a second rule for {name}"
        seen.add(str(name))
    patterns = values.get("admissionWhitelistPatterns")
    for index, pattern in enumerate(patterns if isinstance(patterns, list) else []):
        text = pattern.get("namePattern") if isinstance(pattern, dict) else None
        if isinstance(text, str) and not _PATTERN.fullmatch(text):
            where = f"admissionWhitelistPatterns[{index}].namePattern"
            yield where, f"{text!r} is no image path; a wildcard stands at its end only"


def _check_rule(rule: object, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(rule, dict):
        return
    for name, allowed in (("evaluationMode", _EVALUATION), ("enforcementMode", _ENFORCEMENT)):
        for path, reason in one_of(name, rule, allowed):
            yield f"{where}.{path}", reason
    wanted = rule.get("evaluationMode") == "REQUIRE_ATTESTATION"
    if wanted and not rule.get("requireAttestationsBies"):
        yield f"{where}.requireAttestationsBies", "REQUIRE_ATTESTATION needs at least one attestor"
    if not wanted and rule.get("requireAttestationsBies"):
        yield f"{where}.requireAttestationsBies", "attestors are for evaluationMode REQUIRE_ATTESTATION"


def _admit(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del api, identity, old
    for rule in [values["defaultAdmissionRule"], *(values.get("clusterAdmissionRules") or [])]:
        for attestor in rule.get("requireAttestationsBies") or []:
            raise errors.not_found(attestor)


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api, identity, values
    return {"globalPolicyEvaluationMode": "DISABLE"}


KINDS: Final = [
    Kind(
        POLICY,
        "projects/{project}",
        "Policy",
        name_property="",
        autoname=False,
        provider_only=frozenset({"deletionPolicy"}),
        check=_check,
        admit=_admit,
        settle=_settle,
        overwrites=True,
    )
]
