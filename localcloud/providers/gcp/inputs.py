"""What Check does by the schema alone: defaults, coercions, and refusals of unknown, missing and clashing fields.

Source: the schema files, and terraform-plugin-sdk `helper/schema/schema.go` (conflicts_with, exactly_one_of,
required_with, max_items), whose wording the messages follow. As Pulumi's bridge does, defaults of the schema become
inputs and are named in `__defaults`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import paths
from localcloud.providers.model import CheckFailure
from localcloud.providers.values import UNKNOWN, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.providers.gcp.schema import Field, Schema

_NAMES = {str: "string", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError


def _bool(value: Any) -> bool:
    if value in {"true", "false"}:
        return value == "true"
    if isinstance(value, bool):
        return value
    raise TypeError


def _float(value: Any) -> int | float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    return int(number) if number.is_integer() else number


def _int(value: Any) -> int:
    number = _float(value)
    if not isinstance(number, int):
        raise TypeError
    return number


_COERCE = {"string": _string, "bool": _bool, "float": _float, "int": _int}


class Check:
    """One pass over a resource's inputs. `complete` gives them with defaults; `failures` says what is refused."""

    def __init__(self, schema: Schema, news: dict[str, Any]) -> None:
        self.schema = schema
        self.news = news
        self.failures: list[CheckFailure] = []
        self.defaults: list[str] = []

    def complete(self) -> dict[str, Any]:
        """The inputs with the schema's defaults; fills `failures` and, at the top level, `defaults`."""
        given = set(self.news)
        result = self._block(self.schema.fields, self.news, "")
        self.defaults += sorted(set(result) - given)
        return result

    def _block(self, fields: Mapping[str, Field], values: dict[str, Any], path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, value in values.items():
            if name == "__defaults" or value is None:
                continue
            field = fields.get(name)
            where = paths.join(path, name)
            if field is None:
                self._refuse(where, self._unknown(name, fields, path))
            elif not field.settable:
                self._refuse(where, "can't be set: its value is decided by the provider")
            else:
                result[name] = self._value(field, value, where)
        for name, field in fields.items():
            self._absence(field, values, paths.join(path, name), result)
            if values.get(name) is not None:
                self._clashes(field, paths.join(path, name))
            self._exactly_one(field, paths.join(path, name))
        return result

    def _absence(self, field: Field, values: dict[str, Any], where: str, result: dict[str, Any]) -> None:
        if values.get(field.name) is not None:
            return
        if field.default is not None and not any(self._given(other) for other in field.conflicts_with):
            result[field.name] = field.default
        elif field.required:
            self._refuse(where, f'Missing required argument: "{field.name}" is required, but no definition was found')

    def _clashes(self, field: Field, where: str) -> None:
        for other in field.conflicts_with:
            if self._given(other):
                self._refuse(where, f'Conflicting configuration arguments: "{where}": conflicts with {other}')
        for other in field.required_with:
            if not self._given(other):
                self._refuse(where, f'Missing required argument: "{where}": all of {other} must be specified')

    def _exactly_one(self, field: Field, where: str) -> None:
        # the schema names the paths from the root, so a block inside a list is looked at by its first element
        options = sorted({*field.exactly_one_of, where.replace("[0]", "")})
        if not field.exactly_one_of or where.replace("[0]", "") != options[0]:
            return
        given = [option for option in options if self._given(option)]
        names = ", ".join(options)
        if not given:
            self._refuse(where, f"Invalid combination of arguments: one of `{names}` must be specified")
        elif len(given) > 1:
            self._refuse(
                given[0],
                f"Invalid combination of arguments: only one of `{names}` can be specified, "
                f"but `{', '.join(given)}` were specified",
            )

    def _value(self, field: Field, value: Any, where: str) -> Any:
        if value is UNKNOWN:
            return value
        if isinstance(value, Secret):
            return Secret(self._value(field, value.value, where))
        if field.type == "object":
            return self._object(field, value, where)
        if field.type in {"list", "set"}:
            return self._list(field, value, where)
        if field.type == "map":
            return self._map(field, value, where)
        return self._scalar(field.type, value, where)

    def _object(self, field: Field, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            self._mismatch("object", value, where)
            return value
        return self._block(field.fields, value, where)

    def _list(self, field: Field, value: Any, where: str) -> Any:
        if not isinstance(value, list):
            self._mismatch("list", value, where)
            return value
        if field.max_items and len(value) > field.max_items:
            self._refuse(where, f"Too many list items: {len(value)} declared, at most {field.max_items} supported")
        if len(value) < field.min_items:
            self._refuse(where, f"Not enough list items: {len(value)} declared, at least {field.min_items} required")
        items: list[Any] = []
        for index, item in enumerate(value):
            inner = paths.join(where, index)
            if item is UNKNOWN or isinstance(item, Secret):
                items.append(item)
            elif field.fields:
                items.append(self._object(field, item, inner))
            else:
                items.append(self._scalar(field.element or "string", item, inner))
        return items

    def _map(self, field: Field, value: Any, where: str) -> Any:
        if not isinstance(value, dict):
            self._mismatch("map", value, where)
            return value
        scalar = field.element or "string"
        return {
            key: item if isinstance(item, Secret) else self._scalar(scalar, item, paths.join(where, key))
            for key, item in value.items()
            if item is not None
        }

    def _scalar(self, kind: str, value: Any, where: str) -> Any:
        """`value` as the schema's type; the bridge converts strings to numbers and booleans and back."""
        if value is UNKNOWN:
            return value
        try:
            return _COERCE[kind](value)
        except (TypeError, ValueError):
            return self._mismatch(kind, value, where)

    def _unknown(self, name: str, fields: Mapping[str, Field], path: str) -> str:
        if not path and name in self.schema.unsourced:
            return f"not offered by this stand-in: {self.schema.source} does not say how it behaves"
        near = difflib.get_close_matches(name, [key for key, field in fields.items() if field.settable], 1)
        return f"unknown property {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")

    def _given(self, path: str) -> bool:
        return paths.lookup(self.news, path) is not None

    def _mismatch(self, wanted: str, value: Any, where: str) -> Any:
        self._refuse(where, f"expected a {wanted}, got a {_NAMES.get(type(value), type(value).__name__)}")
        return value

    def _refuse(self, where: str, reason: str) -> None:
        failure = CheckFailure(where, reason)
        if failure not in self.failures:
            self.failures.append(failure)
