"""Takes over what is kept of an environment that was destroyed: its keys, and its secrets with their values.

A key ring and a key can never be deleted, nor made again under their names (Cloud KMS documentation, "Object hierarchy
and lifespan of resources"); secrets are kept on purpose. So an update that meets one looks it up and goes on with it:
what is this environment's by its name, and in its own project, can be nobody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway.engine import cloud_ids
from slipway.engine.lookup import Lookup
from slipway.engine.scratch import scratch
from slipway.engine.stack import Stack
from slipway.engine.workspace import program

if TYPE_CHECKING:
    from slipway.desired import Desired
    from slipway.engine.results import StackResult
    from slipway.engine.workspace import Workspace

_KEPT: Final = frozenset({"gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey", "gcp:secretmanager/secret:Secret"})
_NOUNS: Final = ("KeyRing", "CryptoKey", "Secret")


def met(result: StackResult) -> bool:
    """Whether an update failed because a key or a secret of the environment exists already."""
    return any(
        "already exists" in line and any(noun in line for noun in _NOUNS)
        for message in result.messages
        for line in message.splitlines()
    )


def adopt(stack: Stack, desired: Desired, workspace: Workspace) -> list[str]:
    """Take the keys and secrets that exist into the state of `stack`; their URNs. Raises FailedError."""
    with scratch(workspace) as apart:
        place = Stack(stack.name, apart)
        place.create()
        defaults = desired.environment.google.model_dump()
        types = _KEPT | {cloud_ids.SERVICE}  # whether one can be asked for depends on its API
        found = Lookup(place, program(workspace.root), defaults, only=types).run(stack.existing())
    if found.found:
        stack.restore(found.deployment)
    return found.found
