"""Cloud KMS key rings and keys.

Sources: Cloud KMS REST reference, "Cloud KMS locations", "Key rotation" (a day at least), Terraform Registry
google_kms_key_ring ("KeyRings cannot be deleted from Google Cloud Platform. Destroying a Terraform-managed KeyRing
will remove it from state but will not delete the resource from the project") and google_kms_crypto_key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localcloud.providers.gcp import locations
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import KEY
from localcloud.providers.gcp.references import Reference
from localcloud.providers.gcp.services.network import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

RING: Final = "gcp:kms/keyRing:KeyRing"
CRYPTO_KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
_RING_ID: Final = "projects/{project}/locations/{location}/keyRings/{name}"
_PURPOSES: Final = {"ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "MAC", "RAW_ENCRYPT_DECRYPT"}
_SHORTEST_ROTATION: Final = 86400


def _check_ring(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    location = values.get("location")
    known = {*locations.REGIONS, *locations.MULTI_REGIONS, *locations.DUAL_REGIONS, "global"}
    if isinstance(location, str) and location not in known:
        yield "location", f"unknown location {location!r}"


def _check_key(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    yield from one_of("purpose", values, _PURPOSES)
    period = values.get("rotationPeriod")
    if isinstance(period, str) and period:
        match = re.fullmatch(r"(\d+)(\.\d{1,9})?s", period)
        if not match:
            yield "rotationPeriod", f"{period!r} is no duration in seconds (7776000s)"
        elif int(match[1]) < _SHORTEST_ROTATION:
            yield "rotationPeriod", f"{period} is less than a day (86400s)"
        if values.get("purpose", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
            yield "rotationPeriod", "only keys with purpose ENCRYPT_DECRYPT rotate"


def _parts_key(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"keyRing": values["keyRing"]}


def _settle_key(api: Api, identity: str, values: Values) -> Values:
    del api
    version = {"name": f"{identity}/cryptoKeyVersions/1", "state": "ENABLED"}
    symmetric = values.get("purpose") == "ENCRYPT_DECRYPT"
    return {
        "destroyScheduledDuration": "2592000s",
        "importOnly": False,
        "cryptoKeyBackend": "",
        "primaries": [version] if symmetric and not values.get("skipInitialVersionCreation") else [],
        "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "SOFTWARE"},
    }


KINDS: Final = [
    Kind(
        RING,
        _RING_ID,
        "KeyRing",
        name=KEY,
        exists="KeyRing {id} already exists.",
        check=_check_ring,
        stays=True,
    ),
    Kind(
        CRYPTO_KEY,
        "{keyRing}/cryptoKeys/{name}",
        "CryptoKey",
        name=KEY,
        parts=_parts_key,
        labels="labels",
        exists="CryptoKey {id} already exists.",
        references={"keyRing": Reference(RING, _RING_ID)},
        provider_only=frozenset({"deletionPolicy", "skipInitialVersionCreation"}),
        check=_check_key,
        settle=_settle_key,
        stays=True,
    ),
]
