"""The life of `dev`, offline."""

import pytest

from tests.support.lifecycle import Lifecycle


@pytest.mark.live
class TestDev(Lifecycle):
    """All of it."""

    environment = "dev"
