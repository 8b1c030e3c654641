"""The `checks:` of a rollout: what is measured of the new release, how often, and which value ends the rollout."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from slipway import units
from slipway.schema.base import Duration, Label, Strict, WrongAtError, checked, form

if TYPE_CHECKING:
    from collections.abc import Sequence

RATIOS: Final = ("error-rate", "saturation", "prediction-drift")
"""Built-in metrics that are a share; `p95-latency` is a time."""
_SAMPLES: Final = 20
"""Requests or predictions below which nothing is concluded: one error of 20 is 5 %."""
_SCRAPES: Final = 2
"""Readings of a counter that a rate needs."""
Metric = Literal["error-rate", "p95-latency", "saturation", "prediction-drift"]

PLACEHOLDERS: Final = ("cpu", "new", "old", "window")
"""What a query may say as `$NAME`: CPU request of a pod (cores), label matchers of both releases, the window."""


def _placeholders(text: str) -> None:
    template = Template(text)
    if not template.is_valid():
        raise ValueError(f"`{text}` has a `$` that stands for nothing; write $$ for a dollar sign")
    for name in template.get_identifiers():
        if name not in PLACEHOLDERS:
            known = ", ".join(f"${each}" for each in PLACEHOLDERS)
            raise ValueError(f"`${name}` stands for nothing in a query; use {known}, or $$ for a dollar sign")


PromQL = Annotated[str, Field(min_length=1), checked(_placeholders)]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Limit = Annotated[str, BeforeValidator(_plain), checked(units.threshold)]
Address = Annotated[
    str, form(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", "no address", "write one such as https://HOST/PATH")
]
Value = Annotated[
    str,
    form(
        r"\$(\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,4}\])+",
        "no path to a value",
        "write $ and the keys below it, such as $.accuracy or $.scores[0]",
    ),
]


class Web(Strict):
    """A value in the JSON answer to a GET, asked for by the Argo Rollouts controller."""

    url: Address | None = Field(default=None, description="Whole address; the controller has to reach it.")
    path: Annotated[str, form(r"/[!-~]*", "no path", "write one that starts with a slash, such as /golden")] | None = (
        Field(default=None, description="Path of the new release itself, on the Service of its side.")
    )
    value: Value = Field(description="Where the number is in the JSON answer, such as $.accuracy.")
    timeout: Duration = Field(default="10s", description="How long an answer may take.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("it needs a url or a path; write one of the two")
        return self


class JobCheck(Strict):
    """A program that runs once in each hold, as a Job beside the service, with the new release's image."""

    command: Annotated[list[str], Field(min_length=1)] = Field(
        description="Program and arguments; exit code 0 is good. RELEASE_URL names the Service of the new release."
    )
    timeout: Duration = Field(default="10m", description="How long it may run; it fails after it.")


class Check(Strict):
    """One thing that is measured while the new release is under test, with a limit.

    One of `metric`, `prometheus`, `web` and `job` says what is measured.
    """

    name: Label | None = Field(default=None, description="Name in messages; that of `metric` without it.")
    metric: Metric | None = Field(
        default=None, description="Built in; its query is that of the environment (docs/checks.md)."
    )
    prometheus: PromQL | None = Field(
        default=None,
        description="Own query, in PromQL. `$new` and `$old` stand for label matchers of the new and of the old "
        "release, `$window` for the window.",
    )
    samples: PromQL | None = Field(
        default=None, description="Own query of how many samples the value rests on; for `min_samples`."
    )
    web: Web | None = Field(default=None, description="A value in an HTTP answer.")
    job: JobCheck | None = Field(default=None, description="A program.")
    max: Limit | None = Field(default=None, description="The value fails above it: 1%, 250ms, or a plain number.")
    min: Limit | None = Field(default=None, description="The value fails below it: 1%, 250ms, or a plain number.")
    every: Duration = Field(default="30s", description="How often it is measured.")
    window: Duration = Field(
        default="1m", description="How far back a query looks; the first measurement comes after so long."
    )
    failures: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="Bad measurements in one hold that are let pass; one more ends the rollout."
    )
    min_samples: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Samples (requests, predictions) within the window below which a value counts as no data: the "
        "rollout pauses. 20 for built-in metrics (saturation: 2 scrapes); for `prometheus` only with `samples`.",
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [each for each in ("metric", "prometheus", "web", "job") if getattr(self, each) is not None]
        if len(given) != 1:
            what = f"`{given[0]}` and `{given[1]}` both say what is measured" if given else "nothing is measured"
            raise ValueError(f"{what}; write one of metric, prometheus, web and job")
        if self.name is None and self.metric is None:
            raise WrongAtError(("name",), f"a check by `{given[0]}` has no name; add `name`, for messages")
        return self

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.job:
            for key in ("max", "min"):
                if getattr(self, key) is not None:
                    raise WrongAtError((key,), f"`{key}` is for values; a job passes by its exit code, drop it")
            return self
        if self.max is None and self.min is None:
            raise ValueError(f"check {self.label} has no limit; add `max` or `min`")
        for key, text in (("max", self.max), ("min", self.min)):
            if text is not None:
                self._unit(key, text)
        if self.most is not None and self.least is not None and self.most < self.least:
            raise WrongAtError(("max",), f"max {self.max} is below min {self.min}; swap them")
        return self

    def _unit(self, key: str, text: str) -> None:
        unit = units.threshold(text)[1]
        if self.metric == "p95-latency" and unit not in {"ms", "s"}:
            raise WrongAtError((key,), f"`{text}` is no time; write one such as 250ms or 2s")
        if self.metric in RATIOS and unit != "%":
            raise WrongAtError((key,), f"`{text}` is no share; write one such as 1%")

    @model_validator(mode="after")
    def _samples(self) -> Self:
        if self.samples and not self.prometheus:
            raise WrongAtError(("samples",), "`samples` goes with `prometheus`; the built-in metrics have their own")
        if self.samples and self.min_samples is None:
            raise WrongAtError(("samples",), "`samples` without `min_samples` decides nothing; add `min_samples`")
        if self.min_samples is not None and not (self.metric or self.samples):
            raise WrongAtError(("min_samples",), "nothing counts samples here; add a query `samples`, or drop it")
        return self

    @property
    def label(self) -> str:
        """What messages call it; also the name of the metric in its AnalysisTemplate."""
        return self.name or self.metric or ""

    @property
    def most(self) -> float | None:
        """`max` as a number: a share of 1, seconds, or as it is."""
        return None if self.max is None else units.threshold(self.max)[0]

    @property
    def least(self) -> float | None:
        """`min` as a number: a share of 1, seconds, or as it is."""
        return None if self.min is None else units.threshold(self.min)[0]

    @property
    def needed(self) -> int:
        """Samples that a value needs; 0 where they are not counted."""
        if self.min_samples is not None or self.metric is None:
            return self.min_samples or 0
        return _SCRAPES if self.metric == "saturation" else _SAMPLES

    @property
    def delay(self) -> int:
        """Seconds before the first measurement: queries look back, answers and jobs do not."""
        return units.seconds(self.window) if self.metric or self.prometheus else 0

    @property
    def shortest(self) -> int:
        """Seconds of the shortest hold in which it can pass by a good measurement."""
        return self.delay + self.failures * units.seconds(self.every)

    def count(self, seconds: int) -> int:
        """How many measurements a hold of `seconds` has."""
        return 1 if self.job else 1 + (seconds - self.delay) // units.seconds(self.every)


def measurable(checks: Sequence[Check], seconds: int) -> None:
    """Raises ValueError, with the numbers, when a hold of `seconds` is too short for one of `checks` to mean anything.

    More measurements than failures let pass are needed: else a release passes of which not one was good.
    """
    for check in checks:
        if seconds < check.shortest:
            again = f" and {check.failures} more, one every {check.every}" if check.failures else ""
            what = f"{seconds}s is too short for check {check.label}: its first measurement comes after {check.delay}s"
            raise ValueError(f"{what}{again}; hold for {check.shortest}s or more, or shorten its window")


def _distinct(checks: list[Check]) -> list[Check]:
    seen: set[str] = set()
    for index, check in enumerate(checks):
        if check.label in seen:
            raise WrongAtError((index,), f"two checks are called `{check.label}`; give one a `name` of its own")
        seen.add(check.label)
    return checks


Checks = Annotated[list[Check], AfterValidator(_distinct)]
