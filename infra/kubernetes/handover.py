"""What happens around a change of a service's kind of workload, and of who says its pods, as hooks of the program.

The engine makes what is new, then changes, then deletes what is gone, and here does not wait for pods. So the budget,
which every service has, says in an annotation which kind it guards: it changes after the new workload is made and
before the old one is deleted, and the hook before that change waits. A hook that fails ends the update there, and what
was to be deleted stays. Hooks before deletes would do it, too, but then no `destroy` works without this program.

Source: Pulumi documentation, "Resource hooks". A hook before a step stops it by failing.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import pulumi

from slipway import deadlines, handover, underway
from slipway.errors import FailedError
from slipway.patience import POLL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from slipway.handover import Taking
    from slipway.live import Cluster

GUARDS: Final = "slipway.dev/workload"
"""Annotation of the budget: the kind of workload that it guards."""


class Handover:
    """The hooks of one service; `cluster` connects when something is to be done and not before."""

    def __init__(self, name: str, to: Taking, cluster: Callable[[], Cluster]) -> None:
        self._to, self._cluster = to, cluster
        early = pulumi.ResourceHookOptions(on_dry_run=True)
        look = pulumi.ResourceHook(f"{name}-take-over", self._refuse, early)
        wait = pulumi.ResourceHook(f"{name}-taken-over", self._wait)
        left = pulumi.ResourceHook(f"{name}-left-to-autoscaler", self._keep)
        held = pulumi.ResourceHook(f"{name}-under-way", self._under_way, early)
        timed = pulumi.ResourceHook(f"{name}-deadlines", self._forget)
        self.workload = pulumi.ResourceHookBinding(before_create=[look], before_update=[held, left, timed])
        self.budget = pulumi.ResourceHookBinding(before_create=[wait], before_update=[wait])

    async def _refuse(self, args: pulumi.ResourceHookArgs) -> None:
        """Before the workload is made, in a preview as well: a preview that cannot ask leaves it to the update."""
        del args
        try:
            cluster = await asyncio.to_thread(self._cluster)
            live = await asyncio.to_thread(handover.others, cluster, self._to)
            await asyncio.to_thread(handover.ours, cluster, self._to)
        except FailedError:
            if not pulumi.runtime.is_dry_run():
                raise
            return
        handover.refuse(self._to, live)

    async def _under_way(self, args: pulumi.ResourceHookArgs) -> None:
        """Before a Rollout gets another strategy, in a preview as well."""
        if not underway.changes_family(_spec(args.old_inputs), _spec(args.new_inputs)):
            return
        try:
            cluster = await asyncio.to_thread(self._cluster)
        except FailedError:
            if not pulumi.runtime.is_dry_run():
                raise
            return
        await asyncio.to_thread(underway.refuse, cluster, self._to.team, self._to.name)

    async def _forget(self, args: pulumi.ResourceHookArgs) -> None:
        """Before a Rollout gets another release: that it can time out."""
        old, new = _spec(args.old_inputs).get("template"), _spec(args.new_inputs).get("template")
        if self._to.kind == "Rollout" and old != new:
            cluster = await asyncio.to_thread(self._cluster)
            await asyncio.to_thread(deadlines.forget, cluster, self._to.team, self._to.name)

    async def _keep(self, args: pulumi.ResourceHookArgs) -> None:
        """Before the workload says no number of pods any more."""
        if "replicas" in _spec(args.old_inputs) and "replicas" not in _spec(args.new_inputs):
            cluster = await asyncio.to_thread(self._cluster)
            await asyncio.to_thread(handover.keep, cluster, self._to)

    async def _wait(self, args: pulumi.ResourceHookArgs) -> None:
        """Before the budget guards another kind: until the new workload serves as the old one does."""
        if args.old_inputs and _guarded(args.old_inputs) == self._to.kind:
            return
        cluster = await asyncio.to_thread(self._cluster)
        started, said = time.monotonic(), ""
        while missing := await asyncio.to_thread(handover.pending, cluster, self._to, time.monotonic() - started):
            if missing != said:
                pulumi.log.info(f"{self._to.key}: {missing}; what it ran as before stays until then")
                said = missing
            await asyncio.sleep(POLL)


def _spec(inputs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return (inputs or {}).get("spec") or {}


def _guarded(inputs: Mapping[str, Any]) -> str:
    """The kind in a budget's annotation; empty for a budget of before there was one."""
    return str(inputs.get("metadata", {}).get("annotations", {}).get(GUARDS, ""))
