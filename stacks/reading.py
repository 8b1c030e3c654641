"""How a stack above the platform reads the platform's contract, inside a Pulumi program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp import Provider
from pulumi_gcp.storage import get_bucket_object_content

from slipway import contract
from slipway.errors import FailedError

if TYPE_CHECKING:
    from slipway.contract import Contract
    from slipway.desired import Desired


def read_contract(desired: Desired) -> Contract:
    """The published contract; in a preview before the platform exists, the derived one.

    Raises FailedError in an update without a platform, and for a contract that does not match the environment file.
    """
    google = desired.environment.google
    provider = Provider("google", project=google.project, region=google.region)
    derived = contract.derive(desired)
    try:
        found = get_bucket_object_content(
            bucket=contract.own_bucket(desired),
            name=contract.OBJECT,
            opts=pulumi.InvokeOptions(provider=provider),
        )
    except Exception as error:  # noqa: BLE001 - the SDK raises a bare Exception for a function that fails
        if pulumi.runtime.is_dry_run():
            _tell(desired, str(error))
            return derived
        message = (
            f"the platform of `{desired.name}` cannot be read ({error}); "
            f"update it first: slipway up {desired.name}, or pulumi up -s {desired.name}.platform"
        )
        raise FailedError(message) from None
    return contract.parse(found.content or "", derived, planned=pulumi.runtime.is_dry_run())


def _tell(desired: Desired, error: str) -> None:
    """Say why a preview goes on without the contract: before the first update that is right, later it is not."""
    if any(word in error for word in ("404", "notFound", "does not exist", "without an engine")):
        pulumi.log.info(f"the platform of `{desired.name}` publishes no contract yet; previewing without it")
    else:
        pulumi.log.warn(f"the contract of `{desired.name}` cannot be read, so this preview goes without it: {error}")
