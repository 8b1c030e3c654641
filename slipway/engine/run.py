"""Runs one command on the stacks of an environment, in the order in which they depend on each other."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from slipway.engine import adopting, locks, protection, recovery
from slipway.engine.results import StackResult
from slipway.engine.stack import Stack
from slipway.errors import FailedError, Refused
from slipway.replacement import refused
from stacks import module

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.desired import Desired
    from slipway.engine.workspace import Workspace
    from slipway.files import EnvironmentFile
    from slipway.progress import Progress

LAYERS = ("platform", "cluster")


class Run:
    """The stacks of one environment.

    `after_up` and `before_destroy` hold what else happens around a layer: the local environment runs its Rollouts
    controller as a process, which lives as long as the definitions in the cluster layer. `update` is what a person
    types to apply the environment file.
    """

    def __init__(
        self,
        desired: Desired,
        file: EnvironmentFile,
        workspace: Workspace,
        progress: Progress,
        after_up: Mapping[str, Callable[[], object]] | None = None,
        before_destroy: Mapping[str, Callable[[], object]] | None = None,
        stacks: Sequence[str] | None = None,
        update: str = "slipway up",
    ) -> None:
        self._desired, self._file, self._workspace, self._progress = desired, file, workspace, progress
        self._update = update
        self._after_up, self._before_destroy = after_up or {}, before_destroy or {}
        self.stacks = list(stacks or desired.stacks)

    def preview(self) -> list[StackResult]:
        """Preview all stacks, side by side: a preview changes nothing that another one reads."""
        self._import()
        return self._parallel("previewing", self.stacks, self._preview)

    def up(self) -> list[StackResult]:
        """Update platform, cluster, then the teams side by side. A layer that fails ends the run; a team does not."""
        self._import()
        results: list[StackResult] = []
        for layer in LAYERS:
            name = f"{self._desired.name}.{layer}"
            if name not in self.stacks:
                continue
            results += self._parallel("updating", [name], self._up if layer == "cluster" else self._up_platform)
            if results[-1].error:
                return results
            if layer in self._after_up:
                self._after_up[layer]()
        teams = [name for name in self.stacks if name.partition(".")[2] not in LAYERS]
        return results + self._parallel("updating", teams, self._up)

    def refresh(self) -> list[StackResult]:
        """Make each state say what exists."""
        return self._parallel("refreshing", self.stacks, lambda stack: stack.refresh())

    def destroy(self) -> list[StackResult]:
        """Destroy teams, then cluster, then platform; what fails keeps what it stands on.

        Raises Refused, before anything is destroyed, when the platform holds what is protected.
        """
        self._refuse_protected()
        results = self._parallel(
            "destroying", [n for n in self.stacks if n.partition(".")[2] not in LAYERS], self._destroy
        )
        for layer in reversed(LAYERS):
            name = f"{self._desired.name}.{layer}"
            if name in self.stacks and not any(result.error for result in results):
                if layer in self._before_destroy:
                    self._before_destroy[layer]()
                results += self._parallel("destroying", [name], self._destroy)
        return results

    def _import(self) -> None:
        """Import what the programs need while the engine starts: they run in this process, once it asks for them."""
        layers = [name.partition(".")[2] for name in self.stacks]

        def early() -> None:
            with contextlib.suppress(Exception):  # the program that needs it says it better
                for layer in layers:
                    module(layer)

        threading.Thread(target=early, daemon=True).start()

    def _preview(self, stack: Stack) -> StackResult:
        result = stack.preview()
        return refused(result, self._file) if stack.name == self._platform else result

    def _up_platform(self, stack: Stack) -> StackResult:
        """Update the platform unless that would replace a cluster: an update would find out when half of it is done."""
        planned = stack.preview()
        told = refused(planned, self._file)
        unsettled = any("pending operation" in message for message in planned.messages)  # what `_up` sees to
        if told is not planned or (planned.error and not unsettled):
            return told
        result = self._up(stack)
        if adopting.met(result) and adopting.adopt(stack, self._desired, self._workspace):
            self._progress.say(f"{stack.name}: took over the keys and secrets of an earlier environment of this name")
            return self._up(stack)
        return result

    def _refuse_protected(self) -> None:
        if self._platform not in self.stacks:
            return
        stack = Stack(self._platform, self._workspace)
        with self._progress.step(f"looking for what is protected in {stack.name}"):
            problems = protection.kept(stack.existing() or {}, self._file, self._update)
        if problems:
            raise Refused(problems)

    @property
    def _platform(self) -> str:
        return f"{self._desired.name}.platform"

    def _up(self, stack: Stack) -> StackResult:
        """Update, and where a killed update left something open, settle that and update again."""
        result = stack.up()
        if not any("pending operation" in message for message in result.messages) and not result.error:
            return result
        deployment = stack.export()
        if not recovery.pending(
            deployment
        ):  # this very update has settled it: nobody has to do what the engine advises
            told = tuple(message for message in result.messages if "pending operation" not in message)
            return dataclasses.replace(result, messages=told)
        return self._settle(stack, deployment) or stack.up()

    def _destroy(self, stack: Stack) -> StackResult:
        """Destroy a layer, with what a killed update may have made unknown to the state: nothing would find it later.

        The engine's own protection is lifted just before: killed in between, the next run goes on.
        """
        deployment = stack.existing()
        if deployment is None:
            return StackResult(stack.name)
        if recovery.pending(deployment):
            if failed := self._settle(stack, deployment):
                return failed
            deployment = stack.export()
        if bare := protection.lifted(deployment):
            stack.restore(bare)
        return stack.destroy()

    def _settle(self, stack: Stack, deployment: dict[str, Any]) -> StackResult | None:
        """Take into the state what a killed update may have made; what failed, or None."""
        self._progress.say(f"{stack.name}: picking up what an interrupted update left unfinished")
        deployment, taken = recovery.settled(deployment, self._desired.environment.google.model_dump())
        stack.restore(deployment)
        if not taken:
            return None
        found = stack.refresh(taken)
        return found if found.error else None

    def _parallel(self, doing: str, names: Sequence[str], command: Callable[[Stack], StackResult]) -> list[StackResult]:
        if not names:
            return []
        with _Interrupts(self._progress), ThreadPoolExecutor(len(names)) as pool:
            running = [pool.submit(self._one, doing, name, command) for name in names]
            return [future.result() for future in running]

    def _one(self, doing: str, name: str, command: Callable[[Stack], StackResult]) -> StackResult:
        for line in locks.release_stale(self._workspace, name):
            self._progress.say(line)
        total = len(self.stacks)
        with self._progress.step(f"{doing} {name}", self.stacks.index(name) + 1, total) as step:
            try:
                return command(Stack(name, self._workspace, step.note))
            except FailedError as error:  # of one stack: the others of this run go on
                return StackResult(name, error=str(error))


class _Interrupts:
    """While engines run, Ctrl-C is theirs: they get it too (same process group), finish what is under way and end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._main = threading.current_thread() is threading.main_thread()
        self._before = None
        self._count = 0

    def __enter__(self) -> None:
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._told)

    def _told(self, number: int, frame: object) -> None:
        del number, frame
        self._count += 1
        self._progress.say("interrupted: finishing what is under way; the next run goes on from there")

    def __exit__(self, *error: object) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)
        if self._count:
            raise KeyboardInterrupt
