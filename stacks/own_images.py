"""The platform's own images as pods pull them: by digest, through the environment's own cache of a public registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from slipway.tools import images

if TYPE_CHECKING:
    from slipway.contract import Contract
    from slipway.desired import Desired


def complete(desired: Desired, contract: Contract, name: str) -> tuple[str, bool]:
    """The complete image `name` of tools/images.toml, and whether an update may have it: a preview shows its tag.

    Raises FailedError where it is not pinned and something could be pulled. A cluster on this machine (stand-ins, a
    rehearsal) pulls nothing: there its tag stands in, and that is said.
    """
    image = images.pinned(name)
    full = f"{contract.registries[images.cache(desired.environment, image) or '']}/{image.path}{image.suffix}"
    if image.digest or desired.environment.stand_ins:
        return full, True
    if (contract.endpoint or "").startswith("127."):
        pulumi.log.warn(f"{image.path} has no digest in tools/images.toml: a rehearsal goes on with its tag")
        return full, True
    if pulumi.runtime.is_dry_run():
        pulumi.log.warn(f"{image.path} has no digest in tools/images.toml: an update of an account is refused")
        return full, False
    images.needed(image)
    return full, True
