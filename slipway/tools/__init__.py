"""The tools that localcloud runs: pinned, and fetched or built when they are not installed."""

from slipway.tools.ensure import ensure
from slipway.tools.pins import CLUSTER, CRDS, ENGINE

__all__ = ["CLUSTER", "CRDS", "ENGINE", "ensure"]
