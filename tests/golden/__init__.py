"""The inventories of all environments as reviewed text. `python -m tests.golden` writes them anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from slipway import repository
from slipway.desired import desired
from slipway.engine.inventory import inventory

if TYPE_CHECKING:
    from slipway.engine.recorder import Declared

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "tests" / "golden"
_LARGE: Final = 4000
"""Characters of JSON above which an input is shown by its digest: the schemas of the Rollouts definitions."""
_LINES = 20
"""Lines of a text above which it is a program."""


def names() -> list[str]:
    """The environments of this repository; of a template, that of its branch `.../x`."""
    return sorted(repository.load(ROOT).names)


def golden(name: str) -> str:
    """What environment `name` declares, as the text of its golden file."""
    wanted = desired(repository.load(ROOT), name)
    return text(name, inventory(ROOT, wanted))


def text(name: str, resources: list[Declared]) -> str:
    """Resources as YAML: by stack and URN, inputs sorted, so that a difference is one of what is declared."""
    stacks: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        stacks.setdefault(resource.stack, []).append(_entry(resource))
    head = f"# What environment `{name}` declares. Written by `make golden`; review every difference.\n"
    return head + yaml.dump(stacks, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)


def _entry(resource: Declared) -> dict[str, Any]:
    """One resource. Left out is what goes without saying: nothing protects it, and its parent is the stack."""
    entry: dict[str, Any] = {"urn": resource.urn, "type": resource.type}
    if not resource.parent.endswith(f"::slipway-{resource.stack}"):
        entry["parent"] = resource.parent
    if resource.provider:
        entry["provider"] = resource.provider
    if resource.protect:
        entry["protect"] = True
    if resource.inputs:
        entry["inputs"] = {key: _brief(resource.inputs[key]) for key in sorted(resource.inputs)}
    return entry


def _brief(value: Any) -> Any:
    """Keys sorted; what nobody reads in a review is shown by its digest."""
    encoded = json.dumps(_shortened(value), sort_keys=True)
    if len(encoded) > _LARGE:
        return f"<{len(encoded)} characters of JSON, sha256:{hashlib.sha256(encoded.encode()).hexdigest()}>"
    return json.loads(encoded)


def _shortened(value: Any) -> Any:
    """Programs in a container's command by their digest: they are reviewed where they stand."""
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if isinstance(value, str) and value.count("\n") > _LINES:
        return f"<{value.count(chr(10))} lines, sha256:{hashlib.sha256(value.encode()).hexdigest()}>"
    return value


class _Dumper(yaml.SafeDumper):
    """Block style, and lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - PyYAML's
        del indentless
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def write() -> None:
    """Write every golden file anew."""
    for name in names():
        (FOLDER / f"{name}.yaml").write_text(golden(name), encoding="utf-8")
