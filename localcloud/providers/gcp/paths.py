"""Property paths, as Pulumi writes them (`nodeConfig.taints[0].key`), and lookups by them."""

from __future__ import annotations

import re
from typing import Any, Final

from localcloud.providers.values import Secret

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def join(path: str, step: str | int) -> str:
    """`path` with one more property or index."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not _PLAIN.fullmatch(step):
        return f'{path}["{step}"]'
    return f"{path}.{step}" if path else step


def lookup(values: Any, path: str) -> Any:
    """The value at a dotted path, None where there is none; a list on the way stands for its first element."""
    for step in path.split("."):
        if isinstance(values, Secret):
            values = values.value
        if isinstance(values, list):
            values = values[0] if values else None
        if not isinstance(values, dict):
            return None
        values = values.get(step)
    return values


def covers(pattern: str, path: str) -> bool:
    """Whether `path` is `pattern` or below it; `*` in a pattern stands for one step (ignoreChanges)."""
    wanted, actual = _steps(pattern), _steps(path)
    return len(wanted) <= len(actual) and all(want in {"*", have} for want, have in zip(wanted, actual, strict=False))


def _steps(path: str) -> list[str]:
    return [quoted or plain for quoted, plain in re.findall(r'\["([^"]*)"\]|([^.\[\]]+)', path)]
