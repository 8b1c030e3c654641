"""In what the answer to a smoke test differs from what it must be. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from slipway.schema.smoke import RULE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.schema.smoke import Smoke

_PYTHON: Final[dict[str, tuple[type, ...]]] = {
    "number": (int, float),
    "text": (str,),
    "boolean": (bool,),
    "list": (list,),
    "mapping": (dict,),
}
_SHOWN: Final = 120


def difference(smoke: Smoke, status: int, body: bytes) -> str:
    """In what an answer is not what it must be; empty when it is."""
    if status != smoke.expect.status:
        said = f": {_cut(body.decode(errors='replace'))}" if body else ""
        return f"status is {status}, not {smoke.expect.status}{said}"
    if smoke.expect.json_ is None:
        return ""
    try:
        answer = json.loads(body)
    except ValueError:
        return f"the answer is no JSON: {_cut(body.decode(errors='replace')) or '(empty)'}"
    return "; ".join(_differences("$", smoke.expect.json_, answer))


def _differences(path: str, wanted: Any, found: Any) -> Iterator[str]:
    if isinstance(wanted, dict):
        block = cast("dict[str, Any]", wanted)
        yield from (_ranged if block and block.keys() <= RULE else _mapping)(path, block, found)
    elif isinstance(wanted, list):
        yield from _list(path, cast("list[Any]", wanted), found)
    elif wanted is not None and (wanted != found or isinstance(wanted, bool) != isinstance(found, bool)):
        yield f"{path} is {_shown(found)}, not {_shown(wanted)}"


def _mapping(path: str, wanted: dict[str, Any], found: Any) -> Iterator[str]:
    if not isinstance(found, dict):
        yield f"{path} is {_shown(found)}, not a mapping"
        return
    answer = cast("dict[str, Any]", found)
    for key, below in wanted.items():
        if key in answer:
            yield from _differences(f"{path}.{key}", below, answer[key])
        else:
            yield f"{path}.{key} is missing"


def _list(path: str, wanted: list[Any], found: Any) -> Iterator[str]:
    if not isinstance(found, list):
        yield f"{path} is {_shown(found)}, not a list"
    elif len(answers := cast("list[Any]", found)) != len(wanted):
        yield f"{path} has {len(answers)} items, not {len(wanted)}"
    else:
        for index, below in enumerate(wanted):
            yield from _differences(f"{path}[{index}]", below, answers[index])


def _ranged(path: str, rule: dict[str, Any], found: Any) -> Iterator[str]:
    kind = rule.get("type", "number")
    if not isinstance(found, _PYTHON[kind]) or (isinstance(found, bool) and kind != "boolean"):
        yield f"{path} is {_shown(found)}, not a {kind}"
        return
    if "min" in rule and not found >= rule["min"]:
        yield f"{path} is {_shown(found)}, below {rule['min']}"
    if "max" in rule and not found <= rule["max"]:
        yield f"{path} is {_shown(found)}, above {rule['max']}"


def _shown(value: Any) -> str:
    return _cut(json.dumps(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
