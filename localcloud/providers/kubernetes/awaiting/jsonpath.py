"""The JSONPath of `kubectl get -o jsonpath` and `kubectl wait`, as far as a condition needs it.

Source: Kubernetes documentation, "JSONPath Support". Fields, `["a.b"]`, indices, `[*]`, `..` and filters with
`==`, `!=`, `<`, `<=`, `>`, `>=`. A relaxed form without braces and quotes for a shell are refused, as the plugin does
(pulumi-kubernetes `provider/pkg/jsonpath/jsonpath.go`).
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP = re.compile(
    r"""\.\.(?P<deep>[^.\[\]]+)
      | \.(?P<field>(?:\\.|[^.\[\]\\])+)
      | \[\s*(?P<index>-?\d+)\s*\]
      | \[\s*(?P<every>\*)\s*\]
      | \[\s*(?P<quote>['"])(?P<name>.*?)(?P=quote)\s*\]
      | \[\?\(\s*@(?P<left>[^=!<>]*?)\s*(?:(?P<operator>==|!=|<=|>=|<|>)\s*(?P<right>.*?))?\s*\)\]""",
    re.VERBOSE,
)
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Expression:
    """`jsonpath={PATH}` or `jsonpath={PATH}=VALUE`."""

    text: str
    steps: tuple[re.Match[str], ...]
    wanted: str | None

    def values(self, obj: Any) -> list[Any]:
        """What the path finds in `obj`."""
        return _walk([obj], self.steps)

    def holds(self, obj: Any) -> bool:
        """Whether the first that the path finds is a scalar of the wanted value; with none wanted, anything at all."""
        found = self.values(obj)
        if self.wanted is None:
            return bool(found)
        return bool(found) and not isinstance(found[0], (dict, list)) and _text(found[0]) == self.wanted


def parse(text: str) -> Expression:
    """Read `jsonpath=...`. Raises ProviderError that names what is wrong."""
    body = text.removeprefix("jsonpath=")
    if body.startswith(("'", '"')):
        raise ProviderError(f"{text!r}: leave out the quotes, which are for a shell")
    end = body.rfind("}")
    if not body.startswith("{") or end < 0:
        raise ProviderError(f"{text!r}: a JSONPath stands in braces, such as jsonpath={{.status.phase}}=Running")
    rest = body[end + 1 :]
    if rest and not rest.startswith("="):
        raise ProviderError(f"{text!r}: after the braces comes =VALUE or nothing")
    wanted = rest[1:] if rest else None
    if wanted == "":
        raise ProviderError(f"{text!r}: the value after = is empty")
    if wanted is not None and "=" in wanted:
        raise ProviderError(f"{text!r}: the value after = holds another =")
    return Expression(text, _steps(body[1:end].strip(), text), wanted)


def _steps(path: str, text: str) -> tuple[re.Match[str], ...]:
    path = path.removeprefix("$")
    if path and path[0] not in ".[":
        path = f".{path}"
    steps: list[re.Match[str]] = []
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise ProviderError(f"{text!r}: no JSONPath that is understood at {path[position:]!r}")
        steps.append(step)
        position = step.end()
    return tuple(steps)


def _walk(values: list[Any], steps: tuple[re.Match[str], ...]) -> list[Any]:
    for step in steps:
        values = [found for value in values for found in _take(value, step)]
    return values


def _take(value: Any, step: re.Match[str]) -> list[Any]:
    field = step["field"].replace("\\", "") if step["field"] else step["name"]
    if step["deep"]:
        return _deep(value, step["deep"])
    if field == "*" or step["every"]:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if field is not None:
        return [value[field]] if isinstance(value, dict) and field in value else []
    if step["index"]:
        index = int(step["index"])
        return [value[index]] if isinstance(value, list) and -len(value) <= index < len(value) else []
    return [item for item in value if _passes(item, step)] if isinstance(value, list) else []


def _deep(value: Any, name: str) -> list[Any]:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    own = [value[name]] if isinstance(value, dict) and name in value else []
    return own + [found for child in children for found in _deep(child, name)]


def _passes(item: Any, step: re.Match[str]) -> bool:
    left = _walk([item], _steps(step["left"].strip(), step.string))
    if step["operator"] is None:
        return bool(left)
    if not left:
        return False
    right = _literal(step["right"].strip(), item)
    one = left[0]
    if isinstance(one, bool) != isinstance(right, bool) or isinstance(one, str) != isinstance(right, str):
        one, right = _text(one), _text(right)
    try:
        return _OPERATORS[step["operator"]](one, right)
    except TypeError:
        return False


def _literal(text: str, item: Any) -> Any:
    if text.startswith("@"):
        found = _walk([item], _steps(text[1:], text))
        return found[0] if found else None
    if text[:1] in {'"', "'"}:
        return text[1:-1]
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
