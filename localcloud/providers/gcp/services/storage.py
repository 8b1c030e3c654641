"""Cloud Storage buckets and objects.

Sources: Cloud Storage documentation, "About bucket names", "Bucket locations", "Storage classes", "Object lifecycle
management", "Public access prevention", "Soft delete"; JSON API reference (buckets, objects); Terraform Registry
google_storage_bucket (force_destroy) and google_storage_bucket_object; terraform-provider-google
`resource_storage_bucket_object.go` (an object that exists is overwritten: the insert has no generation condition).
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from localcloud.providers.gcp import agents, errors, locations
from localcloud.providers.gcp.api import now, stable_number
from localcloud.providers.gcp.kind import Kind, Values
from localcloud.providers.gcp.names import OBJECT, bucket_refusal
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.gcp.references import STORAGE, Reference
from localcloud.providers.gcp.services.network import one_of
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.providers.gcp.api import Api

BUCKET: Final = "gcp:storage/bucket:Bucket"
OBJECT_TYPE: Final = "gcp:storage/bucketObject:BucketObject"
BUCKET_REFERENCE: Final = Reference(BUCKET, "{name}")
_CLASSES: Final = {"STANDARD", "MULTI_REGIONAL", "REGIONAL", "NEARLINE", "COLDLINE", "ARCHIVE"}
_ACTIONS: Final = {"Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"}
#: soft delete: off, or 7 to 90 days in seconds
_SOFT_DELETE: Final = (7 * 86400, 90 * 86400)
_LONGEST_RETENTION: Final = 3155760000


def _check_bucket(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    name, location = values.get("name"), values.get("location")
    if isinstance(name, str) and (refusal := bucket_refusal(name)):
        yield "name", refusal
    if isinstance(location, str):
        known = location.lower() in {*locations.REGIONS, *locations.MULTI_REGIONS, *locations.DUAL_REGIONS}
        if not known or location.lower() == "europe":
            yield "location", f"The specified location constraint is not valid: {location!r}"
    yield from one_of("storageClass", values, _CLASSES)
    yield from one_of("publicAccessPrevention", values, {"inherited", "enforced"})
    yield from one_of("rpo", values, {"DEFAULT", "ASYNC_TURBO"})
    yield from _check_lifecycle(values)
    soft = lookup(values, "softDeletePolicy.retentionDurationSeconds")
    if isinstance(soft, int) and soft != 0 and not _SOFT_DELETE[0] <= soft <= _SOFT_DELETE[1]:
        yield "softDeletePolicy.retentionDurationSeconds", f"{soft} is neither 0 nor between 7 and 90 days"
    period = lookup(values, "retentionPolicy.retentionPeriod")
    if isinstance(period, str) and not (period.isdigit() and 0 < int(period) < _LONGEST_RETENTION):
        yield "retentionPolicy.retentionPeriod", f"{period!r} is no number of seconds below 100 years"
    if lookup(values, "retentionPolicy.retentionPeriod") and lookup(values, "versioning.enabled") is True:
        yield "retentionPolicy", "object versioning cannot be enabled on a bucket with a retention policy"


def _check_lifecycle(values: Values) -> Iterator[tuple[str, str]]:
    rules = values.get("lifecycleRules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if not isinstance(rule, dict):
            continue
        where = f"lifecycleRules[{index}]"
        action = rule.get("action")
        kind = action.get("type") if isinstance(action, dict) else None
        if isinstance(kind, str) and kind not in _ACTIONS:
            yield f"{where}.action.type", f"{kind!r} is none of {sorted(_ACTIONS)}"
        if kind == "SetStorageClass" and not lookup(rule, "action.storageClass"):
            yield f"{where}.action.storageClass", "SetStorageClass needs a storage class"
        if rule.get("condition") == {}:
            yield f"{where}.condition", "a rule needs at least one condition"


def _settle_bucket(api: Api, identity: str, values: Values) -> Values:
    return {
        "projectNumber": api.project_number(values.get("project") or api.project),
        "publicAccessPrevention": "inherited",
        "uniformBucketLevelAccess": False,
        "rpo": "DEFAULT" if str(values.get("location", "")).lower() in locations.MULTI_REGIONS else "",
        "softDeletePolicy": {"retentionDurationSeconds": 604800, "effectiveTime": now()},
        "timeCreated": now(),
        "updated": now(),
        "url": f"gs://{identity}",
        "selfLink": STORAGE + identity,
    }


def _view_bucket(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return {"location": values["location"].upper()}


def _same_bucket(path: str, old: Any, new: Any) -> bool:
    """Locations are told apart without case."""
    return path == "location" and isinstance(old, str) and isinstance(new, str) and old.lower() == new.lower()


def _release_bucket(api: Api, identity: str, values: Values) -> None:
    objects = api.all(OBJECT_TYPE, f"{identity}-")
    held = {name: record for name, record in objects.items() if record["bucket"] == identity}
    if held and not values.get("forceDestroy"):
        raise ProviderError(
            f"Error trying to delete bucket {identity} containing objects without `force_destroy` set to true"
        )
    for name in held:
        if api.records is not None:
            api.records.delete(OBJECT_TYPE, name)


def _key_locations(location: str) -> set[str]:
    """Where the key of a bucket in this place may be ("Use customer-managed encryption keys": the same location)."""
    place = location.lower()
    return {{"eu": "europe"}.get(place, place)}


def _admit_bucket(api: Api, identity: str, values: Values, old: Values | None) -> None:
    del identity
    key = lookup(values, "encryption.defaultKmsKeyName")
    if key:
        agents.require_key(api, key, "storage", values["project"], _key_locations(values["location"]))
    locked = lookup(old or {}, "retentionPolicy.isLocked")
    if locked:
        before, after = (int(lookup(v, "retentionPolicy.retentionPeriod") or 0) for v in (old, values))
        if after < before:
            raise errors.ApiError(403, "Cannot reduce retention duration of a locked Retention Policy", "forbidden")


def _check_object(api: Api, values: Values) -> Iterator[tuple[str, str]]:
    del api
    source = values.get("source")
    if isinstance(source, str) and not Path(source).is_file():
        yield "source", f"no file {source}"


def content(values: Values) -> bytes:
    """An object's body."""
    source = values.get("source")
    if isinstance(source, str):
        return Path(source).read_bytes()
    return str(values.get("content") or "").encode()


def _parts_object(api: Api, values: Values) -> dict[str, str]:
    del api
    return {"bucket": values["bucket"]}


def _settle_object(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    link = f"{STORAGE}{values['bucket']}/o/{quote(values['name'], safe='')}"
    return {
        "contentType": "text/plain; charset=utf-8",
        "storageClass": "STANDARD",
        "mediaLink": f"{link.replace('/storage/v1/', '/download/storage/v1/')}?alt=media",
        "selfLink": link,
        "outputName": values["name"],
        "kmsKeyName": "",
    }


def _view_object(api: Api, identity: str, values: Values) -> Values:
    del api, identity
    return described(values)


def described(values: Values) -> Values:
    """Checksums and generation of an object's content."""
    body = content(values)
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return {
        "md5hash": base64.b64encode(digest).decode(),
        "md5hexhash": digest.hex(),
        "crc32c": base64.b64encode(crc32c(body).to_bytes(4, "big")).decode(),
        "generation": stable_number(digest.hex(), 15),
    }


def crc32c(body: bytes) -> int:
    """The Castagnoli checksum that Cloud Storage reports (RFC 4960, appendix B)."""
    checksum = 0xFFFFFFFF
    for byte in body:
        checksum ^= byte
        for _ in range(8):
            checksum = (checksum >> 1) ^ (0x82F63B78 if checksum & 1 else 0)
    return checksum ^ 0xFFFFFFFF


KINDS: Final = [
    Kind(
        BUCKET,
        "{name}",
        "Bucket",
        link=STORAGE,
        labels="labels",
        exists="Your previous request to create the named bucket succeeded and you already own it.",
        provider_only=frozenset({"deletionPolicy", "forceDestroy"}),
        check=_check_bucket,
        admit=_admit_bucket,
        settle=_settle_bucket,
        view=_view_bucket,
        same=_same_bucket,
        release=_release_bucket,
    ),
    Kind(
        OBJECT_TYPE,
        "{bucket}-{name}",
        "object",
        name=OBJECT,
        parts=_parts_object,
        references={"bucket": BUCKET_REFERENCE},
        parent="bucket",
        provider_only=frozenset({"deletionPolicy", "sourceMd5hash", "detectMd5hash"}),
        check=_check_object,
        settle=_settle_object,
        view=_view_object,
        overwrites=True,
    ),
]
