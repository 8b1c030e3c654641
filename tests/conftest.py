"""Fixtures that more than one folder of tests uses live in tests/support, one module for one concept."""

pytest_plugins = ["tests.support.controlplane"]
