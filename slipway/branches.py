"""Branch environments: which environment a branch has that matches a template, and the template made that branch's own.

A name is a pure function of branch and pattern: no counter, nothing random, nothing that has to be remembered. A plain
branch keeps its words (`feature/x` -> `feature-x`), and its name leads back to it. Every other one (capitals, more
slashes, too long) is shortened and ends in six digits of a hash of the branch, and so does a plain one that looks as if
it had such digits. So two plain branches never share a name, a plain and another one neither, and two others only when
24 bits of SHA-256 agree by chance.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from slipway.schema.environment import Environment

MAX_NAME: Final = 24
"""Characters of an environment's name; see `slipway.repository`."""
_DIGITS: Final = 6
_HASHED: Final = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}$")
_MAX_PREFIX: Final = 12
"""Characters of a pattern's own part in names: what is left has to tell branches apart."""
MAX_CLUSTER: Final = 40 - MAX_NAME - 1
"""Characters of a template's cluster: GKE takes 40 for ENVIRONMENT-CLUSTER (GKE API reference, "Cluster", name)."""


def shortened(text: str, most: int) -> str:
    """`text` itself, or its beginning and six digits of its hash where it has more than `most` characters."""
    if len(text) <= most:
        return text
    return f"{text[: most - _DIGITS - 1].rstrip('-')}-{_digits(text)}"


def prefix(pattern: str) -> str:
    """What the names of all environments of `pattern` begin with, the dash included: `feature/*` -> `feature-`."""
    return f"{_words(pattern)}-"


def checked_pattern(pattern: str) -> str:
    """`pattern`, if names can be made of it. Raises ValueError with `what; what would be right`."""
    words = _words(pattern)
    if not words[:1].isalpha():
        raise ValueError(f"`{pattern}` makes names such as `{words}-x`; begin the pattern with a letter")
    if len(words) > _MAX_PREFIX:
        what = f"`{pattern}` takes {len(words)} of the {MAX_NAME} characters of an environment's name"
        raise ValueError(f"{what}; shorten it to {_MAX_PREFIX}")
    return pattern


def matches(branch: str, pattern: str) -> bool:
    """Whether `branch` has an environment by `pattern`."""
    return branch.startswith(pattern[:-1]) and len(branch) >= len(pattern)


def name_of(branch: str, pattern: str) -> str:
    """The name of the environment of `branch`, which has to match `pattern`."""
    name = _words(branch)
    if len(name) <= MAX_NAME and not _HASHED.search(name) and _plain(name, pattern) == branch:
        return name
    return f"{name[: MAX_NAME - _DIGITS - 1].rstrip('-')}-{_digits(branch)}"


def branch_of(name: str, pattern: str) -> str | None:
    """The branch of the environment `name`; None where only a hash of it is in the name."""
    return None if _HASHED.search(name) else _plain(name, pattern)


def makes(name: str, pattern: str) -> bool:
    """Whether `name` is the name of an environment of some branch that matches `pattern`."""
    begins = prefix(pattern)
    if not name.startswith(begins) or len(name) > MAX_NAME or _words(name) != name or name == begins:
        return False
    branch = branch_of(name, pattern)
    return branch is None or name_of(branch, pattern) == name


def by_name(branches: Iterable[str], pattern: str) -> Mapping[str, list[str]]:
    """Those of `branches` that match, by the name of their environment."""
    found: dict[str, list[str]] = {}
    for branch in branches:
        if matches(branch, pattern):
            found.setdefault(name_of(branch, pattern), []).append(branch)
    return found


def instance(name: str, template: Environment) -> Environment:
    """The environment `name` of a template: its branch where the name tells it, and hosts below a domain of its own.

    `template` stays: by it `contract` gives names that do not clash with those of the project's other environments.
    """
    pattern = template.template.branches if template.template else ""
    gateway = template.gateway
    if gateway:
        gateway = gateway.model_copy(update={"domain": f"{name}.{gateway.domain}"})
    return template.model_copy(update={"branch": branch_of(name, pattern), "gateway": gateway})


def _words(text: str) -> str:
    """Lower-case letters and digits, with one dash between words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _plain(name: str, pattern: str) -> str:
    return pattern[:-1] + name.removeprefix(prefix(pattern))


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]
