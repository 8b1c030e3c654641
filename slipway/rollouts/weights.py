"""Which weights a canary by replicas can keep: without a gateway, a weight is a number of pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.schema.rollout import Canary


@dataclass(frozen=True)
class Weight:
    """A step as it can be kept: `pods` of `replicas` run the new release."""

    wanted: int
    pods: int
    replicas: int

    @property
    def kept(self) -> int:
        """The share that the pods amount to, in %."""
        return round(100 * self.pods / self.replicas)


def by_replicas(canary: Canary, replicas: int) -> list[Weight]:
    """The steps of `canary` with `replicas` pods. Raises ValueError, with the numbers, for one that cannot be kept.

    A step needs at least one new pod, at least one old pod, and more new pods than the step before it.
    """
    if replicas == 1:
        raise ValueError("a canary of 1 pod is all or nothing; set scaling.min to 2 or more, or use rolling")
    weights: list[Weight] = []
    for step in canary.steps:
        pods = round(replicas * step.weight / 100)
        weight = Weight(step.weight, pods, replicas)
        least, most = round(100 / replicas), round(100 * (replicas - 1) / replicas)
        said = f"weight {step.weight} with {replicas} pods and no gateway cannot be kept"
        if pods < 1 or step.weight * replicas < 50:  # noqa: PLR2004 - half a pod
            raise ValueError(f"{said}: {least} % is the least; raise the weight or scaling.min")
        if pods >= replicas:
            raise ValueError(f"{said}: {most} % is the most; lower the weight or raise scaling.min")
        if weights and pods <= weights[-1].pods:
            raise ValueError(f"{said}: it is {pods} pods, as the step before; drop the step or raise scaling.min")
        weights.append(weight)
    return weights
