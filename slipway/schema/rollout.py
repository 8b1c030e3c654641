"""The `rollout:` block of a service, one model for each strategy."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway import units
from slipway.schema.base import Duration, Share, Strict, WrongAtError


class _Rollout(Strict):
    deadline: Duration = Field(
        default="10m",
        description="How long the rollout may go without progress before it counts as failed "
        "(Kubernetes' progressDeadlineSeconds; pauses of a canary do not count).",
    )


class _Gradual(_Rollout):
    max_surge: Share = Field(
        default="25%", description="Pods above the wanted number while the rollout runs; a percentage rounds up."
    )
    max_unavailable: Share = Field(
        default="0", description="Pods that may be missing while the rollout runs; a percentage rounds down."
    )

    @model_validator(mode="after")
    def _can_move(self) -> Self:
        if units.is_none(self.max_surge) and units.is_none(self.max_unavailable):
            message = "max_surge and max_unavailable are both 0, so no pod could ever be replaced; raise one of them"
            raise WrongAtError(("max_surge",), message)
        return self


class Rolling(_Gradual):
    """New pods replace old ones, a few at a time, as a Kubernetes Deployment does it."""

    strategy: Literal["rolling"] = Field(description="`rolling`")


class Recreate(_Rollout):
    """All old pods end before the first new one starts: for a service that must never run twice at once."""

    strategy: Literal["recreate"] = Field(description="`recreate`")


class Step(Strict):
    """A weight and how long it is kept."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(
        description="Share of the pods that run the new release (%), rising from step to step. "
        "After the last step all do: 100 is no step of its own."
    )
    hold: Duration = Field(alias="for", description="How long the weight is kept before the next step.")


class Canary(_Gradual):
    """The new release takes a growing share of the pods, by an Argo Rollout."""

    strategy: Literal["canary"] = Field(description="`canary`")
    steps: list[Step] = Field(min_length=1, description="Weights, rising and below 100, each with its time.")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for index, (before, after) in enumerate(itertools.pairwise(step.weight for step in self.steps), start=1):
            if after <= before:
                what = f"weight {after} does not rise above {before}, that of the step before"
                raise WrongAtError(("steps", index, "weight"), f"{what}; each step needs a higher weight")
        return self


Rollout = Annotated[Rolling | Recreate | Canary, Field(discriminator="strategy")]

LATER_STRATEGIES = ("blue-green", "shadow", "a-b")
"""Strategies that the design names and this version refuses by name."""
