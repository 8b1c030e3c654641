"""Fixtures that more than one folder of tests uses live in tests/support, one module for one concept."""

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow, and that is no property of what is tested: what takes too long, pytest's own limit ends.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")
pytest.register_assert_rewrite("tests.support.lifecycle")
pytest_plugins = ["tests.support.controlplane"]
