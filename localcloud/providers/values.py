"""Property values between the engine's protobuf structs and plain Python.

Plain values are dict, list, str, float/int, bool and None. Two things have no plain form and get one here:
`UNKNOWN` (a value that a preview cannot know yet) and `Secret` (a value that must stay encrypted in state).
Source of the signatures: pulumi/pulumi, `sdk/python/lib/pulumi/runtime/rpc.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type tag of the protocol
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class _Unknown:
    """The one value of its class: not known until the update runs."""

    _instance: Self | None = None

    def __new__(cls) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Unknown:
        return self


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that stays encrypted wherever the engine writes it."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(***)"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The plain form of a property map. Integral numbers become int: protobuf knows only doubles."""
    return {key: _decode(value) for key, value in struct.fields.items()}


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _decode_struct(value.struct_value)
    if kind == "list_value":
        return [_decode(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_STRING else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    return None


def _decode_struct(struct: struct_pb2.Struct) -> Any:
    plain = decode(struct)
    signature = plain.get(SIGNATURE_KEY)
    if signature == SECRET_SIGNATURE:
        return Secret(plain.get("value"))
    if signature == OUTPUT_SIGNATURE:
        inner = plain.get("value", UNKNOWN)
        return Secret(inner) if plain.get("secret") else inner
    if signature == RESOURCE_SIGNATURE:
        return plain.get("id") or plain.get("urn")
    return plain


def encode(plain: dict[str, Any]) -> struct_pb2.Struct:
    """The protobuf form of a property map. Raises TypeError for a value that has none."""
    struct = struct_pb2.Struct()
    for key, value in plain.items():
        struct.fields[key].CopyFrom(_encode(value))
    return struct


def _encode(value: Any) -> struct_pb2.Value:
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_STRING)
    if isinstance(value, Secret):
        return _encode({SIGNATURE_KEY: SECRET_SIGNATURE, "value": value.value})
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NullValue.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=float(value))
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=encode(value))
    if isinstance(value, (list, tuple)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_encode(item) for item in value]))
    message = f"no property value for {type(value).__name__}"
    raise TypeError(message)


def transform(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """`value` with `leaf` applied to each scalar, unknown and secret (dicts and lists are walked)."""
    if isinstance(value, dict):
        return {key: transform(item, leaf) for key, item in value.items()}
    if isinstance(value, list):
        return [transform(item, leaf) for item in value]
    return leaf(value)


def reveal(value: Any) -> Any:
    """`value` without its secret wrappers, at every depth: for the API call only, never for state or a log."""
    return transform(value, lambda item: reveal(item.value) if isinstance(item, Secret) else item)


def has_unknown(value: Any) -> bool:
    """Whether any part of `value` is unknown."""
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def has_secret(value: Any) -> bool:
    """Whether any part of `value` is secret."""
    if isinstance(value, dict):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)
