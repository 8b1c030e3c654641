"""When GKE may upgrade, as its API wants it said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FIRST: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
"""A Monday in the past: a recurring window counts from its first occurrence (GKE API, RecurringTimeWindow)."""


@dataclass(frozen=True)
class Exclusion:
    """From the first day to the end of the last (UTC, ISO dates); `scope` as Google spells it."""

    first: str
    last: str
    scope: str


@dataclass(frozen=True)
class Maintenance:
    """A window from `start` (UTC, HH:MM) for `seconds` on some days of the week, and times without upgrades."""

    start: str
    seconds: int
    days: Sequence[str]
    exclusions: Mapping[str, Exclusion] = field(default_factory=dict[str, Exclusion])


def maintenance_policy(wanted: Maintenance) -> dict[str, Any]:
    """The cluster's block: a weekly window and exclusions, each with an end, because GKE takes none without."""
    days = sorted(wanted.days, key=_DAYS.index)
    hours, minutes = map(int, wanted.start.split(":"))
    begin = _FIRST + dt.timedelta(days=_DAYS.index(days[0]), hours=hours, minutes=minutes)
    return {
        "recurring_window": {
            "start_time": _text(begin),
            "end_time": _text(begin + dt.timedelta(seconds=wanted.seconds)),
            "recurrence": f"FREQ=WEEKLY;BYDAY={','.join(days)}",
        },
        "maintenance_exclusions": [
            {
                "exclusion_name": name,
                "start_time": f"{exclusion.first}T00:00:00Z",
                "end_time": _text(dt.datetime.fromisoformat(f"{exclusion.last}T00:00:00+00:00") + dt.timedelta(days=1)),
                "exclusion_options": {"scope": exclusion.scope},
            }
            for name, exclusion in sorted(wanted.exclusions.items())
        ],
    }


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
