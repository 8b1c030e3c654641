from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.gcp import Cloud, write_cluster

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """An empty cloud beside an external cluster, so that no node is made."""
    write_cluster(tmp_path)
    return Cloud(tmp_path)
