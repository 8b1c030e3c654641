"""What an update would change, and which of it needs a new resource: the schema's force_new, field by field.

Source: terraform-plugin-sdk `helper/schema/schema.go`. Compared are the state and the new inputs. A computed field
that the program does not give keeps its value; one that is not computed and not given equals its type's zero value.
A block's own force_new holds for its coming and going, its fields' for their changes. The order of a set is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import paths
from localcloud.providers.model import DiffKind
from localcloud.providers.values import UNKNOWN, has_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.providers.gcp.schema import Field

_KINDS = {
    ("add", False): DiffKind.ADD,
    ("add", True): DiffKind.ADD_REPLACE,
    ("delete", False): DiffKind.DELETE,
    ("delete", True): DiffKind.DELETE_REPLACE,
    ("update", False): DiffKind.UPDATE,
    ("update", True): DiffKind.UPDATE_REPLACE,
}


def is_zero(value: Any) -> bool:
    """Whether the API and Terraform treat `value` as not given."""
    return value is None or value in ("", 0, False) or value in ([], {})


@dataclass
class Comparison:
    """One comparison. `same(path, old, new)` may call two different values equal (a name and its self link)."""

    same: Callable[[str, Any, Any], bool] = lambda _path, _old, _new: False
    found: dict[str, DiffKind] = field(default_factory=dict)

    def fields(self, fields: Mapping[str, Field], old: dict[str, Any], new: dict[str, Any], path: str = "") -> None:
        """Compare two blocks of these fields."""
        for name, spec in fields.items():
            if spec.settable:
                self._field(spec, old.get(name), new.get(name), paths.join(path, name))

    def _field(self, spec: Field, old: Any, new: Any, path: str) -> None:
        if new is None and (spec.computed or is_zero(old)):
            return
        if new is UNKNOWN:
            self._mark(path, "update" if old is not None else "add", replaces=spec.force_new)
        elif spec.type == "object":
            self._object(spec, old, new, path)
        elif new is None:
            self._mark(path, "delete", replaces=spec.force_new or _forces(spec, old))
        elif spec.type == "set":
            self._set(spec, old or [], new, path)
        elif spec.type == "list":
            self._list(spec, old or [], new, path)
        elif spec.type == "map":
            self._map(spec, old or {}, new, path)
        elif not self._equal(path, old, new):
            self._mark(path, "add" if old is None else "update", replaces=spec.force_new)

    def _object(self, spec: Field, old: Any, new: Any, path: str) -> None:
        if new is None:
            self._mark(path, "delete", replaces=spec.force_new or _forces(spec, old))
        elif old is None:
            if new or not spec.fields:
                self._mark(path, "add", replaces=spec.force_new or _forces(spec, new))
        else:
            self.fields(spec.fields, old, new, path)

    def _list(self, spec: Field, old: list[Any], new: list[Any], path: str) -> None:
        for index in range(max(len(old), len(new))):
            where = paths.join(path, index)
            if index >= len(new):
                self._mark(where, "delete", replaces=spec.force_new or _forces(spec, old[index]))
            elif index >= len(old):
                self._mark(where, "add", replaces=spec.force_new or _forces(spec, new[index]))
            elif spec.fields and isinstance(new[index], dict):
                self.fields(spec.fields, old[index], new[index], where)
            elif not self._equal(path, old[index], new[index]):
                self._mark(where, "update", replaces=spec.force_new)

    def _set(self, spec: Field, old: list[Any], new: list[Any], path: str) -> None:
        left = list(enumerate(old))
        added: list[int] = []
        for index, item in enumerate(new):
            twin = next((pair for pair in left if self._twins(spec, pair[1], item, path)), None)
            if twin is None:
                added.append(index)
            else:
                left.remove(twin)
        removed = [index for index, _ in left]
        counts = spec.force_new and (len(old) != len(new) or not spec.fields)
        for index in sorted({*added, *removed}):
            items = [old[index]] if index in removed else []
            items += [new[index]] if index in added else []
            kind = "update" if len(items) > 1 else "delete" if index in removed else "add"
            replaces = counts or any(_forces(spec, item) for item in items)
            self._mark(paths.join(path, index), kind, replaces=replaces)

    def _twins(self, spec: Field, old: Any, new: Any, path: str) -> bool:
        if not (spec.fields and isinstance(old, dict) and isinstance(new, dict)):
            return not has_unknown(new) and self._equal(path, old, new)
        inner = Comparison(self.same)
        inner.fields(spec.fields, old, new, path)
        return not inner.found

    def _map(self, spec: Field, old: dict[str, Any], new: dict[str, Any], path: str) -> None:
        for key in sorted({*old, *new}):
            if key not in new:
                self._mark(paths.join(path, key), "delete", replaces=spec.force_new)
            elif key not in old:
                self._mark(paths.join(path, key), "add", replaces=spec.force_new)
            elif not self._equal(path, old[key], new[key]):
                self._mark(paths.join(path, key), "update", replaces=spec.force_new)

    def _equal(self, path: str, old: Any, new: Any) -> bool:
        if has_unknown(new):
            return False
        return old == new or (is_zero(old) and is_zero(new)) or self.same(path, old, new)

    def _mark(self, path: str, what: str, *, replaces: bool) -> None:
        self.found[path] = _KINDS[what, replaces]


def _forces(spec: Field, value: Any) -> bool:
    """Whether a block that comes or goes with this value needs a new resource because of a field in it."""
    if isinstance(value, list):
        return any(_forces(spec, item) for item in value)
    if not isinstance(value, dict):
        return False
    given = {name: field for name, field in spec.fields.items() if field.settable and not is_zero(value.get(name))}
    return any(field.force_new or _forces(field, value[name]) for name, field in given.items())
