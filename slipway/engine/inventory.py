"""What an environment declares, resource by resource, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.engine.recorder import Declared, record
from slipway.engine.workspace import program

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.desired import Desired


def inventory(root: Path, desired: Desired) -> list[Declared]:
    """Every resource of every stack, in the order of stacks and then of URNs: the SDK registers in no fixed order."""
    run = program(root)
    return [item for stack in desired.stacks for item in sorted(record(stack, run), key=lambda item: item.urn)]
