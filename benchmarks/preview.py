"""Preview of an environment, offline, against raw inline Pulumi programs that declare the same resources.

One run measures both, in turn, on the same state: `slipway preview` as a user types it, and for each stack a bare
Automation API program that registers exactly the resources of its state (same types, names, inputs, parents, providers)
and nothing else, previewed one after another as a script would do it, and side by side. Prints seconds and ratios.

Brings the environment up on stand-ins first, where it is not. `slipway cluster stop --remove` removes it again.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import automation

from slipway.cli.session import Session
from slipway.engine.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.workspace import Workspace

SLIPWAY = Path(sys.executable).parent / "slipway"


class _Raw(pulumi.CustomResource):
    """Any resource by its token, without an SDK around it."""


class _Component(pulumi.ComponentResource):
    """Any component by its token."""


def raw_program(resources: list[dict[str, Any]]) -> Callable[[], None]:
    """A program that registers `resources`, as the state holds them, and does nothing else."""

    def run() -> None:
        made: dict[str, pulumi.Resource] = {}
        for item in resources:  # the state lists a resource after everything that it refers to
            provider = made.get(item.get("provider", "").rsplit("::", 1)[0])
            opts = pulumi.ResourceOptions(parent=made.get(item.get("parent", "")), provider=provider)  # type: ignore[arg-type]
            made[item["urn"]] = _registered(item, opts)

    return run


def _registered(item: dict[str, Any], opts: pulumi.ResourceOptions) -> pulumi.Resource:
    kind, name = item["type"], item["urn"].split("::", 3)[3]
    inputs = {key: _value(value) for key, value in item.get("inputs", {}).items() if not key.startswith("__")}
    if kind.startswith("pulumi:providers:"):
        return pulumi.ProviderResource(kind.rsplit(":", 1)[-1], name, inputs, opts)
    return _Raw(kind, name, inputs, opts) if item["custom"] else _Component(kind, name, None, opts)


def _value(value: Any) -> Any:
    """An input of the state; a secret one is exported with its signature and its plain text as JSON."""
    if isinstance(value, dict) and "plaintext" in value:
        return pulumi.Output.secret(json.loads(value["plaintext"]))
    return value


def declared(stack: str, workspace: Workspace) -> list[dict[str, Any]]:
    """The resources of a stack's state, but the stack itself."""
    return [item for item in Stack(stack, workspace).export()["resources"] if item["type"] != "pulumi:pulumi:Stack"]


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


@dataclass(frozen=True)
class Cost:
    """Medians of several rounds, in seconds: on the clock, and of processor time with that of every child."""

    clock: float
    processor: float


def cost(work: Callable[[], Any], rounds: int) -> Cost:
    """What `work` costs. Processor time is what a machine with other work to do can be compared by."""
    clocks: list[float] = []
    processors: list[float] = []
    for _ in range(rounds):
        started, before = time.monotonic(), sum(os.times()[:4])
        work()
        clocks.append(time.monotonic() - started)
        processors.append(sum(os.times()[:4]) - before)
    return Cost(statistics.median(clocks), statistics.median(processors))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", nargs="?", default="production")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    name = given.environment
    subprocess.run([str(SLIPWAY), "up", name, "--offline", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    session = Session(name, None, quiet=True, offline=True)
    workspace = session.workspace()
    resources = {stack: declared(stack, workspace) for stack in session.desired.stacks}
    programs = {stack: raw_program(items) for stack, items in resources.items()}

    def in_turn() -> None:
        for stack, program in programs.items():
            preview_raw(stack, program, workspace)

    def side_by_side() -> None:
        with ThreadPoolExecutor(len(programs)) as pool:
            list(pool.map(lambda item: preview_raw(*item, workspace), programs.items()))

    def ours() -> None:
        command = [str(SLIPWAY), "preview", name, "--offline", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    found = {
        f"slipway preview {name} --offline": cost(ours, given.rounds),
        "raw programs, one after another": cost(in_turn, given.rounds),
        "raw programs, side by side": cost(side_by_side, given.rounds),
    }
    first = next(iter(found.values()))
    total = sum(map(len, resources.values()))
    print(f"{total} resources in {len(programs)} stacks, median of {given.rounds}; ratios: ours to each")
    for what, each in found.items():
        clock, processor = first.clock / each.clock, first.processor / each.processor
        print(
            f"{what:40} clock {each.clock:5.1f} s ({clock:4.2f})   processor {each.processor:5.1f} s ({processor:4.2f})"
        )


if __name__ == "__main__":
    main()
