"""An object of Kubernetes' own API as Go's types spell it.

Source: k8s.io/apimachinery `pkg/runtime/converter.go`, on the types of the release in `data/types.json` (see
`data/generate.py`): quantities in one spelling, numbers of the right kind, no unknown fields, and no optional field
that is empty. The official plugin does this to inputs, so that a difference of spelling is none.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
from pathlib import Path
from typing import Any

from localcloud.providers.kubernetes.objects import Object, kind_of
from localcloud.providers.kubernetes.quantity import canonical

_EMPTY: dict[str, Any] = {"s": "", "i": 0, "u": 0, "f": 0, "b": False}


@functools.cache
def _table() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "data" / "types.json").read_text(encoding="utf-8"))


def convert(obj: Object) -> Object:
    """`obj` through Go's types; as it is where a value does not fit its type, which the API server then refuses."""
    kind = kind_of(obj)
    name = _table()["kinds"].get(f"{kind.group}/{kind.version}/{kind.kind}")
    if name is None:
        return obj
    try:
        return _value(name, obj)
    except (TypeError, ValueError):
        return obj


def _value(kind: str, value: Any) -> Any:  # noqa: C901 - one case for each letter of the table
    letter, rest = kind[0], kind[1:]
    if letter == "*":
        return _value(rest, value)
    if letter == "[":
        return [_value(rest, item) for item in _a(list, value)]
    if letter == "{":
        return {key: _value(rest, item) for key, item in _a(dict, value).items()}
    if rest:
        return _struct(kind, _a(dict, value))
    match letter:
        case "s" | "t":
            return _a(str, value)
        case "b":
            return _a(bool, value)
        case "i" | "u":
            return _integer(value)
        case "f":
            return _number(value)
        case "q":
            return canonical(value if isinstance(value, str) else _plain(_number(value)))
        case "x":
            return value if isinstance(value, str) else _integer(value)
        case "y":
            return _bytes(_a(str, value))
        case _:
            return value


def _struct(name: str, value: Object) -> Object:
    result: Object = {}
    for label, described in _table()["structs"][name].items():
        if label not in value or value[label] is None:
            continue
        kind = described.rstrip("?")
        converted = _value(kind, value[label])
        if described.endswith("?") and _empty(kind, converted):
            continue
        result[label] = converted
    return result


def _empty(kind: str, value: Any) -> bool:
    """Whether Go leaves a value out: pointers and structs that are there never are empty."""
    return value == _EMPTY[kind] if kind in _EMPTY else kind[0] in "[{y" and not value


def _a(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        message = f"{type(value).__name__} instead of {kind.__name__}"
        raise TypeError(message)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        message = f"{type(value).__name__} instead of a number"
        raise TypeError(message)
    return value


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        message = f"{number} instead of an integer"
        raise ValueError(message)
    return int(number)


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _bytes(text: str) -> str:
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except binascii.Error as error:
        message = f"no base64: {error}"
        raise ValueError(message) from None
