"""AnalysisTemplates: what each analysis of a rollout measures, how often, and what it makes of the values. Pure.

How Argo Rollouts 1.10 judges (`analysis/analysis.go`, `utils/evaluate`), and what is built on it:
- Neither condition true is Inconclusive, which pauses a rollout. Both conditions ask for a value first, so an empty
  result, and NaN, are no success. An index into an empty vector would be an Error instead, which aborts after five.
- A measurement in Error is repeated after 10 s and does not count, so a step is held until it has all its values.
- `failed > failureLimit` ends an analysis at once. With `count` at or below the limit it would end well on failures
  alone: the schema refuses holds that are so short (slipway/schema/checks.py, `measurable`).
- A `web` answer that is no JSON is Successful, whatever the conditions say: `slipway.checked` fails such a release.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from slipway import units
from slipway.rollouts.checks import AFTER, BACKGROUND, checks_of, template_names
from slipway.rollouts.queries import query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.schema.checks import Check, Metric
    from slipway.schema.manifest import Service
    from slipway.schema.metrics import Query

API_VERSION: Final = "argoproj.io/v1alpha1"
_ERRORS: Final = 4
"""Errors in a row that are let pass (Argo's own default, said here so that it is seen)."""


@dataclass(frozen=True)
class Where:
    """What an environment supplies: the Prometheus that is asked, its queries, and where the new release answers.

    `release_url` is the Service of the side under test, without a path. `job` is the pod's form for checks by a job.
    """

    namespace: str
    release_url: str
    address: str | None = None
    queries: Mapping[Metric, Query] = field(default_factory=dict[Any, Any])
    job: Mapping[str, Any] = field(default_factory=dict[str, Any])


def templates(spec: Service, strategy: Mapping[str, Any], where: Where) -> list[dict[str, Any]]:
    """Name and spec of each AnalysisTemplate that the compiled `strategy` of a service names, by name."""
    found: list[dict[str, Any]] = []
    for name in template_names(strategy):
        which, _, purpose = name.removeprefix(f"{spec.name}-checks-").rpartition("-")
        before, after = checks_of(spec.rollout)
        seconds = None if purpose == BACKGROUND else units.seconds(purpose)
        metrics = _metrics(spec, after if which == AFTER else before, seconds, where)
        args = [{"name": "new"}, {"name": "old"}]
        found.append({"name": name, "spec": {"args": args, "metrics": metrics}})
    return found


def _metrics(spec: Service, checks: Sequence[Check], seconds: int | None, where: Where) -> list[dict[str, Any]]:
    return [
        {
            "name": check.label,
            **_pace(check, seconds),
            "failureLimit": check.failures,
            "inconclusiveLimit": 0,
            "consecutiveErrorLimit": _ERRORS,
            **_conditions(check),
            "provider": _provider(spec, check, where),
        }
        for check in checks
        if seconds is not None or not check.job  # a job runs once: the step before the wait has run it
    ]


def _pace(check: Check, seconds: int | None) -> dict[str, Any]:
    """When a check is measured: to the end of a hold of `seconds`, or without an end."""
    if check.job:
        return {"count": 1}
    if seconds is None:
        return {"initialDelay": f"{check.delay}s", "interval": f"{units.seconds(check.every)}s"}
    count, every = check.count(seconds), units.seconds(check.every)
    return {"initialDelay": f"{seconds - (count - 1) * every}s", "interval": f"{every}s", "count": count}


def _conditions(check: Check) -> dict[str, str]:
    if check.job:
        return {}
    most, least = check.most, check.least
    good = [f"{{}} <= {_number(most)}"] if most is not None else []
    good += [f"{{}} >= {_number(least)}"] if least is not None else []
    bad = [f"{{}} > {_number(most)}"] if most is not None else []
    bad += [f"{{}} < {_number(least)}"] if least is not None else []
    if check.web:
        passes, fails = (" && ".join(good).replace("{}", "result"), " || ".join(bad).replace("{}", "result"))
        return {"successCondition": passes, "failureCondition": fails}
    passes, fails = " && ".join(good).replace("{}", "#"), " || ".join(bad).replace("{}", "#")
    return {
        "successCondition": f"len(result) > 0 && all(result, {passes})",
        "failureCondition": f"len(result) > 0 && any(result, {fails})",
    }


def _number(value: float) -> str:
    """A number without an exponent, which the expression language reads in its own way."""
    return f"{value:.12f}".rstrip("0").rstrip(".")


def _provider(spec: Service, check: Check, where: Where) -> dict[str, Any]:
    if check.web:
        return {
            "web": {
                "url": check.web.url or f"{where.release_url}{check.web.path}",
                "jsonPath": f"{{{check.web.value}}}",
                "timeoutSeconds": units.seconds(check.web.timeout),
            }
        }
    if check.job:
        return {"job": {"spec": _job(check, where)}}
    asked = query(check, where.queries, namespace=where.namespace, service=spec.name, cpu=spec.resources.cpu)
    address = {"address": where.address} if where.address else {}
    return {"prometheus": {**address, "query": asked}}


def _job(check: Check, where: Where) -> dict[str, Any]:
    """A Job that runs once: its exit code is the result, and it is not repeated to be better."""
    assert check.job  # noqa: S101 - the caller has looked
    pod = dict(where.job)
    container = {**pod["containers"][0], "command": list(check.job.command)}
    variables = [*container.get("env", []), {"name": "RELEASE_URL", "value": where.release_url}]
    for key in ("args", "ports", "readinessProbe", "livenessProbe", "startupProbe"):
        container.pop(key, None)
    spec = {**pod, "restartPolicy": "Never", "containers": [{**container, "env": variables}]}
    labels = {"slipway.dev/check": check.label}  # none of the service's: it must get no traffic
    return {
        "backoffLimit": 0,
        "activeDeadlineSeconds": units.seconds(check.job.timeout),
        "template": {"metadata": {"labels": labels}, "spec": spec},
    }
