"""The service mesh of an environment."""

from __future__ import annotations

from slipway.schema.base import Strict


class Mesh(Strict):
    """Cloud Service Mesh for the pods of teams: the cluster joins its project's fleet, and pods get the mesh's proxy.

    The mesh itself is the fleet's: it is switched on once, outside of Slipway (docs/traffic.md).
    """
