"""The reference pages say what the schema says."""

from __future__ import annotations

import difflib
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from slipway.schema.environment import Environment
from slipway.schema.manifest import Service

ROOT = Path(__file__).parents[2]


def tool() -> Any:
    """`tools/reference.py`, which is a script and no module of a package."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = tool()
PAGES: dict[str, str] = REFERENCE.pages()


@pytest.mark.parametrize("name", PAGES)
def test_what_is_committed_is_what_the_schema_says(name: str) -> None:
    path = REFERENCE.FOLDER / name
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    if committed != PAGES[name]:
        lines = difflib.unified_diff(
            committed.splitlines(), PAGES[name].splitlines(), f"docs/reference/{name}", "slipway/schema", lineterm=""
        )
        pytest.fail(
            "\n".join([*lines, "", "Write it anew: make reference   (or: python tools/reference.py)"]), pytrace=False
        )


@pytest.mark.parametrize(("name", "model"), [("environment.md", Environment), ("manifest.md", Service)])
def test_every_key_is_there_with_a_description(name: str, model: Any) -> None:
    sections = list(REFERENCE._blocks(model, ""))
    assert len(sections) > 5
    for path, block in [("", model), *sections]:
        section = PAGES[name].split(f"## `{path}`")[-1] if path else PAGES[name]
        for key, field in block.model_fields.items():
            assert field.description, f"{path}.{key} has no description"
            assert f"| `{field.alias or key}` |" in section.split("\n## ")[0 if path else 1]


def test_no_pattern_is_shown_to_people() -> None:
    assert not any(sign in page for page in PAGES.values() for sign in ("^", "[a-z]", "(?:", "Annotated", "<class"))
