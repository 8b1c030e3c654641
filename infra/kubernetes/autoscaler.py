"""The HorizontalPodAutoscaler of a service. Pure: quick upwards, slow downwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway import units

if TYPE_CHECKING:
    from slipway.rollouts.compile import Plan
    from slipway.schema.manifest import Scaling


def spec(name: str, scaling: Scaling, compiled: Plan) -> dict[str, Any]:
    """For the workload that `compiled` makes of service `name`."""
    return {
        "scaleTargetRef": {
            "apiVersion": compiled.api_version,
            "kind": compiled.kind,
            "name": name,
        },
        "minReplicas": scaling.min,
        "maxReplicas": scaling.max,
        "metrics": [
            {
                "type": "Resource",
                "resource": {
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": scaling.cpu},
                },
            }
        ],
        "behavior": {
            "scaleUp": {
                "stabilizationWindowSeconds": 0,
                "selectPolicy": "Max",
                "policies": [
                    {"type": "Percent", "value": 100, "periodSeconds": 15},
                    {"type": "Pods", "value": 4, "periodSeconds": 15},
                ],
            },
            "scaleDown": {
                "stabilizationWindowSeconds": units.seconds(scaling.down_after),
                "selectPolicy": "Max",
                "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}],
            },
        },
    }
