"""One spelling for inputs that mean the same, so that they make no difference.

Source: pulumi-kubernetes `provider/pkg/clients/unstructured.go` (`Normalize`) and `normalizeInputs` in `provider.go`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from localcloud.providers.kubernetes import kinds, typed
from localcloud.providers.kubernetes.objects import Object, dig, is_crd, is_secret, kind_of
from localcloud.providers.kubernetes.prune import prune
from localcloud.providers.values import has_unknown

#: what only the server sets
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)


def normalize(obj: Object) -> Object:
    """`obj` (left as it is) in its normal form. An object with unknown values keeps its spelling."""
    result = dict(obj)
    if not has_unknown(obj) and kinds.known(kind_of(obj)):
        result = _kind(result)
    if isinstance(result.get("metadata"), dict):
        result["metadata"] = {key: value for key, value in result["metadata"].items() if key not in _READ_ONLY}
    return result


def _kind(obj: Object) -> Object:
    if is_crd(obj):
        return _crd(obj)
    if is_secret(obj):
        return _secret(obj)
    return prune(typed.convert(obj), obj)


def _crd(obj: Object) -> Object:
    obj.pop("status", None)
    if dig(obj, "spec", "preserveUnknownFields") is False:
        obj["spec"] = {key: value for key, value in obj["spec"].items() if key != "preserveUnknownFields"}
    return obj


def _secret(obj: Object) -> Object:
    """`stringData` becomes `data`, as in the API server, and `data` gets the one encoding that it answers with."""
    plain, data = obj.get("stringData"), obj.get("data")
    if isinstance(plain, dict) and plain and all(isinstance(value, str) for value in plain.values()):
        del obj["stringData"]
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        obj["data"] = (data if isinstance(data, dict) else {}) | encoded
        return obj
    if isinstance(data, dict) and data:
        obj["data"] = {key: _reencode(value) for key, value in data.items()}
    return obj


def _reencode(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        # Go's decoder skips line breaks and nothing else
        plain = base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return value  # the API server refuses it in its own words
    return base64.b64encode(plain).decode()
