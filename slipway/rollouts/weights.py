"""Which weights a canary by replicas can keep: without a gateway or a mesh, a weight is a number of pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.schema.base import WrongAtError

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
    """The steps of `canary` with `replicas` pods. Raises WrongAtError, with the numbers, for one that cannot be kept.

    A step needs at least one new pod, at least one old pod, and more new pods than the step before it; and a weight
    below the share of one pod is refused, for one pod would take more. Of no pods there is nothing to weigh.
    """
    if not replicas:
        return []
    if replicas == 1:
        message = "a canary of 1 pod is all or nothing; set scaling.min to 2 or more, or use rolling"
        raise WrongAtError(("strategy",), message)
    weights: list[Weight] = []
    least = 100 // replicas
    for index, step in enumerate(canary.steps):
        pods = (2 * replicas * step.weight + 100) // 200  # half a pod counts as one
        weight = Weight(step.weight, pods, replicas)
        path = ("steps", index, "weight")
        said = f"weight {step.weight} with {replicas} replicas and no gateway cannot be kept"
        if step.weight < least:
            raise WrongAtError(path, f"{said}: {least} % is the least; use {least} or more, or raise scaling.min")
        if step.weight > 100 - least:
            most = 100 - least
            raise WrongAtError(path, f"{said}: {most} % is the most; use {most} or less, or raise scaling.min")
        if weights and pods <= weights[-1].pods:
            raise WrongAtError(path, f"{said}: it is {_pods(pods)}, as the step before; drop it or raise scaling.min")
        weights.append(weight)
    return weights


def _pods(number: int) -> str:
    return f"{number} pod" if number == 1 else f"{number} pods"
