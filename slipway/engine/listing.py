"""Which stacks a backend holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi.automation import errors

from slipway.errors import FailedError

if TYPE_CHECKING:
    from slipway.engine.workspace import Workspace


def stacks(workspace: Workspace) -> list[str]:
    """Names of the project's stacks in the workspace's backend. Raises FailedError when it cannot be read."""
    try:
        found = workspace.automation().list_stacks()
    except errors.CommandError as failure:
        lines = [line.strip() for line in str(failure).splitlines() if "error:" in line]
        where = workspace.variables.get("PULUMI_BACKEND_URL", "the backend")
        raise FailedError(f"{where} cannot be read: {' '.join(lines) or str(failure)}") from None
    return sorted(stack.name.rpartition("/")[2] for stack in found)
