"""The life of `production`, offline."""

import pytest

from tests.support.lifecycle import Lifecycle


@pytest.mark.live
class TestProduction(Lifecycle):
    """All of it."""

    environment = "production"
