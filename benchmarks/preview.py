"""Preview of the local environment against raw inline Pulumi programs that declare the same resources.

One run measures both, in turn, on the same state: `slipway preview local` as a user types it, and for each stack a bare
Automation API program that registers exactly the recorded declarations (same types, names, inputs, parents, providers)
and nothing else, previewed one after another as a script would do it, and side by side. Prints seconds and ratios.

Needs a local environment that is up: run `make up` first.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import automation

from slipway.cli.session import Session
from slipway.engine.inventory import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from slipway.engine.workspace import Workspace

SLIPWAY = Path(sys.executable).parent / "slipway"


class _Raw(pulumi.CustomResource):
    """Any resource by its token, without an SDK around it."""


class _Component(pulumi.ComponentResource):
    """Any component by its token."""


def raw_program(declared: list[Declared]) -> Callable[[], None]:
    """A program that registers `declared` and does nothing else."""

    def run() -> None:
        made: dict[str, pulumi.Resource] = {}
        for item in sorted(declared, key=lambda item: (item.urn.count("$"), not item.type.startswith("pulumi:"))):
            opts = pulumi.ResourceOptions(parent=made.get(item.parent), provider=made.get(item.provider))  # type: ignore[arg-type]
            made[item.urn] = _registered(item, opts)

    return run


def _registered(item: Declared, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    if item.type.startswith("pulumi:providers:"):
        return pulumi.ProviderResource(item.type.rsplit(":", 1)[-1], item.name, item.inputs, opts)
    if not item.custom:
        return _Component(item.type, item.name, None, opts)
    return _Raw(item.type, item.name, item.inputs, opts)


def preview_raw(stack: str, program: Callable[[], None], workspace: Workspace) -> None:
    """One preview by the Automation API as its documentation shows it."""
    options = automation.LocalWorkspaceOptions(
        work_dir=str(workspace.directory),
        env_vars=dict(workspace.variables),
        program=program,
        pulumi_command=workspace.automation().pulumi_command,
    )
    local = automation.LocalWorkspace(**vars(options))
    automation.Stack.select(stack, local).preview(on_output=lambda _line: None)


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Median seconds of `work`."""
    taken: list[float] = []
    for _ in range(rounds):
        started = time.monotonic()
        work()
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    session = Session("local", None, quiet=True)
    workspace = session.workspace()
    session.start_cluster()
    resources = inventory(session.root, session.desired)
    programs = {stack: raw_program([r for r in resources if r.stack == stack]) for stack in session.desired.stacks}

    def in_turn() -> None:
        for stack, program in programs.items():
            preview_raw(stack, program, workspace)

    def side_by_side() -> None:
        with ThreadPoolExecutor(len(programs)) as pool:
            list(pool.map(lambda item: preview_raw(*item, workspace), programs.items()))

    def ours() -> None:
        subprocess.run([str(SLIPWAY), "preview", "local", "--quiet"], check=True, stdout=subprocess.DEVNULL)

    first, second, third = timed(ours, rounds), timed(in_turn, rounds), timed(side_by_side, rounds)
    print(f"{len(resources)} resources in {len(programs)} stacks, median of {rounds}")
    print(f"slipway preview local            {first:6.1f} s")
    print(f"raw programs, one after another  {second:6.1f} s   ratio {first / second:.2f}")
    print(f"raw programs, side by side       {third:6.1f} s   ratio {first / third:.2f}")


if __name__ == "__main__":
    main()
