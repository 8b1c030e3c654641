"""What a small repository's stacks declare, recorded without an engine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from slipway.engine.recorder import Declared, record
from slipway.engine.workspace import program
from tests.support.repositories import Clone, make

if TYPE_CHECKING:
    from collections.abc import Callable

Declare = "Callable[[str], dict[str, Declared]]"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = make(tmp_path / "clone")
    shutil.copy(Path(__file__).parents[2] / "__main__.py", made.root)
    return made


@pytest.fixture
def declared(clone: Clone) -> Callable[[str], dict[str, Declared]]:
    """The resources of a stack, by name."""
    return lambda stack: {item.name: item for item in record(stack, program(clone.root))}


@pytest.fixture
def inputs(declared: Callable[[str], dict[str, Declared]]) -> Callable[[str, str], dict[str, Any]]:
    """The inputs of one resource of a stack."""
    return lambda stack, name: declared(stack)[name].inputs
