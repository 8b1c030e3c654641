"""What `up` and `wait` leave in a service's history: who released it, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.errors import FailedError
from slipway.operations import actor
from slipway.operations.writer import Author, remember, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.cli.session import Session
    from slipway.desired import WantedService
    from slipway.engine.results import StackResult
    from slipway.live import Cluster
    from slipway.waiting import Outcome

_SEEN = 5.0
"""Seconds for a controller to make a revision that is not waited for."""
_WORKLOADS = ("Deployment", "Rollout", "StatefulSet", "DaemonSet")


def with_history(
    session: Session, cluster: Cluster, outcomes: Sequence[Outcome], results: Sequence[StackResult]
) -> None:
    """Record `outcomes`; `results` is what this command changed. Who may not write that is told so, and no more.

    A history is no reason to fail: the release itself is done.
    """
    by = actor.by(session.root)
    for outcome in outcomes:
        service = outcome.service
        released = _released(service, results)
        commit = actor.commit(session.root, session.repository.manifests[service.key].document.file)
        try:
            if released:
                seen(cluster, service, _SEEN)
            remember(cluster, service, Author(by, commit), "up" if released else None, outcome.health)
        except FailedError as error:
            session.progress.say(f"{service.key}: its history was not written: {error}")


def _released(service: WantedService, results: Sequence[StackResult]) -> bool:
    """Whether the service's workload was made or changed."""
    return any(
        step.type.rsplit(":", 1)[-1] in _WORKLOADS
        and step.name == f"{service.name}-{step.type.rsplit(':', 1)[-1].lower()}"
        for result in results
        if result.stack.endswith(f".{service.team}") and not result.error
        for step in result.steps
    )
