"""Automatic names and field manager names.

Source: pulumi-kubernetes `provider/pkg/metadata/naming.go` and `fieldManagerName` in `provider.go`; the form
`NAME-xxxxxxxx` is `resource.NewUniqueName` of pulumi/pulumi.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from localcloud.providers.kubernetes.objects import (
    AUTONAMED,
    PATCH_FIELD_MANAGER,
    Object,
    annotated,
    annotation,
    dig,
    name_of,
)
from localcloud.providers.model import Autonaming, ProviderError
from localcloud.providers.values import UNKNOWN

#: the field manager of objects at their creation and of client-side apply
CREATE_MANAGER = "pulumi-kubernetes"
_SUFFIX = 8


def unique(prefix: str, seed: bytes = b"") -> str:
    """`prefix` and eight hexadecimal digits: the same for the same seed, else random."""
    digits = hashlib.sha512(seed + prefix.encode()).hexdigest() if seed else secrets.token_hex(_SUFFIX)
    return prefix + digits[:_SUFFIX]


def is_named(obj: Object) -> bool:
    """Whether the object has a name of its own, even one that is not known yet."""
    return bool(name_of(obj)) or dig(obj, "metadata", "name") is UNKNOWN


def _unknown(obj: Object, *keys: str) -> bool:
    return obj.get("metadata") is UNKNOWN or any(dig(obj, "metadata", key) is UNKNOWN for key in keys)


def _mark(obj: Object, name: str) -> None:
    meta = obj.setdefault("metadata", {})
    meta["name"] = name
    notes = meta.setdefault("annotations", {})
    if isinstance(notes, dict):
        notes[AUTONAMED] = "true"


def assign(obj: Object, logical_name: str, seed: bytes, autonaming: Autonaming | None = None) -> None:
    """Name an object that has no name and mark it as autonamed. Raises ProviderError where that is switched off."""
    if _unknown(obj, "name", "generateName") or name_of(obj) or dig(obj, "metadata", "generateName"):
        return
    if autonaming is not None and autonaming.disabled:
        raise ProviderError("autonaming is disabled, resource requires the .metadata.name field to be set")
    proposed = autonaming.proposed if autonaming is not None else ""
    _mark(obj, proposed or unique(f"{logical_name}-", seed))


def adopt(obj: Object, old: Object) -> None:
    """Keep the automatic name of the old inputs."""
    if not _unknown(obj, "name") and not name_of(obj) and annotated(old, AUTONAMED):
        _mark(obj, name_of(old))


def field_manager(server_side: bool, state: dict[str, Any], inputs: Object) -> str:  # noqa: FBT001 - a mode
    """Who owns the fields: what an annotation says, what the state says, else a new random name."""
    if not server_side:
        return CREATE_MANAGER
    return annotation(inputs, PATCH_FIELD_MANAGER) or state.get("__fieldManager") or unique(f"{CREATE_MANAGER}-")
