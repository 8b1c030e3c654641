"""A change that would replace a cluster, or delete one by the way, and the line of the environment file that makes it.

A cluster that is replaced takes everything that runs in it along, and one whose named secondary ranges are in use
cannot stand beside its successor (pulumi-gcp#95). So no update replaces one: docs/replacing-a-cluster.md has the way.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from slipway.engine.results import DELETE, REPLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.engine.results import PropertyChange, StackResult, Step
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.source import KeyPath

CLUSTER: Final = "gcp:container/cluster:Cluster"
_WAY: Final = "take it back, or move to a second cluster (docs/replacing-a-cluster.md)"
_OF_CLUSTER: Final = "clusters.{}"
_SOURCES: Final = {
    # property of the cluster -> key of the environment file; the longest one that fits counts
    "location": f"{_OF_CLUSTER}.location",
    "project": "google.project",
    "network": "network",
    "subnetwork": "network",
    "ipAllocationPolicy": "network",
    "privateClusterConfig.masterIpv4CidrBlock": "network.control_plane",
}
_ENGINE_SAYS: Final = ("marked for protection", "because it is protected", "preview failed")
"""pulumi/pulumi, `pkg/resource/deploy/step_generator.go`: what stands here in our own words."""


def refused(result: StackResult, file: EnvironmentFile) -> StackResult:
    """`result` of a preview of the platform; failed, in our words, when a cluster would be replaced or deleted."""
    problems = [str(problem) for step in result.steps for problem in _problems(step, file)]
    if not problems:
        return result
    told = [message for message in result.messages if not any(words in message for words in _ENGINE_SAYS)]
    return dataclasses.replace(result, messages=(*told, *problems), error="\n".join(problems))


def cluster_key(resource: str) -> str:
    """The key in `clusters` of the cluster with this logical name."""
    return resource.removeprefix("cluster-").removesuffix("-cluster")


def _problems(step: Step, file: EnvironmentFile) -> Iterator[Problem]:
    if step.type != CLUSTER:
        return
    key = cluster_key(step.name)
    if step.operation == DELETE:
        what = f"cluster `{key}` is not declared any more, and no update deletes a cluster"
        yield file.document.problem(("clusters",), what, _WAY)
    if step.operation == REPLACE:
        forcing = [change for change in step.changes if change.replaces]
        for change in forcing:
            yield _forced(key, change, file)
        if not forcing:
            yield file.document.problem(("clusters", key), f"cluster `{key}` would be replaced", _WAY)


def _forced(key: str, change: PropertyChange, file: EnvironmentFile) -> Problem:
    """The problem of one property that forces the replacement, at the line that it comes from."""
    fitting = [name for name in _SOURCES if change.path == name or change.path.startswith((f"{name}.", f"{name}["))]
    source = _SOURCES[max(fitting, key=len)].format(key) if fitting else ""
    path: KeyPath = tuple(source.split(".")) if source else ("clusters", key)
    name = source if fitting and change.path in _SOURCES else f"{change.path} of cluster `{key}`"
    both = f"{name}: {_shown(change.before)} -> {_shown(change.after)}"
    what = f"{both} would replace cluster `{key}` and all that runs in it"
    return file.document.problem(path, what, _WAY)


def _shown(value: Any) -> str:
    return "(none)" if value is None else str(value)
