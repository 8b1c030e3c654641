"""The `metrics:` block of an environment: who is asked, and the queries behind the built-in checks."""

from __future__ import annotations

from pydantic import Field

from slipway.schema.base import Strict
from slipway.schema.checks import Address, Metric, PromQL


class Query(Strict):
    """How a built-in metric is asked for. `$new`, `$old`, `$window` and `$cpu` are filled in for each service."""

    value: PromQL = Field(description="PromQL whose result is compared: a share of 1, or seconds.")
    samples: PromQL = Field(description="PromQL of how many samples that rests on.")


class Metrics(Strict):
    """Where checks ask for numbers. `{}` is managed Prometheus on GKE, a stand-in on `local`."""

    address: Address | None = Field(
        default=None,
        description="A Prometheus of your own, which the Argo Rollouts controller has to reach. Without it, the one "
        "that the controller is configured with.",
    )
    queries: dict[Metric, Query] = Field(
        default={}, description="Queries of built-in metrics, where those of docs/checks.md do not fit."
    )
