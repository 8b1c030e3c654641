"""Fixtures of the core's tests."""

from tests.support.commandline import slipway
from tests.support.repositories import clone

__all__ = ["clone", "slipway"]
