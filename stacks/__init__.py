"""What each stack of an environment declares: platform, cluster, and one for each team."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from slipway import repository
from slipway.desired import desired
from slipway.errors import FailedError, Refused

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM, CLUSTER = "platform", "cluster"


def declare_stack(root: Path, stack: str) -> None:
    """Declare stack `<environment>.<layer>` of the repository at `root`; a layer is platform, cluster or a team.

    What is wrong with the input, or with the platform below, ends the program with that message and no traceback.
    """
    try:
        _declare(root, stack)
    except (Refused, FailedError) as error:
        raise pulumi.RunError(str(error)) from None


def _declare(root: Path, stack: str) -> None:
    environment, _, layer = stack.partition(".")
    wanted = desired(repository.load(root), environment)
    if stack not in wanted.stacks:
        raise FailedError(f"there is no stack `{stack}`; environment `{environment}` has {', '.join(wanted.stacks)}")
    # Each layer imports what it declares with: the Google SDK alone costs two seconds.
    if layer == PLATFORM:
        from stacks import platform  # noqa: PLC0415

        platform.declare(wanted)
    elif layer == CLUSTER:
        from stacks import cluster  # noqa: PLC0415

        cluster.declare(wanted)
    else:
        from stacks import team  # noqa: PLC0415

        team.declare(wanted, layer)
