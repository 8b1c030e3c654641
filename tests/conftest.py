"""Fixtures that more than one folder of tests uses live in tests/support, one module for one concept."""

import pytest

pytest.register_assert_rewrite("tests.support.lifecycle")
pytest_plugins = ["tests.support.controlplane"]
