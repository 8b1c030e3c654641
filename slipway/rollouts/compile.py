"""From a `rollout:` block to the strategy of a Deployment or of an Argo Rollout.

Sources: Kubernetes API reference, Deployment v1; Argo Rollouts 1.10 specification. Argo's reference says that
maxSurge and maxUnavailable default to 1 while the code resolves 25 %: both are always set here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway import units
from slipway.rollouts import checks
from slipway.schema.rollout import ABTest, BlueGreen, Canary, Recreate, Rolling, Shadow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from slipway.schema.checks import Check
    from slipway.schema.manifest import Service
    from slipway.schema.rollout import Match, Rollout, Step

DEPLOYMENT: Final = ("apps/v1", "Deployment")
ARGO_ROLLOUT: Final = ("argoproj.io/v1alpha1", "Rollout")
STATEFUL_SET: Final = ("apps/v1", "StatefulSet")
DAEMON_SET: Final = ("apps/v1", "DaemonSet")
PEERS: Final = "pods"
"""Suffix of the Service by which the pods of a stateful set have names of their own."""
_ROUNDS: Final = 10
"""Rounds of a daemon set whose share is a number of nodes: how many nodes there are, only the cluster knows."""
REVISIONS: Final = 10
"""Old releases that are kept to go back to."""
STABLE, CANARY, PREVIEW = "stable", "canary", "preview"
MATCH_ROUTE: Final = "slipway-match"
"""The route of an A/B test, which the controller makes and removes."""
MIRROR_ROUTE: Final = "slipway-mirror"
"""The route of a shadow, which the controller makes and removes."""


@dataclass(frozen=True)
class Plan:
    """A compiled rollout: the workload's kind and the part of its spec that is about releasing."""

    api_version: str
    kind: str
    strategy: dict[str, Any]
    deadline: int
    """Seconds without progress after which the rollout has failed."""
    pauses: int = 0
    """Seconds that the rollout holds still by itself."""
    parts: int = 1
    """Stretches between holds, each of which may take the deadline."""
    sides: tuple[str, ...] = ()
    """Suffixes of the Services beside that for callers, whose selectors the controller completes."""
    peers: str = ""
    """Suffix of the Service that names each pod; empty where pods have no names that stay."""
    switches: bool = False
    """Whether the controller also completes the selector of the Service for callers: it points it at one release."""

    @property
    def by_argo(self) -> bool:
        """Whether the Argo Rollouts controller runs it."""
        return self.kind == ARGO_ROLLOUT[1]

    @property
    def is_set(self) -> bool:
        """Whether it is a StatefulSet or a DaemonSet: their controllers know no deadline, and no pause."""
        return self.kind in {STATEFUL_SET[1], DAEMON_SET[1]}


def plan(spec: Service) -> Plan:
    """The plan for a service. What the traffic layer needs is added by it (slipway.rollouts.traffic).

    A service that rests (0 pods) has nothing to weigh, to preview or to ask a person about: its releases go through at
    once, or the controller would hold them at pauses without a pod (argo-rollouts 1.10, `completedCurrentCanaryStep`).
    """
    rollout = spec.rollout
    deadline = units.seconds(rollout.deadline)
    if spec.workload != "deployment":
        return _set(spec, rollout, deadline)
    if isinstance(rollout, Rolling):
        strategy = {"type": "RollingUpdate", "rollingUpdate": _shares(rollout)}
        return Plan(*DEPLOYMENT, strategy, deadline)
    if isinstance(rollout, Recreate):
        return Plan(*DEPLOYMENT, {"type": "Recreate"}, deadline)
    if isinstance(rollout, BlueGreen):
        return _blue_green(spec, rollout, deadline)
    return _canary(spec, rollout, deadline)


def _set(spec: Service, rollout: Rollout, deadline: int) -> Plan:
    """A stateful set replaces one pod after the other; a daemon set as many as `rollout` says, on all nodes.

    Other strategies than rolling are refused by slipway.workloads. Source: Kubernetes API reference, StatefulSet v1
    (`partition`), DaemonSet v1 (`rollingUpdate`).
    """
    if spec.workload == "stateful-set":
        strategy: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
        pods = max(spec.scaling.max or spec.scaling.min, 1)
        return Plan(*STATEFUL_SET, strategy, deadline, parts=pods, peers=PEERS)
    shares = _shares(rollout) if isinstance(rollout, Rolling) else {}
    percent = [int(text.removesuffix("%")) for text in shares.values() if isinstance(text, str) and text != "0%"]
    rounds = -(-100 // min(percent)) if percent else _ROUNDS
    return Plan(*DAEMON_SET, {"type": "RollingUpdate", "rollingUpdate": shares}, deadline, parts=rounds)


def _canary(spec: Service, rollout: Canary | ABTest | Shadow, deadline: int) -> Plan:
    """A canary, and the two tests that are a canary of weight 0 with a route of their own."""
    rests = not spec.scaling.min
    steps = [] if rests else _steps(spec.name, rollout)
    held = [] if rests else rollout.steps if isinstance(rollout, Canary) else [rollout]
    measured = {} if rests else checks.background(spec.name, rollout.checks, steps)
    strategy: dict[str, Any] = {**_shares(rollout), "steps": steps, **measured}
    sides = (STABLE, CANARY) if spec.port else ()
    for side in sides:
        strategy[f"{side}Service"] = f"{spec.name}-{side}"
    return Plan(
        *ARGO_ROLLOUT,
        {"canary": strategy},
        deadline,
        pauses=sum(each.seconds for each in held),
        parts=1 + len(held),
        sides=sides,
    )


def _steps(service: str, rollout: Canary | ABTest | Shadow) -> list[dict[str, Any]]:
    if isinstance(rollout, ABTest):
        route = {"name": MATCH_ROUTE, "match": [_matched(rollout.match)]}
        return _beside(service, rollout, "setHeaderRoute", route)
    if isinstance(rollout, Shadow):
        # Without a match the controller takes the step for the route's removal (argo-rollouts 1.10, istio.go).
        route = {"name": MIRROR_ROUTE, "percentage": rollout.share, "match": [{"path": {"prefix": "/"}}]}
        return _beside(service, rollout, "setMirrorRoute", route)
    steps: list[dict[str, Any]] = []
    for step in rollout.steps:
        steps += [{"setWeight": step.weight}, *_hold(service, step, rollout.checks)]
    return steps


def _beside(service: str, rollout: ABTest | Shadow, kind: str, route: dict[str, Any]) -> list[dict[str, Any]]:
    """Pods without traffic first, then the route to them; it is taken away before all traffic comes."""
    return [
        {"setCanaryScale": {"replicas": rollout.pods}},
        {kind: route},
        *_hold(service, rollout, rollout.checks),
        {kind: {"name": route["name"]}},
    ]


def _hold(service: str, held: Step | ABTest | Shadow, measured: Sequence[Check]) -> list[dict[str, Any]]:
    """A pause; with checks, the measurements that fill its time, or come before somebody is waited for."""
    if not held.hold:
        return [*checks.before_approval(service, measured), {"pause": {}}]
    if measured:
        return [checks.held(service, measured, held.seconds)]
    return [{"pause": {"duration": f"{held.seconds}s"}}]


def _matched(match: Match) -> dict[str, Any]:
    """A cookie is one of several in its header: RFC 6265, 4.2.1. Istio wants names of headers in lower case."""
    if match.header:
        return {"headerName": match.header.name.lower(), "headerValue": {"exact": match.header.value}}
    cookie = match.cookie
    assert cookie  # noqa: S101 - the schema has one of the two
    name, value = (_literally(text) for text in (cookie.name, cookie.value))
    return {"headerName": "cookie", "headerValue": {"regex": f"(.*; ?)?{name}={value}(;.*)?"}}


def _literally(text: str) -> str:
    """`text` in a regular expression of RE2, which has no escape for letters and digits."""
    return "".join(each if each.isalnum() or each in "-_" else f"\\{each}" for each in text)


def _blue_green(spec: Service, rollout: BlueGreen, deadline: int) -> Plan:
    if not spec.scaling.min:
        rollout = BlueGreen(strategy="blue-green", keep_old=rollout.keep_old)
    strategy: dict[str, Any] = {
        "activeService": spec.name,
        "previewService": f"{spec.name}-{PREVIEW}",
        "autoPromotionEnabled": rollout.promote == "automatic",
        "scaleDownDelaySeconds": units.seconds(rollout.keep_old),
        "maxUnavailable": 0,
    }
    if rollout.after:
        strategy["autoPromotionSeconds"] = units.seconds(rollout.after)
    if rollout.preview_pods:
        strategy["previewReplicaCount"] = rollout.preview_pods
    kept = units.seconds(rollout.after) if rollout.after else 0
    old = units.seconds(rollout.keep_old)
    strategy |= checks.around_switch(spec.name, rollout.checks, rollout.checks_after, kept=kept, old=old)
    return Plan(
        *ARGO_ROLLOUT,
        {"blueGreen": strategy},
        deadline,
        pauses=kept + (old if rollout.checks_after else 0),
        parts=2,
        sides=(PREVIEW,),
        switches=True,
    )


def _shares(rollout: Rolling | Canary | ABTest | Shadow) -> dict[str, Any]:
    return {"maxSurge": _share(rollout.max_surge), "maxUnavailable": _share(rollout.max_unavailable)}


def _share(text: str) -> str | int:
    return text if text.endswith("%") else int(text)
