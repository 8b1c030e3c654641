"""The life of `staging`, offline."""

import pytest

from tests.support.lifecycle import Lifecycle


@pytest.mark.live
class TestStaging(Lifecycle):
    """All of it."""

    environment = "staging"
