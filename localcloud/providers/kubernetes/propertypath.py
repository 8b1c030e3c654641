"""Property paths as `ignoreChanges` spells them (pulumi/pulumi, `sdk/go/common/resource/property_path.go`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence

Step = str | int
_TOKEN = re.compile(r'\.?(?P<name>[^.\[\]"]+)|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|\[(?P<any>\*)\]')


def parse(text: str) -> tuple[Step, ...]:
    """`a.b[0]["c.d"]` as its steps; `*` stays a wildcard. Raises ProviderError."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ProviderError(f"failed to parse ignore path {text!r} at {text[position:]!r}")
        if token["index"] is not None:
            steps.append(int(token["index"]))
        elif token["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", token["quoted"]))
        else:
            steps.append(token["any"] or token["name"])
        position = token.end()
    return tuple(steps)


def contains(outer: Sequence[Step], inner: Sequence[Step]) -> bool:
    """Whether `inner` is `outer` or lies below it; `*` matches any step."""
    return len(outer) <= len(inner) and all(a in ("*", b) for a, b in zip(outer, inner, strict=False))
