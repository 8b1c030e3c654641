"""Property values as the state's JSON has them, and as they go over the wire.

A secret is a special object in both: in a state that was exported in the clear its value is JSON text under
`plaintext`, on the wire it is under `value` (pulumi/pulumi, `sdk/go/common/resource/plugin/rpc.go` and
`pkg/resource/stack/deployment.go`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type tag of the protocol


def to_wire(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """State's values (exported in the clear) as a message."""
    result = struct_pb2.Struct()
    for key, value in values.items():
        result.fields[key].CopyFrom(_value(value))
    return result


def from_wire(values: struct_pb2.Struct) -> dict[str, Any]:
    """A message as the state's values, secrets in the clear; what is unknown is UNKNOWN."""
    return {key: _plain(value) for key, value in values.fields.items()}


def without_unknown(values: Any) -> tuple[Any, bool]:
    """`values` without what is unknown, and whether anything was."""
    if isinstance(values, dict):
        items = cast("dict[str, Any]", values)
        pairs = {key: without_unknown(item) for key, item in items.items() if item != UNKNOWN}
        missing = len(pairs) < len(items) or any(lost for _, lost in pairs.values())
        return {key: item for key, (item, _) in pairs.items()}, missing
    if isinstance(values, list):
        found = [without_unknown(item) for item in cast("list[Any]", values) if item != UNKNOWN]
        missing = len(found) < len(cast("list[Any]", values)) or any(lost for _, lost in found)
        return [item for item, _ in found], missing
    return values, values == UNKNOWN or (isinstance(values, str) and UNKNOWN in values)


def _value(value: Any) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    if isinstance(value, str):
        return struct_pb2.Value(string_value=value)
    if isinstance(value, list):
        items = [_value(item) for item in cast("list[Any]", value)]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    fields = cast("dict[str, Any]", value)
    if fields.get(SIGNATURE) == SECRET and "plaintext" in fields:
        fields = {SIGNATURE: SECRET, "value": json.loads(fields["plaintext"])}
    return struct_pb2.Value(struct_value=to_wire(fields))


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
            inner = _plain(fields["value"])
            return UNKNOWN if inner == UNKNOWN else {SIGNATURE: SECRET, "plaintext": json.dumps(inner)}
        return from_wire(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "number_value":
        return int(value.number_value) if value.number_value.is_integer() else value.number_value
    if kind == "string_value":
        return value.string_value
    return value.bool_value if kind == "bool_value" else None
