"""How resources name each other: full links, relative names, ids or bare names, all of the same thing.

Source: terraform-provider-google `tpgresource/self_link_helpers.go` and `field_helpers.go`: a link with a host, a
relative link and, where project and region are known, a bare name are the same reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

COMPUTE: Final = "https://www.googleapis.com/compute/v1/"
CONTAINER: Final = "https://container.googleapis.com/v1/"
STORAGE: Final = "https://www.googleapis.com/storage/v1/b/"

_HOST: Final = re.compile(r"^(https?:)?//[^/]+/(compute/)?(v1|beta|v1beta1)/")


def relative(link: str) -> str:
    """`projects/...` of a link, the link itself when it has no host."""
    return _HOST.sub("", link)


def last(link: str) -> str:
    """The last part: the resource's own name."""
    return link.rstrip("/").rsplit("/", 1)[-1]


def same(first: str, second: str) -> bool:
    """Whether two references can be of the same resource: by relative link, or by name when one is only a name."""
    if "/" in first and "/" in second:
        return relative(first) == relative(second)
    return last(first) == last(second)


@dataclass(frozen=True)
class Reference:
    """A field that names another resource: of type `token`, found by expanding `template`.

    `template` is the target's id form, such as `projects/{project}/global/networks/{name}`. `prefix` is what the
    API puts before the relative link in its answers; where it has no prefix, `full` says whether it answers with the
    relative link or with what was given. `external` are values that need no record of ours.
    """

    token: str
    template: str
    prefix: str = ""
    full: bool = False
    external: frozenset[str] = frozenset()

    def identity(self, value: str, known: dict[str, str]) -> str:
        """The target's id; `known` has project, region, location. Raises ValueError for another form."""
        plain = relative(value)
        if "/" not in plain:
            return self.template.format(**{"project": "", "region": "", "location": "", **known, "name": plain})
        if parse(self.template, plain) is None:
            raise ValueError(f"{value!r} does not match {self.template}")
        return plain


def parse(template: str, identity: str) -> dict[str, str] | None:
    """The parts of an id by its template, None when it is of another form. `{name}` at the end may hold slashes."""
    pattern = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    pattern = re.sub(r"\{(\w+)\}$", r"(?P<\1>.+)", pattern)
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern)
    match = re.fullmatch(pattern, identity)
    return match.groupdict() if match else None
