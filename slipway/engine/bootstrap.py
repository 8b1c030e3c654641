"""Makes an environment's foundations, repeatably, although the place of their own state is among them.

The first run keeps its state in a folder of the clone. Once the bucket exists, the state goes into it, under the
environment's own key, and the folder goes. What exists already is taken over by looking it up (`lookup`): a bucket
that somebody made by hand, a key ring that nobody can delete, and whatever a killed run had made. So every step may be
the last one of a run; the next run finds out where it is.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

from slipway.bootstrap.plan import LAYER
from slipway.engine import cloud_ids, locks
from slipway.engine.lookup import Found, Lookup
from slipway.engine.scratch import elsewhere
from slipway.engine.stack import Stack
from slipway.engine.state import resources
from slipway.engine.workspace import program
from slipway.errors import FailedError

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.desired import Desired
    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace
    from slipway.progress import Progress

_PASSPHRASE: Final = "bootstrap"  # noqa: S105 - of a state without a secret in it, for the time of the first run
_BUCKET: Final = "gcp:storage/bucket:Bucket"


class Bootstrap:
    """One environment's `bootstrap` stack. `folder` is where its state is until the bucket is there."""

    def __init__(
        self, desired: Desired, workspace: Workspace, scratch: Workspace, folder: Path, progress: Progress
    ) -> None:
        self.name: Final = f"{desired.name}.{LAYER}"
        self._desired, self._workspace, self._scratch = desired, workspace, scratch
        self._folder, self._progress = folder, progress

    def plan(self) -> tuple[Found, StackResult]:
        """What exists, and what an update would change. Writes nothing."""
        found, _ = self._present()
        stack = Stack(self.name, self._scratch)
        stack.restore(found.deployment)
        with self._progress.step(f"previewing {self.name}") as step:
            return found, Stack(self.name, self._scratch, step.note).preview(refresh=True)

    def apply(self) -> tuple[Found, StackResult]:
        """Make what is lacking, take over what exists, and keep the state where it belongs. Raises FailedError."""
        found, kept = self._present()
        here = kept or elsewhere(self._workspace, self._folder, _PASSPHRASE)
        self._write(here, found)
        if any(cloud_ids.SERVICE in urn for urn in found.absent):
            services = [urn for urn in found.absent if cloud_ids.SERVICE in urn]
            under = {other for urn in services for other in found.under[urn]}
            result = self._up(here, "switching on APIs", [*services, *sorted(under)])
            if result.error:
                return found, result
            before = found.found
            found = self._look(Stack(self.name, here).existing())  # what could not be asked for while they were off
            found.found = sorted({*before, *found.found} - set(services))
            self._write(here, found)
        result = self._up(here, f"updating {self.name}", refresh=True)  # what somebody changed since is brought back
        if not result.error and here is not self._workspace:
            self._move(here)
        return found, result

    def _present(self) -> tuple[Found, Workspace | None]:
        """The state that there is, completed, and where it is kept: the real backend as soon as it can be there.

        None where it is kept nowhere yet.
        """
        temporary = self._temporary()
        kept = Stack(self.name, temporary).existing() if temporary else None
        found = self._look(kept)
        if not any(item["type"] == _BUCKET for item in resources(found.deployment)):
            return found, temporary
        real = Stack(self.name, self._workspace).existing()
        if resources(real):
            self._remove()  # a run was killed after the state had been moved
            return self._look(real), self._workspace
        return found, temporary

    def _temporary(self) -> Workspace | None:
        if not (self._folder / "state").is_dir():
            return None
        return elsewhere(self._workspace, self._folder, _PASSPHRASE)

    def _look(self, base: dict[str, Any] | None) -> Found:
        with self._progress.step(f"looking up what exists of {self.name}") as step:
            scratch = Stack(self.name, self._scratch, step.note)
            if scratch.existing() is None:
                scratch.create()
            defaults = self._desired.environment.google.model_dump()
            return Lookup(scratch, program(self._workspace.root), defaults).run(base)

    def _write(self, here: Workspace, found: Found) -> None:
        stack = Stack(self.name, here)
        for line in locks.release_stale(here, self.name):
            self._progress.say(line)
        if stack.existing() is None:
            stack.create()
        stack.restore(found.deployment)

    def _up(self, here: Workspace, doing: str, only: list[str] | None = None, *, refresh: bool = False) -> StackResult:
        with self._progress.step(doing) as step:
            return Stack(self.name, here, step.note).up(only=only or (), refresh=refresh)

    def _move(self, here: Workspace) -> None:
        """The state into the bucket, under the environment's key. The folder goes when the state is there in full."""
        with self._progress.step(f"moving the state of {self.name} to its own backend"):
            state = Stack(self.name, here).existing()
            there = Stack(self.name, self._workspace)
            if there.existing() is None:
                there.create()
            there.restore(state or {})
            arrived = {item["urn"] for item in resources(there.existing())}
            if arrived != {item["urn"] for item in resources(state)}:
                raise FailedError(f"{self.name}: the state did not arrive in full; run the same command again")
            self._remove()

    def _remove(self) -> None:
        if self._folder.exists():
            shutil.rmtree(self._folder)
