"""Probes of a container. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway import units
from slipway.schema.probes import Command

if TYPE_CHECKING:
    from slipway.schema.probes import Probes

_PERIOD: Final = 5


def probes(wanted: Probes, port: int | None) -> dict[str, Any]:
    """The probes of a container that listens on `port`, as keys of its spec."""
    built: dict[str, Any] = {}
    if wanted.ready:
        built["readinessProbe"] = {**_handler(wanted.ready, port), "periodSeconds": _PERIOD}
    if wanted.live:
        built["livenessProbe"] = {**_handler(wanted.live, port), "periodSeconds": 2 * _PERIOD}
    first = wanted.ready or wanted.live
    if first:
        tries = -(-units.seconds(wanted.start_within) // _PERIOD)
        built["startupProbe"] = {**_handler(first, port), "periodSeconds": _PERIOD, "failureThreshold": tries}
    return built


def _handler(probe: str | Command, port: int | None) -> dict[str, Any]:
    if isinstance(probe, Command):
        return {"exec": {"command": list(probe.exec)}, "timeoutSeconds": 5}
    return {"httpGet": {"path": probe, "port": port, "scheme": "HTTP"}, "timeoutSeconds": 2}
