"""Reads one YAML file of the repository, remembering the line of every key, and refuses what cannot be one.

YAML is read by the 1.2 core schema, not by PyYAML's 1.1 default: `on` and `12:30` stay strings, as people mean them.
Anchors and aliases are refused: a reader of a diff must see what a service is without following references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 256 * 1024
"""A manifest or an environment is a page or two; a larger file is a mistake (bytes)."""

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """One YAML mapping: its file as people name it (relative to the repository), its value, and its lines."""

    file: str
    value: dict[str, Any]
    lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int])

    def line(self, path: KeyPath) -> int:
        """The line of the deepest part of `path` that exists in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: KeyPath, what: str, remedy: str = "") -> Problem:
        """A problem at `path`."""
        return Problem(self.file, self.line(path), what, remedy)


_CORE: Final = (
    ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    ("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
        "-+.0123456789",
    ),
)


class _Loader(yaml.SafeLoader):
    """The 1.2 core schema: PyYAML's own resolvers are replaced, not extended."""

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]


for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))  # type: ignore[arg-type]


def read(path: Path, root: Path) -> Document:
    """The document in `path`, which lies under the repository `root`.

    Raises Refused for a file that is too large, no UTF-8, no YAML, more than one document, no mapping, a duplicate
    key, an anchor, or a link that leads out of the repository.
    """
    file = path.relative_to(root).as_posix()
    if not path.resolve().is_relative_to(root.resolve()):
        raise Refused([Problem(file, 0, "is a link that leads out of the repository", "put the file itself here")])
    size = path.stat().st_size
    if size > MAX_BYTES:
        what = f"is {size / 1e6:.1f} MB large, and at most {MAX_BYTES // 1024} KiB are read"
        raise Refused([Problem(file, 0, what, "is this a YAML file of this repository? split or remove it")])
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        remedy = "save it as UTF-8 text"
        raise Refused([Problem(file, 0, f"is no UTF-8 text (byte {error.start})", remedy)]) from None
    return parse(text, file)


def parse(text: str, file: str) -> Document:
    """The document in `text`; raises Refused as `read` does."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        _refuse_aliases(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        what = f"is no valid YAML: {error.problem or error.context}"
        if "single document" in (error.context or "") or "another document" in (error.problem or ""):
            raise Refused(
                [Problem(file, line, "holds more than one document", "one file holds one document")]
            ) from None
        raise Refused([Problem(file, line, what, "check indentation, quotes and colons here")]) from None
    except yaml.YAMLError as error:
        remedy = "save it as plain text"
        raise Refused([Problem(file, 0, f"is no valid YAML: {str(error).splitlines()[0]}", remedy)]) from None
    if not isinstance(node, yaml.MappingNode):
        found = {yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value"}.get(type(node), "empty")
        raise Refused([Problem(file, 1, f"is no mapping but {found}", "start with a key, such as `kind: Service`")])
    lines: dict[KeyPath, int] = {}
    problems: list[Problem] = []
    _walk(node, (), lines, problems, file)
    if problems:
        raise Refused(problems)
    return Document(file, loader.construct_document(node), lines)


def _refuse_aliases(text: str, file: str) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            line = event.start_mark.line + 1
            what = f"uses the YAML anchor or alias `{anchor}`"
            raise Refused([Problem(file, line, what, "write the value out where it is used")])


def _walk(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], problems: list[Problem], file: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, problems, file)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                problems.append(Problem(file, line, "has a key that is no plain word", "use a word as the key"))
                continue
            name = key.value
            if name in seen:
                what = f"has the key `{name}` twice (first in line {seen[name]})"
                problems.append(Problem(file, line, what, "keep one of the two"))
            seen[name] = line
            lines[*path, name] = line
            _walk(item, (*path, name), lines, problems, file)
