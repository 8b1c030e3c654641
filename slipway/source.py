"""Reads one YAML file of the repository, remembering the line of every key, and refuses what cannot be one.

YAML is read by the 1.2 core schema, not by PyYAML's 1.1 default: `on` and `12:30` stay strings, as people mean them.
Anchors, aliases and tags are refused, and characters that nobody sees: a reader of a diff must see what a service is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 256 * 1024
"""A manifest or an environment is a page or two; a larger file is a mistake (bytes)."""

MAX_DEPTH: Final = 32
"""How deep blocks may nest: what people write is not a third as deep."""

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


_NULL, _BOOL, _INT, _FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))
_CORE: Final = (
    (_BOOL, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (_NULL, re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    (_INT, re.compile(r"^[-+]?[0-9]+$"), "-+0123456789"),
    (_FLOAT, re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"), "-+.0123456789"),
)
_MAX_DIGITS: Final = 18
"""Digits of the longest number that is read: more are no number that anything here counts."""
_BIDIRECTIONAL: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a reviewer read something else than the machine (CVE-2021-42574)."""


class _Loader(yaml.SafeLoader):
    """The 1.2 core schema: PyYAML's own resolvers are replaced, not extended."""

    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]


for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(_tag, _pattern, list(_first))  # pyright: ignore[reportUnknownMemberType]


def read(path: Path, root: Path) -> Document:
    """The document in `path`, which lies under the repository `root`.

    Raises Refused for a file that is too large, no UTF-8, no YAML, more than one document, no mapping, a duplicate
    key, an anchor, a tag, or a link that leads out of the repository.
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
        _refuse_indirection(text, file)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise Refused([_syntax(error, file)]) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # PyYAML lets chr() fail on an escape such as "\\UFFFFFFFF"
        raise Refused([_unreadable(text, file)]) from None
    if not isinstance(node, yaml.MappingNode):
        found = "is empty" if node is None else f"is a {_kind(node)}, not a mapping"
        raise Refused([Problem(file, 1, found, "write keys and values, each key on a line of its own")])
    reader = _Reader(file)
    value = reader.mapping(node, ())
    if reader.problems:
        raise Refused(reader.problems)
    return Document(file, value, reader.lines)


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark, said = error.problem_mark or error.context_mark, error.problem or error.context or "unreadable"
    line = mark.line + 1 if mark else 0
    if "another document" in said:
        return Problem(file, line, "holds more than one document", "one file holds one document")
    if "'\\t'" in said:
        return Problem(file, line, "is indented by a tab, which YAML does not take", "use spaces")
    begun = error.context_mark.line + 1 if error.context_mark else line
    where = f", in what begins in line {begun}" if begun != line else ""
    return Problem(
        file, line, f"is no valid YAML: {said}{where}", "check indentation, quotes, brackets and colons here"
    )


def _unreadable(text: str, file: str) -> Problem:
    """PyYAML refuses some characters before it reads any line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if bad := _invisible(line.rstrip("\r")):
            return Problem(file, number, f"holds a character that nobody sees (U+{ord(bad):04X})", "remove it")
    return Problem(file, 0, "holds a character that YAML does not allow", "save it as plain text")


def _invisible(text: str) -> str:
    """The first character of `text` that cannot be shown, or shows text in another order than it is read."""
    for character in text:
        kind = unicodedata.category(character)
        if character in _BIDIRECTIONAL or kind == "Cs" or (kind == "Cc" and character not in "\t\n"):
            return character
    return ""


def _refuse_indirection(text: str, file: str) -> None:
    """Anchors, aliases and tags, each of which says something elsewhere; also nesting that no reader could follow."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):  # pyright: ignore[reportUnknownMemberType]
        line = event.start_mark.line + 1 if event.start_mark else 0
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise Refused([Problem(file, line, f"nests deeper than {MAX_DEPTH} levels", "write it flatter")])
        if anchor := getattr(event, "anchor", None):
            what = f"uses the YAML anchor or alias `{anchor}`"
            raise Refused([Problem(file, line, what, "write the value out where it is used")])
        if tag := getattr(event, "tag", None):
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            raise Refused([Problem(file, line, f"uses the YAML tag `{shown}`", "write the plain value without it")])


def _kind(node: yaml.Node) -> str:
    return "list" if isinstance(node, yaml.SequenceNode) else "single value"


class _Reader:
    """Makes values of nodes. Keys are always text: that is what they are in every schema here."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)  # pyright: ignore[reportOptionalMemberAccess]
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.lines.setdefault(path, node.start_mark.line + 1)  # pyright: ignore[reportOptionalMemberAccess]
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(line, "has a key that is no plain word", "use a word as the key")
                continue
            name = str(key.value)
            if bad := _invisible(name):
                self._wrong(line, f"has a key with a character that nobody sees (U+{ord(bad):04X})", "remove it")
            if name in found:
                what = f"has the key `{name}` twice (first in line {self.lines[*path, name]})"
                self._wrong(line, what, "keep one of the two")
            else:
                self.lines[*path, name] = line
            found[name] = self.value(item, (*path, name))
        return found

    def _scalar(self, node: yaml.Node) -> Any:
        text, line = str(node.value), node.start_mark.line + 1  # pyright: ignore[reportOptionalMemberAccess]
        if node.tag == _NULL:
            return None
        if node.tag == _BOOL:
            return text.lower() == "true"
        if node.tag in {_INT, _FLOAT}:
            if len(text) > _MAX_DIGITS:
                self._wrong(line, f"has a number of {len(text)} digits", "put it in quotes if it is meant as text")
                return 0
            return int(text) if node.tag == _INT else float(text)
        if bad := _invisible(text):
            self._wrong(line, f"holds a character that nobody sees (U+{ord(bad):04X})", "remove it")
        return text

    def _wrong(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(Problem(self._file, line, what, remedy))
