"""Schedules of CronJobs: what Kubernetes' parser takes, and when such a schedule comes next.

Source: github.com/robfig/cron v3.0.1, `ParseStandard` and `SpecSchedule.Next`, with which kube-apiserver checks a
schedule and the CronJob controller computes it. Cron elsewhere knows more (7 for Sunday, L, #), which is refused here
as it is there. Not offered: `@every`, which counts from whenever the controller looked last.
"""

from __future__ import annotations

import calendar
import datetime as dt
import zoneinfo
from dataclasses import dataclass
from typing import Final

_MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_WEEKDAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EXAMPLE: Final = "write minute, hour, day of month, month and day of week, such as `30 2 * * *`"
_LEAP_YEAR: Final = 2028
_YEARS: Final = 5
"""How far the controller looks ahead for the next time."""


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    names: dict[str, int]


_FIELDS: Final = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Schedule:
    """The minutes, hours, days, months and weekdays (0 is Sunday) at which it comes.

    `any_day` and `any_weekday` say that the field was a star. Where neither is, a day counts by either of the two.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def on(self, day: dt.date) -> bool:
        """Whether it comes on this day."""
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        counts = by_day and by_weekday if self.any_day or self.any_weekday else by_day or by_weekday
        return day.month in self.months and counts

    @property
    def ever(self) -> bool:
        """Whether there is any day on which it comes: the 30th of February is none."""
        if self.any_day or not self.any_weekday:
            return True
        return any(day <= calendar.monthrange(_LEAP_YEAR, month)[1] for month in self.months for day in self.days)

    def after(self, moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
        """The first time after `moment`, by the clocks of `zone`; None when there is none in five years.

        An hour that clocks skip in spring has no run, as with the controller.
        """
        local = moment.astimezone(zone)
        for offset in range(_YEARS * 366):
            day = local.date() + dt.timedelta(days=offset)
            if not self.on(day):
                continue
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = dt.datetime.combine(day, dt.time(hour, minute), zone)
                    exists = found.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) == found.replace(
                        tzinfo=None
                    )
                    if exists and found > moment:
                        return found
        return None


def parse(text: str) -> Schedule:
    """The schedule that `text` says. Raises ValueError with what is wrong and what would be right."""
    if "TZ" in text:
        raise ValueError(f"`{text}` has a time zone in it, which Kubernetes refuses; set time_zone instead")
    if text.startswith("@every"):
        raise ValueError(f"`{text}` counts from when the controller looked last; {_EXAMPLE}")
    if text.startswith("@") and text not in _MACROS:
        raise ValueError(f"`{text}` is no schedule; use one of {', '.join(_MACROS)}, or five fields")
    fields = _MACROS.get(text, text).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"`{text}` has {len(fields)} fields, not five; {_EXAMPLE}")
    sets, stars = zip(*(_parse(field, text) for field, text in zip(_FIELDS, fields, strict=True)), strict=True)
    found = Schedule(*sets, any_day=stars[2], any_weekday=stars[4])
    if not found.ever:
        raise ValueError(f"`{text}` never comes: no month of it has such a day; {_EXAMPLE}")
    return found


def time_zone(name: str) -> zoneinfo.ZoneInfo:
    """The time zone of this name. Raises ValueError for a name that the time zone database does not have.

    `Local` is none (batch/v1 validation: an explicit zone of IANA's database).
    """
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"`{name}` is no time zone; write a name of IANA's database, such as Europe/Berlin or Etc/UTC")
    return zoneinfo.ZoneInfo(name)


def _parse(field: _Field, text: str) -> tuple[frozenset[int], bool]:
    """The values of one field, and whether it is a star."""
    values: set[int] = set()
    star = False
    for part in text.split(","):
        numbers, is_star = _range(field, part)
        values |= numbers
        star = star or is_star
    return frozenset(values), star


def _range(field: _Field, part: str) -> tuple[set[int], bool]:
    whole, slash, step_text = part.partition("/")
    low, dash, high = whole.partition("-")
    step = _number(field, step_text, part, {}) if slash else 1
    if step == 0:
        raise ValueError(f"{field.name} `{part}` has steps of 0; write at least 1")
    if low in {"*", "?"} and not dash:
        # a star with steps is a choice of its own, not "any"
        return set(range(field.least, field.most + 1, step)), step == 1
    start = _number(field, low, part, field.names)
    end = _number(field, high, part, field.names) if dash else field.most if slash else start
    for number in (start, end):
        if not field.least <= number <= field.most:
            raise ValueError(f"{field.name} `{part}` is out of bounds; write {field.least} to {field.most}")
    if start > end:
        raise ValueError(f"{field.name} `{part}` ends before it begins; write the smaller number first")
    return set(range(start, end + 1, step)), False


def _number(field: _Field, text: str, part: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not text.isascii() or not text.isdecimal() or len(text) > 3:  # noqa: PLR2004 - no bound has more digits
        known = f", or {', '.join(names)}" if names else ""
        raise ValueError(f"{field.name} `{part}` is no number, range or list; write numbers{known}")
    return int(text)
