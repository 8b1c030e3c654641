"""From two objects to a detailed diff: property paths with their kind of change.

Source: pulumi-kubernetes `provider.go` (`inputPatch`, `patchConverter`): a JSON merge patch (RFC 7386) between the
pruned live object and the new inputs, walked with both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.kubernetes.replacement import replaces
from localcloud.providers.model import DiffKind
from localcloud.providers.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.providers.kubernetes.objects import Object

    Path = tuple[str | int, ...]

_MISSING: Final = object()
_REPLACING: Final = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}


def equal(one: Any, other: Any) -> bool:
    """JSON equality: numbers by value, but a boolean is no number."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def merge_patch(old: Object, new: Object) -> Object:
    """The JSON merge patch from `old` to `new`; lists are replaced as a whole, null deletes."""
    patch: Object = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key, _MISSING)
        if isinstance(before, dict) and isinstance(value, dict):
            inner = merge_patch(before, value)
            if inner:
                patch[key] = inner
        elif before is _MISSING or not equal(before, value):
            patch[key] = value
    return patch


def property_path(path: Path) -> str:
    """A path as the engine writes it: `spec.ports[0].port`, `metadata.annotations["example.com/a"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(character in step for character in '."[]'):
            escaped = step.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{step}" if text else step
    return text


class Differ:
    """Walks a merge patch and collects what changed. `rules` are the paths that replace."""

    def __init__(self, rules: Sequence[str]) -> None:
        self._rules = rules
        self.changes: dict[str, DiffKind] = {}

    def map(self, path: Path, patch: Any, old: Any, new: Any, *, in_list: bool = False) -> None:
        """Compare the members of two maps. Inside a list the patch holds no deletions, so they are looked for."""
        for key, value in patch.items():
            self._value((*path, key), value, _get(old, key), _get(new, key), in_list=in_list)
        if in_list:
            for key, value in old.items():
                if key not in patch:
                    self._value((*path, key), None, value, _get(new, key), in_list=True)

    def _list(self, path: Path, patch: list[Any], old: list[Any], new: Any) -> None:
        wanted = new if isinstance(new, list) else []
        for index in range(max(len(patch), len(old))):
            value = patch[index] if index < len(patch) else None
            before = old[index] if index < len(old) else _MISSING
            after = wanted[index] if index < len(wanted) else None
            self._value((*path, index), value, before, after, in_list=True)

    def _value(self, path: Path, value: Any, old: Any, new: Any, *, in_list: bool) -> None:
        if new is _MISSING and (value is not None or old is _MISSING):
            return
        if value is UNKNOWN or (value is None and new is UNKNOWN):
            kind = DiffKind.ADD if old is _MISSING else DiffKind.UPDATE
        elif value is None:
            kind = DiffKind.DELETE
        elif old is _MISSING:
            kind = DiffKind.ADD
        elif isinstance(value, dict) and isinstance(old, dict):
            self.map(path, value, old, new, in_list=in_list)
            return
        elif isinstance(value, list) and isinstance(old, list):
            self._list(path, value, old, new)
            return
        elif equal(value, old):
            return  # the whole list is in the patch, this element did not change
        else:
            kind = DiffKind.UPDATE
        if replaces(path, value, self._rules):
            kind = _REPLACING[kind]
        self.changes[property_path(path)] = kind


def _get(container: Any, key: str) -> Any:
    return container.get(key, _MISSING) if isinstance(container, dict) else _MISSING


def compare(old: Object, new: Object, rules: Sequence[str]) -> dict[str, DiffKind]:
    """Every change from `old` to `new` by property path."""
    differ = Differ(rules)
    differ.map((), merge_patch(old, new), old, new)
    return differ.changes
