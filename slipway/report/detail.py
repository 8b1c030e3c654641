"""One service in full: where its release stands, which revisions have pods, and which pods are not well."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from slipway.diagnosis import diagnose
from slipway.operations import lasting
from slipway.operations.steps import DONE, NOW, TO_COME, steps
from slipway.report.history import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from slipway.operations.live import Live, Revision

_MARKS: Final = {DONE: ("done", "green"), NOW: ("now", "yellow"), TO_COME: ("", "dim")}


def as_values(live: Live | None, pods: Sequence[Mapping[str, Any]], registries: Mapping[str, str]) -> dict[str, Any]:
    """What the table of services does not show, for `--json`. Empty lists when the service is not in the cluster."""
    if live is None:
        return {"kind": None, "steps": [], "revisions": [], "pods": [], "autoscaler": None}
    return {
        "kind": live.kind.name,
        "steps": [asdict(step) for step in steps(live)],
        "revisions": [_revision(live, each, registries) for each in reversed(live.revisions) if _counts(live, each)],
        "pods": [_pod(live, pod) for pod in pods],
        "autoscaler": _autoscaler(live),
    }


def as_renderable(values: Mapping[str, Any]) -> RenderableType:
    """The same, for a rich console."""
    from rich.console import Group  # noqa: PLC0415 - `--json` needs none
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    parts: list[RenderableType] = []
    if values["steps"]:
        table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
        table.add_column("STEP", justify="right")
        table.add_column("")
        table.add_column("WHAT", overflow="fold")
        for number, step in enumerate(values["steps"], 1):
            mark, colour = _MARKS[step["where"]]
            table.add_row(str(number), Text(mark, style=colour), Text(step["text"], style="dim" if not mark else ""))
        parts += [Text(""), table]
    if values["revisions"]:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("REVISION", "ROLE", "READY", "RELEASE"):
            table.add_column(title, overflow="fold")
        for each in values["revisions"]:
            release = "\n".join(short(value) for value in each["release"].values())
            table.add_row(str(each["revision"]), each["role"], f"{each['ready']}/{each['pods']}", release)
        parts += [Text(""), table]
    ill = [pod for pod in values["pods"] if pod["why"]]
    if ill:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("POD", "REVISION", "WHY IT IS NOT READY"):
            table.add_column(title, overflow="fold")
        for pod in ill:
            table.add_row(pod["name"], str(pod["revision"] or "?"), pod["why"])
        parts += [Text(""), table]
    if scaler := values["autoscaler"]:
        said = (
            f"autoscaler: {scaler['min']} to {scaler['max']} pods, now {scaler['current']}, wants {scaler['desired']}"
        )
        parts += [Text(""), Text(said)]
    return Group(*parts)


def _counts(live: Live, revision: Revision) -> bool:
    return bool(revision.pods) or revision == live.current


def _revision(live: Live, revision: Revision, registries: Mapping[str, str]) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "role": _role(live, revision),
        "pods": revision.pods,
        "ready": revision.ready,
        "release": lasting.release(revision, registries),
    }


def _role(live: Live, revision: Revision) -> str:
    """`stable` serves or is all there is; `new` is on its way; `old` is on its way out."""
    now, stable = live.current, live.status.get("stableRS")
    if stable:
        if revision.hash == stable:
            return "stable"
        return "new" if revision == now else "old"
    if revision != now:
        return "old"
    return "new" if any(each.pods for each in live.revisions if each != now) else "stable"


def _pod(live: Live, pod: Mapping[str, Any]) -> dict[str, Any]:
    metadata = pod["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    of = live.by_hash(labels.get(live.kind.hash, ""))
    why = diagnose([pod], []).partition(": ")[2]
    return {
        "name": metadata["name"],
        "revision": of.number if of else None,
        "ready": not why and not metadata.get("deletionTimestamp"),
        "why": "it is ending" if metadata.get("deletionTimestamp") else why,
    }


def _autoscaler(live: Live) -> dict[str, Any] | None:
    if live.autoscaler is None:
        return None
    spec = live.autoscaler["spec"]
    status: Mapping[str, Any] = live.autoscaler.get("status") or {}
    return {
        "min": spec.get("minReplicas", 1),
        "max": spec["maxReplicas"],
        "current": status.get("currentReplicas", 0),
        "desired": status.get("desiredReplicas", 0),
    }
