"""The wire form of property maps, read and written without protobuf's own classes.

A property map is a `google.protobuf.Struct`, three messages deep for each level of nesting, and Python's protobuf gives
up below 100 (upb, `decode.h`: kUpb_DecodeOptions default depth). A custom resource definition with pod templates
inside goes deeper than that. So the messages used here declare each Struct field as bytes, which is the same on the
wire, and this module turns the bytes into plain values. Source of the encoding: protobuf documentation, "Encoding",
and `google/protobuf/struct.proto`.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_STRUCT: Final = ".google.protobuf.Struct"
_DOUBLE: Final = struct.Struct("<d")
_NULL, _NUMBER, _STRING, _BOOL, _MAP, _LIST = 0x08, 0x11, 0x1A, 0x20, 0x2A, 0x32
"""Tags of Value: field number << 3 | wire type."""
_FIRST, _SECOND = 0x0A, 0x12
"""Tags of the first and second field, length-delimited."""


class Messages:
    """The messages of one proto file with every Struct field as bytes; `messages.CheckRequest` is a class."""

    def __init__(self, file: Any) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        self._package = file.package
        self._add(file, set(), raw=True)

    def _add(self, file: Any, seen: set[str], *, raw: bool = False) -> None:
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            self._add(dependency, seen)
        described = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(described)
        for message in described.message_type if raw else ():
            _as_bytes(message)
        self._pool.Add(described)  # pyright: ignore[reportAttributeAccessIssue]

    def __getattr__(self, name: str) -> Any:
        found = message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"{self._package}.{name}"))
        setattr(self, name, found)
        return found


def _as_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type_name == _STRUCT:
            field.ClearField("type_name")
            field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    for nested in message.nested_type:
        _as_bytes(nested)


def decode(data: bytes) -> dict[str, Any]:
    """The property map in `data`, numbers as float. Raises ValueError for what is no Struct."""
    return _map(data, 0, len(data))


def encode(value: dict[str, Any]) -> bytes:
    """The bytes of a property map of dict, list, str, numbers, bool and None. Raises TypeError for anything else."""
    return b"".join(_FIRST_BYTE + _sized(_entry(key, item)) for key, item in value.items())


_FIRST_BYTE, _SECOND_BYTE = bytes([_FIRST]), bytes([_SECOND])


def _entry(key: str, value: Any) -> bytes:
    return _FIRST_BYTE + _sized(key.encode()) + _SECOND_BYTE + _sized(_value(value))


def _value(value: Any) -> bytes:
    if value is None:
        return bytes([_NULL, 0])
    if isinstance(value, bool):
        return bytes([_BOOL, value])
    if isinstance(value, (int, float)):
        return bytes([_NUMBER]) + _DOUBLE.pack(value)
    if isinstance(value, str):
        return bytes([_STRING]) + _sized(value.encode())
    if isinstance(value, dict):
        return bytes([_MAP]) + _sized(encode(value))
    if isinstance(value, (list, tuple)):
        return bytes([_LIST]) + _sized(b"".join(_FIRST_BYTE + _sized(_value(item)) for item in value))
    raise TypeError(f"no property value for {type(value).__name__}")


def _sized(data: bytes) -> bytes:
    size, prefix = len(data), bytearray()
    while size > 0x7F:  # noqa: PLR2004 - seven bits to a byte
        prefix.append(size & 0x7F | 0x80)
        size >>= 7
    prefix.append(size)
    return bytes(prefix) + data


def _varint(data: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no high bit
            return result, at
        shift += 7


def _map(data: bytes, at: int, end: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while at < end:
        if data[at] != _FIRST:
            raise ValueError(f"no Struct: tag {data[at]:#x}")
        size, at = _varint(data, at + 1)
        stop = at + size
        key, value = "", None
        while at < stop:
            tag = data[at]
            part, at = _varint(data, at + 1)
            if tag == _FIRST:
                key = data[at : at + part].decode()
            else:
                value = _read(data, at, at + part)
            at += part
        found[key] = value
    return found


def _read(data: bytes, at: int, end: int) -> Any:
    if at >= end:
        return None
    tag, at = data[at], at + 1
    if tag == _NUMBER:
        return _DOUBLE.unpack_from(data, at)[0]
    size, at = _varint(data, at)
    if tag == _STRING:
        return data[at : at + size].decode()
    if tag == _MAP:
        return _map(data, at, at + size)
    if tag == _LIST:
        return _list(data, at, at + size)
    return bool(size) if tag == _BOOL else None


def _list(data: bytes, at: int, end: int) -> list[Any]:
    found: list[Any] = []
    while at < end:
        size, at = _varint(data, at + 1)
        found.append(_read(data, at, at + size))
        at += size
    return found
