"""The revisions of a service: what ran, who made it so, when, and how it ended as far as somebody recorded it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError
from slipway.operations import lasting
from slipway.operations.verbs import adapter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from slipway.operations.live import Live, Revision

_UNKNOWN: Final = "not recorded"


def as_values(live: Live, registries: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every kept revision, newest first, for `--json`. None stands for what nobody recorded."""
    return [_values(live, each, registries) for each in reversed(live.revisions)]


def as_table(live: Live, registries: Mapping[str, str]) -> Table:
    """The same, for a rich console."""
    from rich.table import Table  # noqa: PLC0415 - `--json` needs no table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("REVISION", "RELEASE", "PODS", "BY", "WHEN", "COMMIT", "OUTCOME"):
        table.add_column(title, overflow="fold")
    for each in as_values(live, registries):
        what = f" ({each['what']})" if each["what"] not in {None, "up"} else ""
        table.add_row(
            f"{each['revision']}{' *' if each['current'] else ''}",
            "\n".join(short(value) for value in each["release"].values()),
            str(each["pods"]),
            f"{each['by'] or _UNKNOWN}{what}",
            each["at"] or f"made {each['created']}",
            each["commit"] or "",
            ": ".join(part for part in (each["outcome"], each["why"]) if part),
        )
    return table


def one(live: Live, number: int, registries: Mapping[str, str]) -> dict[str, Any]:
    """All that is known of one revision. Raises FailedError that says which there are."""
    revision = live.revision(number)
    if revision is None:
        there = ", ".join(str(each.number) for each in live.revisions) or "none"
        raise FailedError(f"{live.key}: revision {number} is not kept; there are {there}")
    found = _values(live, revision, registries)
    now = live.current
    found["differs_in"] = lasting.differences(revision, now) if now else []
    found["records"] = [asdict(each) for each in revision.records]
    return found


def as_text(values: Mapping[str, Any]) -> str:
    """One revision for people: a line for each thing."""
    lines = [f"revision: {values['revision']}{' (the wanted one)' if values['current'] else ''}"]
    lines += [f"{key}: {value}" for key, value in values["release"].items()]
    lines.append(f"pods: {values['pods']}, {values['ready']} ready")
    lines.append(f"made: {values['created']}")
    for each in values["records"]:
        ended = ": ".join(part for part in (each["outcome"], each["why"]) if part)
        lines.append(
            f"as revision {each['revision']}: {each['what'] or 'made'} by {each['by'] or _UNKNOWN}, "
            f"{each['at'] or 'time ' + _UNKNOWN}, commit {each['commit'] or _UNKNOWN}, {ended or _UNKNOWN}"
        )
    if values["differs_in"]:
        lines.append(f"differs from the wanted one in: {', '.join(values['differs_in'])}")
    return "\n".join(lines)


def _values(live: Live, revision: Revision, registries: Mapping[str, str]) -> dict[str, Any]:
    record, now = revision.record, live.current
    current = now is not None and now.number == revision.number
    outcome = record.outcome if record else None
    if outcome is None and current and not adapter(live).complete(live):
        outcome = "in progress"
    return {
        "revision": revision.number,
        "current": current,
        "release": lasting.release(revision, registries),
        "pods": revision.pods,
        "ready": revision.ready,
        "created": revision.created,
        "what": record.what if record else None,
        "by": record.by if record else None,
        "at": record.at if record else None,
        "commit": record.commit if record else None,
        "outcome": outcome or _UNKNOWN,
        "why": record.why if record else None,
    }


def short(reference: str) -> str:
    """A reference with the first 12 digits of its digest."""
    name, mark, digest = reference.partition("@sha256:")
    return f"{name}{mark}{digest[:12]}"
