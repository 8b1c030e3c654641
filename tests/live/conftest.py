"""One clone for each module of stories: its tests are steps that build on each other, in the order of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.environment import Clone, temporary_clone

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Generator[Clone]:
    """A clone in which nothing has run yet."""
    with temporary_clone(tmp_path_factory.mktemp("story")) as made:
        yield made


@pytest.fixture(scope="module")
def deployed(clone: Clone) -> Clone:
    """The clone after a first `slipway up local`."""
    clone.slipway("up", "local", "--quiet")
    return clone
