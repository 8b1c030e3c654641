"""The queries behind the built-in checks, and how a query is filled in for one service.

They fit what the examples export (examples/churn/churn_service/metrics.py, examples/fraud/fraud_service/metrics.py);
an environment replaces them with `metrics.queries`. The two releases are told apart by the hash that Argo Rollouts
gives their pods: whoever collects has to take that label over (docs/checks.md).

Sources: Prometheus documentation, "Query functions" (rate, increase, histogram_quantile), "Operators" (vector
matching); Argo Rollouts 1.10, `metricproviders/prometheus`: an empty vector is measured as such.
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

from slipway import units
from slipway.schema.metrics import Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.checks import Check, Metric

HASH_LABEL: Final = "rollouts_pod_template_hash"
"""Label of a time series: which release it is of."""
_OWN: Final = 'path!~"/healthz|/readyz|/metrics"'
"""Requests of callers: probes and scrapes come as often to a release that nobody calls."""
_DRIFT: Final = (
    "max(abs("
    "sum by (le) (rate(model_prediction_probability_bucket{{{new}}}[$window]))"
    " / on () group_left () sum(rate(model_prediction_probability_count{{{new}}}[$window]))"
    " - "
    "sum by (le) (rate(model_prediction_probability_bucket{{{old}}}[$window]))"
    " / on () group_left () sum(rate(model_prediction_probability_count{{{old}}}[$window]))"
    "))"
).format(new="$new", old="$old")
BUILT_IN: Final[dict[Metric, Query]] = {
    # answers with 5xx among all
    "error-rate": Query(
        value=f"sum(rate(http_request_errors_total{{$new,{_OWN}}}[$window]))"
        f" / sum(rate(http_requests_total{{$new,{_OWN}}}[$window]))",
        samples=f"sum(increase(http_requests_total{{$new,{_OWN}}}[$window]))",
    ),
    # seconds that 95 of 100 answers take at most
    "p95-latency": Query(
        value="histogram_quantile(0.95, sum by (le) "
        f"(rate(http_request_duration_seconds_bucket{{$new,{_OWN}}}[$window])))",
        samples=f"sum(increase(http_request_duration_seconds_count{{$new,{_OWN}}}[$window]))",
    ),
    # CPU that pods use, of what they ask for
    "saturation": Query(
        value="sum(rate(process_cpu_seconds_total{$new}[$window])) / (count(process_cpu_seconds_total{$new}) * $cpu)",
        samples="sum(count_over_time(process_cpu_seconds_total{$new}[$window]))",
    ),
    # the largest distance between the two releases' cumulated distributions of predictions (Kolmogorov-Smirnov)
    "prediction-drift": Query(
        value=_DRIFT,
        samples="(sum(increase(model_prediction_probability_count{$new}[$window]))"
        " < sum(increase(model_prediction_probability_count{$old}[$window])))"
        " or sum(increase(model_prediction_probability_count{$old}[$window]))",  # of the two, the fewer
    ),
}


def matchers(namespace: str, service: str, argument: str) -> str:
    """Label matchers of the series of one release, whose hash is an argument of the analysis."""
    return f'namespace="{namespace}",job="{service}",{HASH_LABEL}="{{{{args.{argument}}}}}"'


def query(check: Check, own: Mapping[Metric, Query], *, namespace: str, service: str, cpu: str) -> str:
    """The PromQL of a check, empty where there are fewer samples than it needs: too few count as no data.

    `own` are the environment's queries, `cpu` what a pod asks for.
    """
    asked = own.get(check.metric) or BUILT_IN[check.metric] if check.metric else None
    value, samples = (asked.value, asked.samples) if asked else (check.prometheus or "", check.samples)
    filled = {
        "new": matchers(namespace, service, "new"),
        "old": matchers(namespace, service, "old"),
        "window": f"{units.seconds(check.window)}s",
        "cpu": f"{units.millicores(cpu) / 1000:g}",
    }
    value = Template(value).substitute(filled)
    if not samples:
        return value
    return f"({value}) and on () (({Template(samples).substitute(filled)}) >= {check.needed})"
