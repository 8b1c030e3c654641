"""AnalysisTemplates of a service: what the checks of its rollout measure (slipway/rollouts/templates.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi_kubernetes.apiextensions import CustomResource

from slipway.rollouts.templates import API_VERSION, Where, templates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pulumi

    from slipway.rollouts.compile import Plan
    from slipway.schema.checks import Metric
    from slipway.schema.manifest import Service
    from slipway.schema.metrics import Query


@dataclass(frozen=True)
class MetricsArgs:
    """Where checks ask; `address` is None for the Prometheus that the controller is configured with."""

    address: str | None = None
    queries: Mapping[Metric, Query] = field(default_factory=dict[Any, Any])


def analysis(
    service: Service,
    compiled: Plan,
    metrics: MetricsArgs,
    pod: Mapping[str, Any],
    meta: Callable[[str], Any],
    opts: pulumi.ResourceOptions,
) -> Sequence[pulumi.Resource]:
    """The templates that `compiled` names; none for a rollout without checks. `pod` is the spec of a service's pod.

    `meta` makes the metadata of an object of the service by its suffix, whose namespace is the team's.
    """
    side = f"-{compiled.sides[-1]}" if compiled.sides else ""
    namespace: str = meta("")["namespace"]
    where = Where(
        namespace=namespace,
        release_url=f"http://{service.name}{side}.{namespace}.svc",
        address=metrics.address,
        queries=metrics.queries,
        job=pod,
    )
    return [
        CustomResource(
            each["name"],
            api_version=API_VERSION,
            kind="AnalysisTemplate",
            metadata=meta(each["name"].removeprefix(f"{service.name}-")),
            spec=each["spec"],
            opts=opts,
        )
        for each in templates(service, compiled.strategy, where)
    ]


def asked_by_path(service: Service) -> bool:
    """Whether the controller itself calls the service: by a check of one of its paths."""
    rollout = service.rollout
    checks = [*getattr(rollout, "checks", ()), *getattr(rollout, "checks_after", ())]
    return any(check.web and check.web.path for check in checks)
