"""Which state of a manifest a workload runs, in a few digits.

The stack writes the stamp as an annotation of the workload, not of its pods: it restarts nothing. Whoever puts back an
old template puts back its stamp with it (`slipway rollback`, and `kubectl rollout undo`, which copies annotations), so
that a service whose image is right and whose variables are those of the day before is not called healthy.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from slipway.health import Health, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.manifest import Service

STAMP: Final = "slipway.dev/manifest"
_DIGITS: Final = 12
_NOT_IN_PODS: Final = {"description", "target", "scaling", "rollout", "expose", "callers", "labels", "smoke"}
"""Keys of a manifest that no pod is made of: changing one is no release."""


def stamp(spec: Service) -> str:
    """The stamp of a manifest, as this environment has it."""
    said = spec.model_dump(mode="json", exclude=_NOT_IN_PODS, exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_DIGITS]


def as_in_git(health: Health, workload: Mapping[str, Any] | None, spec: Service) -> Health:
    """`health`, or that the cluster has another state of the manifest than Git, when its stamp says so."""
    if workload is None or health.state in {State.MISSING, State.OTHER}:
        return health
    annotations: Mapping[str, str] = workload["metadata"].get("annotations") or {}
    has = annotations.get(STAMP)
    if has is None or has == stamp(spec):
        return health
    said = f"its image is Git's, the rest of its manifest is another ({has}, Git has {stamp(spec)})"
    return replace(health, state=State.OTHER, message=said)
