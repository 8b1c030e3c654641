"""The `rollout:` block of a service, one model for each strategy."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway import units
from slipway.schema.base import Duration, Share, Short, Strict, WrongAtError, form
from slipway.schema.checks import Check, Checks, measurable

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECKS = "What is measured while it is held; a bad value takes the old release back (docs/checks.md)."
Traffic = Literal["auto", "replicas", "gateway", "mesh"]
_TRAFFIC = "What carries the weights: `replicas` (as many pods), `gateway` or `mesh` (docs/traffic.md)."


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


class _Held(Strict):
    """What is kept for a time, or until a person says so: one of the two."""

    hold: Duration | None = Field(
        default=None, alias="for", description="How long it is kept before the rollout goes on by itself."
    )
    until: Literal["approved"] | None = Field(
        default=None, description="`approved`: it is kept until somebody says `slipway promote`."
    )

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.hold is None and self.until is None:
            raise ValueError("nothing says how long it is kept; add `for: 5m` or `until: approved`")
        if self.hold is not None and self.until is not None:
            raise WrongAtError(("until",), "`for` and `until` both say when the rollout goes on; keep one")
        return self

    @property
    def seconds(self) -> int:
        """Seconds for which it is kept; 0 where a person ends it."""
        return units.seconds(self.hold) if self.hold else 0


def _measurable(checks: Sequence[Check], seconds: int, path: tuple[str | int, ...]) -> None:
    """Raises WrongAtError where the hold at `path` is too short for a check."""
    try:
        measurable(checks, seconds)
    except ValueError as error:
        raise WrongAtError(path, str(error)) from None


class Rolling(_Gradual):
    """New pods replace old ones, a few at a time, as a Kubernetes Deployment does it."""

    strategy: Literal["rolling"] = Field(description="`rolling`")


class Recreate(_Rollout):
    """All old pods end before the first new one starts: for a service that must never run twice at once."""

    strategy: Literal["recreate"] = Field(description="`recreate`")


class BlueGreen(_Rollout):
    """The new release runs beside the old one, as a preview, and then takes all traffic at once."""

    strategy: Literal["blue-green"] = Field(description="`blue-green`")
    preview_pods: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="Pods of the preview until the switch; as many as the service has, without it."
    )
    promote: Literal["automatic", "approved"] = Field(
        default="automatic",
        description="`automatic`: the switch comes when the preview is ready (and `after` has passed). "
        "`approved`: it waits for `slipway promote`.",
    )
    after: Duration | None = Field(
        default=None, description="How long a preview that is ready is kept before the automatic switch."
    )
    keep_old: Short = Field(
        default="30s",
        description="How long the old pods stay after the switch, so that going back is at once. Below 30s callers "
        "may still be sent to pods that are gone.",
    )
    checks: Checks = Field(default=[], description="What is measured of the preview before the switch.")
    checks_after: Checks = Field(
        default=[], description="What is measured after the switch; a bad value switches back to the old pods."
    )

    @model_validator(mode="after")
    def _one_switch(self) -> Self:
        if self.promote == "approved" and self.after is not None:
            message = "`after` is for the automatic switch and `promote` is `approved`; keep one"
            raise WrongAtError(("after",), message)
        if self.after:
            _measurable(self.checks, units.seconds(self.after), ("after",))
        return self


class Step(_Held):
    """A weight and how long it is kept."""

    weight: Annotated[int, Field(ge=1, le=99)] = Field(
        description="Share that goes to the new release (%), rising from step to step. "
        "After the last step all does: 100 is no step of its own."
    )


class Canary(_Gradual):
    """The new release takes a growing share of the pods or of the traffic, by an Argo Rollout."""

    strategy: Literal["canary"] = Field(description="`canary`")
    traffic: Traffic = Field(default="auto", description=f"{_TRAFFIC} `auto`: the finest that the environment has.")
    steps: list[Step] = Field(min_length=1, description="Weights, rising and below 100, each with its time.")
    checks: Checks = Field(default=[], description=_CHECKS)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for index, (before, after) in enumerate(itertools.pairwise(step.weight for step in self.steps), start=1):
            if after <= before:
                what = f"weight {after} does not rise above {before}, that of the step before"
                raise WrongAtError(("steps", index, "weight"), f"{what}; each step needs a higher weight")
        for index, step in enumerate(self.steps):
            if step.hold:
                _measurable(self.checks, step.seconds, ("steps", index, "for"))
        return self


HeaderName = Annotated[
    str,
    form(
        r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}",
        "no name of a header or cookie",
        "use letters, digits and dashes, such as x-group",
    ),
]
"""A token: RFC 9110, 5.6.2; RFC 6265, 4.1.1."""
HeaderValue = Annotated[
    str,
    form(
        r"[!-+\--:<-~]{1,256}",
        "no value to compare with",
        "use visible characters without blanks, commas and semicolons",
    ),
]


class Pair(Strict):
    """A name and the value that it has to have."""

    name: HeaderName = Field(description="Name, such as x-group.")
    value: HeaderValue = Field(description="Value that is compared as it is.")


class Match(Strict):
    """Which requests the new release answers: by a header or by a cookie."""

    header: Pair | None = Field(default=None, description="A request with this header.")
    cookie: Pair | None = Field(default=None, description="A request with this cookie.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.header is None) == (self.cookie is None):
            example = "{header: {name: x-group, value: b}}"
            raise ValueError(f"it needs a header or a cookie; write one of the two, such as {example}")
        return self


class _Beside(_Gradual, _Held):
    """The new release beside the old one for a while, before it replaces it."""

    traffic: Literal["auto", "gateway", "mesh"] = Field(
        default="auto", description="What sends it: `gateway` or `mesh`; `auto`: the one that the service is behind."
    )
    pods: Annotated[int, Field(ge=1, le=1000)] = Field(default=1, description="Pods of the new release meanwhile.")
    checks: Checks = Field(default=[], description=_CHECKS)

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.hold:
            _measurable(self.checks, self.seconds, ("for",))
        return self


class ABTest(_Beside):
    """Requests that match go to the new release, all others to the old one, until the test ends."""

    strategy: Literal["a-b"] = Field(description="`a-b`")
    match: Match = Field(description="Which requests the new release answers.")


class Shadow(_Beside):
    """The new release gets a copy of the traffic, and its answers are thrown away, before it replaces the old one."""

    strategy: Literal["shadow"] = Field(description="`shadow`")
    share: Annotated[int, Field(ge=1, le=100)] = Field(default=100, description="Share of the traffic to copy (%).")


Rollout = Annotated[Rolling | Recreate | BlueGreen | Canary | ABTest | Shadow, Field(discriminator="strategy")]
