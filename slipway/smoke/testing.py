"""Smoke tests of a command: each service asked while its rollout can still go back, and again when it is through.

A release that answers otherwise than its manifest says has failed. While an Argo Rollout still has the old release it
is aborted; afterwards nothing is undone behind anybody's back, and the message says which command does it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from slipway.diagnosis import is_ready
from slipway.errors import FailedError
from slipway.health import State
from slipway.operations import rollouts
from slipway.operations.writer import operate
from slipway.rollouts.compile import CANARY, PREVIEW, plan
from slipway.smoke.difference import difference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slipway.desired import WantedService
    from slipway.health import Health
    from slipway.live import Cluster
    from slipway.operations.writer import Author
    from slipway.smoke.asking import Way

HASH: Final = "rollouts-pod-template-hash"
_TRIES: Final = 3
"""Times that it is asked while nobody answers: pods that are ready are not behind their Service everywhere yet."""
_BETWEEN: Final = 1.0
_NOBODY: Final = (502, 503, 504)
"""What a proxy answers when nobody does."""
_ASKED: Final = (State.HEALTHY, State.WAITING, State.PROGRESSING)


@dataclass
class SmokeTests:
    """The smoke tests of one command.

    `way` says how a service is asked, or why it cannot be; `author` who aborts a rollout; `back` is the command that
    brings the old release of a service back.
    """

    cluster: Cluster
    way: Callable[[WantedService], Way | str]
    author: Callable[[WantedService], Author]
    back: Callable[[WantedService], str]
    sleep: Callable[[float], None] = time.sleep
    _said: dict[tuple[str, str, str], str] = field(default_factory=dict[tuple[str, str, str], str])

    def judged(self, service: WantedService, health: Health) -> Health:
        """`health` with what the smoke test came to, where the service has one and a pod to ask."""
        if service.spec.smoke is None or health.state not in _ASKED:
            return health
        way = self.way(service)
        if isinstance(way, str):
            return health if health.state is State.PROGRESSING else _with(health, f"smoke test not run: {way}")
        if health.state is State.HEALTHY:
            if not health.wanted:
                return _with(health, "smoke test not run: it rests, with no pods")
            wrong = self._wrong(service, way, "", "")
            if not wrong:
                return _with(health, "smoke test passed")
            live = f"the new release is live: {self.back(service)} brings the old one back"
            return replace(health, state=State.FAILED, message=f"smoke test: {wrong}; {live}")
        return self._midway(service, health, way)

    def _midway(self, service: WantedService, health: Health, way: Way) -> Health:
        """While a rollout is under way: the new release by the Service of its own side, once it has a ready pod."""
        workload = self.cluster.workload(service) or {}
        status: Mapping[str, Any] = workload.get("status") or {}
        new, side = status.get("currentPodHash", ""), _side(service)
        under_way = new and status.get("stableRS") and new != status["stableRS"] and not status.get("abort")
        if not side or not under_way:
            return health
        if not self._behind(service, side, new):  # nor is it let wait for a person before it was asked
            if health.state is State.PROGRESSING:
                return health
            return replace(health, state=State.PROGRESSING, message=f"the smoke test waits for a pod behind its {side}")
        if not (wrong := self._wrong(service, way, side, new)):
            return _with(health, "smoke test passed") if health.state is State.WAITING else health
        try:
            decision, _ = operate(self.cluster, service, "abort", self.author(service), rollouts.abort)
        except FailedError as error:
            return replace(health, state=State.FAILED, message=f"smoke test: {wrong}; it was not aborted: {error}")
        return replace(health, state=State.FAILED, message=f"smoke test: {wrong}; {decision.said}")

    def _behind(self, service: WantedService, side: str, new: str) -> bool:
        """Whether the Service of `side` leads to the new release, and to a ready pod of it."""
        found = self.cluster.get(f"/api/v1/namespaces/{service.team}/services/{service.name}-{side}") or {}
        if found.get("spec", {}).get("selector", {}).get(HASH) != new:
            return False
        pods = self.cluster.pods(service)
        return any(is_ready(pod) for pod in pods if pod["metadata"].get("labels", {}).get(HASH) == new)

    def _wrong(self, service: WantedService, way: Way, side: str, release: str) -> str:
        """What was expected and what came; empty for the right answer. Asked once for each release and side."""
        asked = (service.key, side, release)
        if asked not in self._said:
            self._said[asked] = self._ask(service, way, side)
        return self._said[asked]

    def _ask(self, service: WantedService, way: Way, side: str) -> str:
        smoke = service.spec.smoke
        assert smoke  # noqa: S101 - the caller has looked
        answer = way.ask(service, side, smoke)
        for _ in range(_TRIES - 1):
            if not (answer.none or answer.status in _NOBODY):
                break
            self.sleep(_BETWEEN)
            answer = way.ask(service, side, smoke)
        wrong = answer.none or difference(smoke, answer.status, answer.body)
        return f"{smoke.verb} {smoke.path}{f' of the {side}' if side else ''}: {wrong}" if wrong else ""


def _side(service: WantedService) -> str:
    """The side on which the new release is alone; empty where it has none."""
    return next((side for side in plan(service.spec).sides if side in {CANARY, PREVIEW}), "")


def _with(health: Health, said: str) -> Health:
    return replace(health, message=f"{health.message}; {said}" if health.message else said)
