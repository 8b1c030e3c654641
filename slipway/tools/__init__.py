"""The tools that localcloud runs: pinned, and fetched or built when they are not installed."""

from slipway.tools.ensure import ensure
from slipway.tools.pins import ADDONS, CLUSTER, CRDS, ENGINE, KUSTOMIZE

__all__ = ["ADDONS", "CLUSTER", "CRDS", "ENGINE", "KUSTOMIZE", "ensure"]
