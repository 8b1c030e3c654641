"""Which number is played for which query. Pure: a query and the pods that there are, a vector or an error out.

Good numbers by default. A release whose container has LOCALCLOUD_FAULT=errors, slow or drift gets a bad one of that
kind; `silent` has no series at all, as a release that nobody calls or scrapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any, Final

from slipway.rollouts.queries import BUILT_IN, HASH_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.schema.checks import Metric

FAULT: Final = "LOCALCLOUD_FAULT"
SILENT: Final = "silent"
SAMPLES: Final = 1000
"""Samples that every release has within any window; a check that needs more gets no answer."""
GOOD: Final[dict[Metric, float]] = {
    "error-rate": 0.002,
    "p95-latency": 0.08,
    "saturation": 0.35,
    "prediction-drift": 0.03,
}
BAD: Final[dict[tuple[str, Metric], float]] = {
    ("errors", "error-rate"): 0.042,
    ("slow", "p95-latency"): 0.9,
    ("slow", "saturation"): 0.97,
    ("drift", "prediction-drift"): 0.4,
}
_GROUPS: Final = {
    "window": r"[0-9]+s",
    "cpu": r"[0-9.]+",
    "new": rf'namespace="(?P<namespace>[a-z0-9-]+)",job="(?P<service>[a-z0-9-]+)",{HASH_LABEL}="(?P<hash>[a-z0-9]+)"',
    "old": rf'namespace="[a-z0-9-]+",job="[a-z0-9-]+",{HASH_LABEL}="(?P<old_hash>[a-z0-9]+)"',
}


class UnknownQueryError(ValueError):
    """A query that is none of the built-in checks'."""


@dataclass(frozen=True)
class Asked:
    """A query that is understood."""

    metric: Metric
    namespace: str
    service: str
    hash: str
    needed: int


def understood(query: str) -> Asked:
    """What a query asks for. Raises UnknownQueryError for one that is not exactly a built-in check's."""
    for metric, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(query):
            return Asked(metric, found["namespace"], found["service"], found["hash"], int(found["needed"]))
    known = ", ".join(BUILT_IN)
    raise UnknownQueryError(f"this stand-in plays the queries of the built-in checks only ({known}), not: {query}")


def played(asked: Asked, pods: Sequence[Mapping[str, Any]]) -> float | None:
    """The number for a release with these pods; None, which is an empty vector, where it has no data."""
    faults = {
        variable.get("value", "")
        for pod in pods
        for container in pod["spec"]["containers"]
        for variable in container.get("env") or []
        if variable["name"] == FAULT
    }
    if not pods or SILENT in faults or asked.needed > SAMPLES:
        return None
    bad = [BAD[fault, asked.metric] for fault in sorted(faults) if (fault, asked.metric) in BAD]
    return bad[0] if bad else GOOD[asked.metric]


def answer(query: str, pods: Callable[[Asked], Sequence[Mapping[str, Any]]], now: float) -> dict[str, Any]:
    """The body of an instant query's answer. Raises UnknownQueryError."""
    asked = understood(query)
    value = played(asked, pods(asked))
    result = [] if value is None else [{"metric": {}, "value": [now, f"{value:g}"]}]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def _pattern(value: str, samples: str) -> re.Pattern[str]:
    """The filled-in form of a query: slipway.rollouts.queries.query."""
    template = f"({value}) and on () (({samples}) >= $needed)"
    marks = {name: f"\0{name}\0" for name in ("new", "old", "window", "cpu", "needed")}
    parts = re.split("\0([a-z]+)\0", Template(template).substitute(marks))
    groups = {**_GROUPS, "needed": "(?P<needed>[0-9]+)"}
    seen: set[str] = set()
    built = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            built += re.escape(part)
        elif part in seen:
            built += f"(?P={part}_)"
        else:
            seen.add(part)
            built += f"(?P<{part}_>{groups[part]})"
    return re.compile(built)


_PATTERNS: Final[dict[Metric, re.Pattern[str]]] = {
    metric: _pattern(query.value, query.samples) for metric, query in BUILT_IN.items()
}
