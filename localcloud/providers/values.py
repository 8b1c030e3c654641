"""Property values between the wire and plain Python.

Plain values are dict, list, str, float/int, bool and None. Two things have no plain form and get one here:
`UNKNOWN` (a value that a preview cannot know yet) and `Secret` (a value that must stay encrypted in state).
Source of the signatures: pulumi/pulumi, `sdk/python/lib/pulumi/runtime/rpc.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from localcloud.providers import wire

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


def decode(data: bytes) -> dict[str, Any]:
    """The plain form of a property map on the wire. Integral numbers become int: the wire knows only doubles."""
    return {key: _plain(value) for key, value in wire.decode(data).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _decode_struct({key: _plain(item) for key, item in value.items()})
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return UNKNOWN if value == UNKNOWN_STRING else value


def _decode_struct(plain: dict[str, Any]) -> Any:
    signature = plain.get(SIGNATURE_KEY)
    if signature == SECRET_SIGNATURE:
        return Secret(plain.get("value"))
    if signature == OUTPUT_SIGNATURE:
        inner = plain.get("value", UNKNOWN)
        return Secret(inner) if plain.get("secret") else inner
    if signature == RESOURCE_SIGNATURE:
        return plain.get("id") or plain.get("urn")
    return plain


def encode(plain: dict[str, Any]) -> bytes:
    """The wire form of a property map. Raises TypeError for a value that has none."""
    return wire.encode({key: _marked(value) for key, value in plain.items()})


def _marked(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_STRING
    if isinstance(value, Secret):
        return {SIGNATURE_KEY: SECRET_SIGNATURE, "value": _marked(value.value)}
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_marked(item) for item in value]
    return value


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
