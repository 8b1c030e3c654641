"""Whether an environment can measure what the checks of a service ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway import units
from slipway.rollouts.checks import checks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, Manifest
    from slipway.schema.checks import Check
    from slipway.schema.environment import Environment

_SHORTEST: Final = 30
"""Seconds: a rate needs two readings of a counter, and collectors read every 15 s at best."""


def problems(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    """What of the checks cannot be measured here, at the line of the check."""
    document, rollout = file.place(manifest, "rollout")
    for key, checks in zip(("checks", "checks_after"), checks_of(service.spec.rollout), strict=True):
        for index, check in enumerate(checks):
            if said := _unmeasurable(check, service, file.value, file.name):
                what, remedy = said
                yield document.problem((*rollout, key, index), f"check {check.label}: {what}", remedy)


def _unmeasurable(check: Check, service: WantedService, environment: Environment, name: str) -> tuple[str, str] | None:
    if check.web and check.web.path and service.spec.port is None:
        return "its path is one of a service without a port", "give a url, or set `port`"
    if environment.stand_ins and (check.job or (check.web and check.web.path)):
        what = "a path of the service" if check.web else "a job"
        return f"{what} answers nothing in environment `{name}`, whose pods are played", "leave it out in an overlay"
    if not (check.metric or check.prometheus):
        return None
    metrics = environment.metrics
    if metrics is None:
        return (
            f"environment `{name}` says nowhere to ask for numbers",
            "add `metrics: {}`, with an address, to its file",
        )
    if not environment.stand_ins:
        if metrics.address is None:
            what = f"`metrics` of environment `{name}` has no address"
            return what, "name a Prometheus (or the query frontend of the managed one) that the controller reaches"
        if units.seconds(check.window) < _SHORTEST:
            return f"a window of {check.window} holds no two scrapes", f"write {_SHORTEST}s or more"
    elif metrics.address is None and (check.prometheus or check.metric in metrics.queries):
        return "the stand-in of Prometheus plays the built-in queries only", "name a `metrics.address` that answers it"
    return None
