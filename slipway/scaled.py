"""Whether somebody scaled a service by hand: fewer pods than Git says are no failure, and not well either."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from slipway.health import Health, State, judge
from slipway.operations.live import image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slipway.desired import WantedService


def as_scaled(
    health: Health,
    workload: Mapping[str, Any] | None,
    service: WantedService,
    autoscaler: Callable[[], Mapping[str, Any] | None],
) -> Health:
    """`health`, or that it is complete in another number of pods than Git's. `autoscaler` reads its autoscaler."""
    if workload is None or health.state not in {State.PROGRESSING, State.HEALTHY}:
        return health
    scaling, replicas = service.spec.scaling, int(workload["spec"].get("replicas", 1))
    if health.state is State.HEALTHY:
        if scaling.autoscaled or replicas <= scaling.min:
            return health
        return replace(health, message=f"scaled by hand to {replicas} pods, Git says {scaling.min}")
    if replicas >= scaling.min:
        return health
    if scaling.autoscaled and replicas:
        owner = autoscaler()
        if owner is None or int(owner["spec"].get("minReplicas", 1)) >= scaling.min:
            return health
    alone = judge(workload, image(workload["spec"]["template"]), 0)
    if alone.state is not State.HEALTHY:
        return health
    back = f"slipway scale ENV {service.key} {scaling.min}"
    said = f"somebody wants {replicas} pods, Git says {scaling.min} at least; `{back}` brings that back"
    return Health(State.SCALED, alone.ready, scaling.min, said)
