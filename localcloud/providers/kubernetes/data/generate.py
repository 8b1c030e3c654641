"""Writes `types.json`: how Go spells the objects of Kubernetes' own API.

The official plugin reads a program's objects into Go's types and writes them out again, so that quantities get one
spelling, empty optional fields and unknown ones go. To do the same, a stand-in has to know each field's type and
whether it is left out when empty; the OpenAPI document of a server does not say the latter. Run with the folders of
`k8s.io/api` and `k8s.io/apimachinery` of the pinned release:

    python generate.py $(go list -m -f '{{.Dir}}' k8s.io/api) $(go list -m -f '{{.Dir}}' k8s.io/apimachinery)

The table: `kinds` maps `group/version/kind` to a struct; `structs` maps each struct to its fields, each a type and, if
it is left out when empty, a question mark. Types: s text, i integer, b boolean, f number, y bytes, q quantity, t time,
x integer or text, r anything, `[` list of, `{` map to, `*` pointer to, else the name of a struct.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_SKIPPED = re.compile(r"_test\.go$|^zz_|^generated\.|_docs?_")
_EMPTY = re.compile(r"^type (\w+) struct ?\{\s*\}", re.MULTILINE)
_NAMED = re.compile(r"^type (\w+) (?:= )?([\w.\[\]*]+)\s*(?://.*)?$", re.MULTILINE)
_FIELD = re.compile(r"^\s+(?:(\w+)\s+)?([\w.\[\]*]+)\s+`[^`]*json:\"([^\"]*)\"", re.MULTILINE)
_IMPORT = re.compile(r'^\s+(?:(\w+) )?"(k8s\.io/[\w./-]+)"', re.MULTILINE)
_SCALARS = {
    "string": "s", "bool": "b", "float64": "f", "float32": "f", "byte": "u", "uint8": "u", "rune": "i",
    "int": "i", "int8": "i", "int16": "i", "int32": "i", "int64": "i",
    "uint": "i", "uint16": "i", "uint32": "i", "uint64": "i",
}  # fmt: skip
_SPECIAL = {
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "q",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "x",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "r",
    "k8s.io/apimachinery/pkg/runtime.Object": "r",
    "k8s.io/apimachinery/pkg/runtime.Unknown": "r",
    "k8s.io/apimachinery/pkg/types.UID": "s",
    "k8s.io/apimachinery/pkg/types.NodeName": "s",
    "k8s.io/apimachinery/pkg/apis/meta/v1.Time": "t",
    "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime": "t",
    "k8s.io/apimachinery/pkg/apis/meta/v1.Duration": "s",
    "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1": "r",
}
_META = "k8s.io/apimachinery/pkg/apis/meta/v1"


class Package:
    """The types that one Go package declares."""

    def __init__(self, path: str, folder: Path) -> None:
        self.path, self.imports = path, {}
        self.structs: dict[str, str] = {}
        self.named: dict[str, str] = {}
        text = "\n".join(file.read_text() for file in sorted(folder.glob("*.go")) if not _SKIPPED.search(file.name))
        text = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
        for alias, target in _IMPORT.findall(text):
            self.imports[alias or target.rsplit("/", 1)[1]] = target
        self.structs = dict(_STRUCT.findall(text)) | dict.fromkeys(_EMPTY.findall(text), "")
        self.named = {name: kind for name, kind in _NAMED.findall(text) if kind != "struct"}


class Table:
    """Collects the structs that kinds reach."""

    def __init__(self, packages: dict[str, Package]) -> None:
        self._packages = packages
        self.structs: dict[str, dict[str, str]] = {}

    def kind(self, package: Package, go: str) -> str:
        """A Go type in the table's letters."""
        for prefix, letter in (("[]", "["), ("*", "*")):
            if go.startswith(prefix):
                inner = self.kind(package, go.removeprefix(prefix))
                return "y" if letter == "[" and inner == "u" else letter + inner
        if go.startswith("map["):
            return "{" + self.kind(package, go[go.index("]") + 1 :])
        if go in _SCALARS:
            return _SCALARS[go]
        where, name = package, go
        if "." in go:
            alias, name = go.split(".")
            path = package.imports[alias]
            if f"{path}.{name}" in _SPECIAL:
                return _SPECIAL[f"{path}.{name}"]
            where = self._packages[path]
        if f"{where.path}.{name}" in _SPECIAL:
            return _SPECIAL[f"{where.path}.{name}"]
        if name in where.named:
            return self.kind(where, where.named[name])
        return self.struct(where, name)

    def struct(self, package: Package, name: str) -> str:
        """Enter a struct, and return its name in the table."""
        own = f"{package.path.removeprefix('k8s.io/api/').removeprefix('k8s.io/apimachinery/pkg/apis/')}.{name}"
        if own not in self.structs:
            fields = self.structs[own] = {}
            for _, go, tag in _FIELD.findall(package.structs[name]):
                label, *options = tag.split(",")
                if label == "-":
                    continue
                kind = self.kind(package, go)
                if "inline" in options or not label:
                    fields.update(self.structs[kind.removeprefix("*")])
                else:
                    # omitempty leaves a struct in, omitzero does not; both are as if absent when pruned to the inputs
                    fields[label] = kind + ("?" if "omitempty" in options else "")
        return own


def main() -> None:
    """Read the modules given on the command line and write the table beside this file."""
    api, machinery = (Path(argument) for argument in sys.argv[1:3])
    packages = {_META: Package(_META, machinery / "pkg/apis/meta/v1")}
    groups: dict[str, tuple[str, str]] = {}
    for register in sorted(api.glob("*/*/register.go")):
        folder = register.parent
        path = f"k8s.io/api/{folder.relative_to(api)}"
        packages[path] = Package(path, folder)
        found = re.search(r'GroupName = "([^"]*)"', register.read_text())
        if found:
            groups[path] = (found[1], folder.name)
    packages[_META].imports |= {"types": "k8s.io/apimachinery/pkg/types", "runtime": "k8s.io/apimachinery/pkg/runtime"}
    table, kinds = Table(packages), {}
    for path, (group, version) in groups.items():
        for name, body in packages[path].structs.items():
            if "metav1.TypeMeta" in body and "metav1.ObjectMeta" in body:
                kinds[f"{group}/{version}/{name}"] = table.struct(packages[path], name)
    out = {"kinds": kinds, "structs": table.structs}
    text = json.dumps(out, sort_keys=True, separators=(",", ":"))
    # one struct a line: a change of release is then a diff that people can read
    text = text.replace('},"', '},\n"')
    (Path(__file__).parent / "types.json").write_text(text + "\n")
    sys.stdout.write(f"{len(kinds)} kinds, {len(table.structs)} structs, {len(text)} bytes\n")


if __name__ == "__main__":
    main()
