"""What each stack of an environment declares: platform, cluster, and one for each team."""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import pulumi

from slipway import repository
from slipway.bootstrap.plan import LAYER
from slipway.desired import desired
from slipway.errors import FailedError, Refused
from stacks.packages import PACKAGES, narrow

if TYPE_CHECKING:
    from pathlib import Path

PLATFORM, CLUSTER = "platform", "cluster"
_IMPORTING: Final = threading.Lock()


def declare_stack(root: Path, stack: str) -> None:
    """Declare stack `<environment>.<layer>` of the repository at `root`.

    A layer is bootstrap, platform, cluster or a team.

    What is wrong with the input, or with the platform below, ends the program with that message and no traceback.
    """
    try:
        _declare(root, stack)
    except (Refused, FailedError) as error:
        raise pulumi.RunError(str(error)) from None


def _declare(root: Path, stack: str) -> None:
    environment, _, layer = stack.partition(".")
    wanted = desired(repository.load(root), environment)
    if stack not in wanted.stacks and layer != LAYER:
        raise FailedError(f"there is no stack `{stack}`; environment `{environment}` has {', '.join(wanted.stacks)}")
    module(layer).declare(wanted, layer)


def module(layer: str) -> Any:
    """The module that declares `layer`, imported only when needed: the SDKs cost more than a second.

    One at a time: teams' programs run as threads of one process, and the SDKs load their own modules lazily, which is
    not safe from several threads at once. So classes of an SDK are also imported by name, never reached by attribute.
    The SDKs make a million objects that live until the end: collecting in between took a quarter of the time.
    """
    name = {PLATFORM: "stacks.platform", CLUSTER: "stacks.cluster", LAYER: "stacks.bootstrap"}.get(layer, "stacks.team")
    with _IMPORTING:
        if name in sys.modules:
            return sys.modules[name]
        narrow(*PACKAGES)
        collecting = gc.isenabled()
        gc.disable()
        try:
            return importlib.import_module(name)
        finally:
            if collecting:
                gc.enable()
