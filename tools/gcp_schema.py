"""Write the schema files of the gcp stand-in: `python tools/gcp_schema.py TYPE... --source gcp-schema.json`.

The source holds what the upstream Terraform provider declares for each resource type (type, required, optional,
computed, force_new, conflicts_with, exactly_one_of, max_items). Pulumi's names and what it flattens come from the
installed `pulumi_gcp` SDK, so irregular plurals are the SDK's own and never guessed. One file a type goes to
`localcloud/providers/gcp/schema/`; without types, the ones that are there are written again.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parent.parent / "localcloud/providers/gcp/schema"
#: Terraform names that the bridge renames altogether (pulumi-gcp `provider/labels.go`).
RENAMED: Final = {"terraform_labels": "pulumi_labels"}
FLAGS: Final = ("required", "optional", "computed", "force_new", "sensitive")


class SchemaError(Exception):
    """A field of the source that the SDK does not know, or the reverse, without a match."""


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("types", nargs="*", metavar="TYPE", help="Pulumi type token; default: those written before")
    parser.add_argument("--source", type=Path, required=True, metavar="PATH", help="the gcp-schema.json of facts")
    options = parser.parse_args(arguments)
    source = json.loads(options.source.read_text(encoding="utf-8"))
    known = [json.loads(path.read_text(encoding="utf-8"))["token"] for path in sorted(TARGET.glob("*.json"))]
    for token in options.types or known:
        if token not in source:
            near = difflib.get_close_matches(token, source, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            sys.stderr.write(f"{options.source}: no type {token}{hint}\n")
            return 1
        path = TARGET / file_name(token)
        text = json.dumps(convert(token, source[token], options.source.name), indent=1, sort_keys=True)
        path.write_text(text + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}\n")
    return 0


def file_name(token: str) -> str:
    """`gcp:compute/network:Network` -> `compute.network.json`."""
    return token.split(":")[1].replace("/", ".") + ".json"


def convert(token: str, declared: dict[str, Any], source: str) -> dict[str, Any]:
    """One type's file: the fields keyed by Pulumi's names, with its source."""
    _, path, name = token.split(":")
    module_path, file = path.split("/")
    module_name = f"pulumi_gcp.{module_path}.{snake(file)}"
    module = importlib.import_module(module_name)
    version = importlib.import_module("importlib.metadata").version("pulumi-gcp")
    state, args = getattr(module, f"_{name}State"), getattr(module, f"{name}Args")
    names = _Names(token)
    fields = _fields(declared["fields"], state, names, ())
    for field in fields.values():
        field.update(_paths(field, names))
    _translate_nested(fields, names)
    inputs = set(_properties(args).values())
    outputs = set(_properties(state).values())
    terraform = declared["terraform"]
    return {
        "token": token,
        "terraform": terraform,
        "source": f"terraform-provider-google, schema of {terraform} ({source}); names of pulumi_gcp {version}",
        "fields": fields,
        "unsourced": sorted((inputs | outputs) - set(fields)),
    }


class _Names:
    """Where each Terraform path of a type went, for the paths in conflicts_with and exactly_one_of."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.paths: dict[str, str] = {}

    def translate(self, path: str) -> str:
        plain = re.sub(r"\.0\b", "", path)
        return self.paths.get(plain, plain)


def _fields(
    declared: dict[str, Any], holder: type, names: _Names, parents: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    properties = _properties(holder)
    types = _types(holder)
    result: dict[str, Any] = {}
    for terraform, facts in declared.items():
        attribute = _match(terraform, properties, names.token)
        pulumi = properties[attribute]
        trail = (*parents, (terraform, pulumi))
        names.paths[".".join(t for t, _ in trail)] = ".".join(p for _, p in trail)
        result[pulumi] = _field(facts, terraform, types.get(pulumi), names, trail)
    return result


def _field(
    facts: dict[str, Any], terraform: str, held: Any, names: _Names, trail: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    kind = facts["type"].removeprefix("Type").lower()
    field: dict[str, Any] = {"terraform": terraform, "type": kind}
    field.update({flag: True for flag in FLAGS if facts.get(flag)})
    if facts.get("default") is not None:
        field["default"] = facts["default"]
    for key in ("conflicts_with", "exactly_one_of", "required_with", "min_items"):
        if key in facts:
            field[key] = facts[key]
    element = _element_class(held)
    flat = kind in {"list", "set"} and facts.get("max_items") == 1 and not _is_list(held)
    if "elem" in facts:
        field["fields"] = _fields(facts["elem"], element, names, trail) if element else {}
    elif kind in {"list", "set", "map"}:
        field["element"] = facts.get("elem_type", "TypeString").removeprefix("Type").lower()
    if flat:
        field["type"] = "object" if "fields" in field or element else field.get("element", "object")
        if field["type"] != "object":
            field.pop("element", None)
        field.setdefault("fields", {}) if field["type"] == "object" else None
    elif "max_items" in facts:
        field["max_items"] = facts["max_items"]
    return field


def _paths(field: dict[str, Any], names: _Names) -> dict[str, Any]:
    keys = ("conflicts_with", "exactly_one_of", "required_with")
    return {key: [names.translate(path) for path in field[key]] for key in keys if key in field}


def _translate_nested(fields: dict[str, Any], names: _Names) -> None:
    for field in fields.values():
        for inner in field.get("fields", {}).values():
            inner.update(_paths(inner, names))
        _translate_nested(field.get("fields", {}), names)


def _match(terraform: str, properties: dict[str, str], where: str) -> str:
    wanted = RENAMED.get(terraform, terraform)
    plurals = [wanted, f"{wanted}s", f"{wanted}es", re.sub(r"y$", "ies", wanted), wanted.removesuffix("s")]
    for name in plurals:
        if name in properties:
            return name
    joined = {name.replace("_", ""): name for name in properties}
    for name in plurals:
        if name.replace("_", "") in joined:
            return joined[name.replace("_", "")]
    near = difflib.get_close_matches(wanted, properties, 3)
    raise SchemaError(f"{where}: the SDK has no property {wanted}; near: {near}")


def _properties(holder: type) -> dict[str, str]:
    """Python name -> Pulumi name of an args class of the SDK."""
    from pulumi import _types  # noqa: PLC0415 - the import costs half a second

    return {python: pulumi for python, pulumi, _ in _types._py_properties(holder)}  # noqa: SLF001 - no public way


def _types(holder: type) -> dict[str, Any]:
    from pulumi import _types  # noqa: PLC0415

    return _types.input_type_types(holder)


def _is_list(held: Any) -> bool:
    return any(word in repr(held) for word in ("Sequence", "list["))


def _element_class(held: Any) -> Any:
    if isinstance(held, type) and hasattr(held, "_pulumi_input_type"):
        return held
    for argument in getattr(held, "__args__", ()):
        found = _element_class(argument)
        if found is not None:
            return found
    return None


def snake(name: str) -> str:
    """`routerNat` -> `router_nat`, `iAMCustomRole` -> `iam_custom_role`."""
    name = name.replace("iAM", "iam").replace("IAM", "Iam")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


if __name__ == "__main__":
    sys.exit(main())
