"""From a `rollout:` block to the strategy of a Deployment or of an Argo Rollout.

Sources: Kubernetes API reference, Deployment v1; Argo Rollouts 1.10 specification. Argo's reference says that
maxSurge and maxUnavailable default to 1 while the code resolves 25 %: both are always set here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from slipway import units
from slipway.schema.rollout import Canary, Recreate, Rolling, Rollout

DEPLOYMENT: Final = ("apps/v1", "Deployment")
ARGO_ROLLOUT: Final = ("argoproj.io/v1alpha1", "Rollout")
REVISIONS: Final = 10
"""Old releases that are kept to go back to."""


@dataclass(frozen=True)
class Plan:
    """A compiled rollout: the workload's kind and the part of its spec that is about releasing."""

    api_version: str
    kind: str
    strategy: dict[str, Any]
    deadline: int
    """Seconds without progress after which the rollout has failed."""
    pauses: int
    """Seconds that the rollout holds still by itself."""


def plan(rollout: Rollout) -> Plan:
    """The plan for `rollout`."""
    deadline = units.seconds(rollout.deadline)
    if isinstance(rollout, Rolling):
        strategy = {"type": "RollingUpdate", "rollingUpdate": _shares(rollout)}
        return Plan(*DEPLOYMENT, strategy, deadline, 0)
    if isinstance(rollout, Recreate):
        return Plan(*DEPLOYMENT, {"type": "Recreate"}, deadline, 0)
    return _canary(rollout, deadline)


def _canary(rollout: Canary, deadline: int) -> Plan:
    steps: list[dict[str, Any]] = []
    pauses = 0
    for step in rollout.steps:
        hold = units.seconds(step.hold)
        pauses += hold
        steps += [{"setWeight": step.weight}, {"pause": {"duration": f"{hold}s"}}]
    return Plan(*ARGO_ROLLOUT, {"canary": {**_shares(rollout), "steps": steps}}, deadline, pauses)


def _shares(rollout: Rolling | Canary) -> dict[str, Any]:
    return {"maxSurge": _share(rollout.max_surge), "maxUnavailable": _share(rollout.max_unavailable)}


def _share(text: str) -> str | int:
    return text if text.endswith("%") else int(text)
