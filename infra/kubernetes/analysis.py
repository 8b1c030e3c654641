"""AnalysisTemplates of a service: what the checks of its rollout measure (slipway/rollouts/templates.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

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


_BY_CONTROLLER: Final[dict[str, Any]] = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "argo-rollouts"}}
}
_BY_API_SERVER: Final[dict[str, Any]] = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "konnectivity-agent"}},
}
"""GKE documentation, "Troubleshoot the Konnectivity proxy": what carries the API server's requests to pods."""


def askers(service: Service) -> list[dict[str, Any]]:
    """Who calls the pods to test them: the controller for checks of a path, the API server for a smoke test."""
    return [
        *([_BY_CONTROLLER] if _asked_by_path(service) else []),
        *([_BY_API_SERVER] if service.smoke else []),
    ]


def _asked_by_path(service: Service) -> bool:
    rollout = service.rollout
    checks = [*getattr(rollout, "checks", ()), *getattr(rollout, "checks_after", ())]
    return any(check.web and check.web.path for check in checks)
