"""Budgets of a billing account.

Fields: terraform-provider-google `resource_billing_budget.go`. Rules: Cloud Billing Budget REST reference
(billingAccounts.budgets), "Create, edit, or delete budgets and budget alerts". Google gives a budget a random name, so
the same twice are two; the stand-in counts. A notification channel or topic is not looked for: neither is offered.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.services.network import one_of
from localcloud.providers.gcp.tables import deletion_policy, field, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.schema import Field

BUDGET: Final = "gcp:billing/budget:Budget"
_AMOUNT: Final = ("amount.lastPeriodAmount", "amount.specifiedAmount")


def _date(name: str, words: str) -> Field:
    parts = (field("day", "int required"), field("month", "int required"), field("year", "int required"))
    return field(name, words, *parts)


_TABLE: Final = table(
    BUDGET,
    "terraform-provider-google, resource_billing_budget.go (schema of google_billing_budget)",
    field("billingAccount", "string required force_new"),
    field("displayName", "string optional"),
    field(
        "amount",
        "object required",
        field("lastPeriodAmount", "bool optional", exactly_one_of=_AMOUNT),
        field(
            "specifiedAmount",
            "object optional",
            field("currencyCode", "string optional computed"),
            field("nanos", "int optional"),
            field("units", "string optional"),
            exactly_one_of=_AMOUNT,
        ),
    ),
    field(
        "allUpdatesRule",
        "object optional",
        field("disableDefaultIamRecipients", "bool optional", default=False),
        field("enableProjectLevelRecipients", "bool optional", default=False),
        field("monitoringNotificationChannels", "list optional", element="string", max_items=5),
        field("pubsubTopic", "string optional"),
        field("schemaVersion", "string optional", default="1.0"),
    ),
    field(
        "budgetFilter",
        "object optional computed",
        field("calendarPeriod", "string optional"),
        field("creditTypes", "list optional computed", element="string"),
        field("creditTypesTreatment", "string optional", default="INCLUDE_ALL_CREDITS"),
        field(
            "customPeriod",
            "object optional",
            _date("startDate", "object required"),
            _date("endDate", "object optional"),
        ),
        field("labels", "map optional computed"),
        field("projects", "set optional", element="string"),
        field("resourceAncestors", "set optional", element="string"),
        field("services", "list optional computed", element="string"),
        field("subaccounts", "list optional computed", element="string"),
    ),
    field("ownershipScope", "string optional"),
    field(
        "thresholdRules",
        "list optional",
        field("thresholdPercent", "float required"),
        field("spendBasis", "string optional", default="CURRENT_SPEND"),
    ),
    field("name", "string computed"),
    deletion_policy(),
)
_LONGEST_NAME: Final = 60
_ACCOUNT: Final = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
_NANOS: Final = 999_999_999


def _check(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    account, name = values.get("billingAccount"), values.get("displayName")
    if isinstance(account, str) and not _ACCOUNT.fullmatch(account):
        yield "billingAccount", f"{account!r} is no billing account (012345-6789AB-CDEF01)"
    if isinstance(name, str) and len(name) > _LONGEST_NAME:
        yield "displayName", f"{len(name)} characters, at most {_LONGEST_NAME} are allowed"
    yield from one_of("ownershipScope", values, {"OWNERSHIP_SCOPE_UNSPECIFIED", "ALL_USERS", "BILLING_ACCOUNT"})
    yield from _check_amount(values)
    rules = values.get("thresholdRules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(rule, dict):
            continue
        percent = rule.get("thresholdPercent")
        if isinstance(percent, int | float) and percent < 0:
            yield f"thresholdRules[{index}].thresholdPercent", f"{percent} is less than 0 (0.5 is half of the amount)"
        for path, reason in one_of("spendBasis", rule, {"CURRENT_SPEND", "FORECASTED_SPEND"}):
            yield f"thresholdRules[{index}].{path}", reason
    yield from _check_notifications(values.get("allUpdatesRule"))
    yield from _check_filter(values.get("budgetFilter"))


def _check_amount(values: Values) -> Iterator[tuple[str, str]]:
    if lookup(values, "amount.lastPeriodAmount") is False:
        yield "amount.lastPeriodAmount", "false is an error: leave it out and give specifiedAmount"
    units, nanos, currency = (
        lookup(values, f"amount.specifiedAmount.{name}") for name in ("units", "nanos", "currencyCode")
    )
    if isinstance(units, str) and not re.fullmatch(r"-?\d+", units):
        yield "amount.specifiedAmount.units", f"{units!r} is no whole number"
    elif isinstance(units, str) and units.startswith("-"):
        yield "amount.specifiedAmount.units", "a budget is not negative"
    if isinstance(nanos, int) and not 0 <= nanos <= _NANOS:
        yield "amount.specifiedAmount.nanos", f"{nanos} is not between 0 and {_NANOS}"
    if isinstance(currency, str) and currency and not re.fullmatch(r"[A-Z]{3}", currency):
        yield "amount.specifiedAmount.currencyCode", f"{currency!r} is no ISO 4217 code (EUR)"


def _check_notifications(rule: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(rule, dict):
        return
    if not rule.get("pubsubTopic") and not rule.get("monitoringNotificationChannels"):
        yield "allUpdatesRule", "at least one of pubsubTopic or monitoringNotificationChannels must be specified"
    if rule.get("schemaVersion", "1.0") != "1.0":
        yield "allUpdatesRule.schemaVersion", 'only "1.0" is accepted'
    for path, form in (("pubsubTopic", r"projects/[^/]+/topics/[^/]+"),):
        text = rule.get(path)
        if isinstance(text, str) and text and not re.fullmatch(form, text):
            yield f"allUpdatesRule.{path}", f"{text!r} is not projects/PROJECT/topics/TOPIC"
    for index, text in enumerate(rule.get("monitoringNotificationChannels") or []):
        if isinstance(text, str) and not re.fullmatch(r"projects/[^/]+/notificationChannels/[^/]+", text):
            where = f"allUpdatesRule.monitoringNotificationChannels[{index}]"
            yield where, f"{text!r} is not projects/PROJECT/notificationChannels/CHANNEL"


def _check_filter(given: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(given, dict):
        return
    where = "budgetFilter"
    for path, reason in one_of("calendarPeriod", given, {"MONTH", "QUARTER", "YEAR", "CALENDAR_PERIOD_UNSPECIFIED"}):
        yield f"{where}.{path}", reason
    treatments = {"INCLUDE_ALL_CREDITS", "EXCLUDE_ALL_CREDITS", "INCLUDE_SPECIFIED_CREDITS"}
    for path, reason in one_of("creditTypesTreatment", given, treatments):
        yield f"{where}.{path}", reason
    if given.get("creditTypes") and given.get("creditTypesTreatment") != "INCLUDE_SPECIFIED_CREDITS":
        yield f"{where}.creditTypes", "credit types are for creditTypesTreatment INCLUDE_SPECIFIED_CREDITS"
    if given.get("calendarPeriod") and given.get("customPeriod") is not None:
        yield f"{where}.customPeriod", "calendarPeriod and customPeriod exclude each other"
    labels = given.get("labels")
    if isinstance(labels, dict) and len(labels) > 1:
        yield f"{where}.labels", "only one label is allowed"
    for name, form, words in (
        ("projects", r"projects/\d+", "projects/NUMBER (the API answers with numbers, so an id would differ for ever)"),
        ("resourceAncestors", r"(folders|organizations)/\d+", "folders/NUMBER or organizations/NUMBER"),
        ("services", r"services/[0-9A-F-]+", "services/ID"),
        ("subaccounts", r"billingAccounts/[0-9A-F-]+", "billingAccounts/ID"),
    ):
        for index, text in enumerate(given.get(name) or []):
            if isinstance(text, str) and not re.fullmatch(form, text):
                yield f"{where}.{name}[{index}]", f"{text!r} is not {words}"


def _parts(api: Api, values: Values) -> dict[str, str]:
    """The next name that is free: Google's are random, ours follow from account, display name and number."""
    number = 0
    while True:
        seed = f"{values['billingAccount']}/{values.get('displayName')}/{number}"
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, seed))
        if api.get(BUDGET, f"billingAccounts/{values['billingAccount']}/budgets/{name}") is None:
            return {"billingAccount": values["billingAccount"], "budget": name}
        number += 1


def _settle(api: Api, identity: str, values: Values) -> Values:
    del api
    amount = lookup(values, "amount.specifiedAmount")
    return {
        "name": identity.rsplit("/", 1)[-1],
        "amount": {"specifiedAmount": {"currencyCode": "EUR"}} if amount is not None else None,
        "budgetFilter": {"creditTypesTreatment": "INCLUDE_ALL_CREDITS", "calendarPeriod": "MONTH"}
        if values.get("budgetFilter") is None
        else None,
    }


def _same(path: str, old: Any, new: Any) -> bool:
    """`checkValAndDefaultStringSuppress`: MONTH is what there is where nothing is said."""
    return path == "budgetFilter.calendarPeriod" and {old or "MONTH", new or "MONTH"} == {"MONTH"}


KINDS: Final = [
    Kind(
        BUDGET,
        "billingAccounts/{billingAccount}/budgets/{budget}",
        "Budget",
        table=_TABLE,
        name_property="",
        autoname=False,
        parts=_parts,
        provider_only=frozenset({"deletionPolicy"}),
        check=_check,
        settle=_settle,
        same=_same,
    )
]
