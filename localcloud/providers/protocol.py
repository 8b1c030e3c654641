"""The protocol's messages without the rest of the Pulumi SDK: a plugin starts in a third of the time."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def prepare() -> None:
    """Let `pulumi.runtime.proto` be imported on its own.

    `import pulumi` runs the whole SDK (half a second, and every engine command starts every plugin). A plugin needs
    the generated messages only, so the two packages above them become empty ones. Only for a process that never
    uses the SDK itself; without effect when it is imported already.
    """
    if "pulumi" in sys.modules:
        return
    found = importlib.util.find_spec("pulumi")
    if found is None or not found.submodule_search_locations:
        return  # the import that follows says what is missing
    root = Path(found.submodule_search_locations[0])
    for name, folder in (("pulumi", root), ("pulumi.runtime", root / "runtime")):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
