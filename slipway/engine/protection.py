"""What a destroy would lose for ever, and how its protection ends: by the environment file, applied, then lifted.

Google refuses to delete a cluster with `deletionProtection`, and a bucket without `forceDestroy` that holds anything,
but only when all that stood on them is gone already. So both are looked at before a destroy begins. The engine's own
`protect` of the cluster (no update replaces it) is lifted last, in the state; an update sets it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway.replacement import CLUSTER, cluster_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.source import KeyPath

_BUCKET: Final = "gcp:storage/bucket:Bucket"


def kept(deployment: dict[str, Any], file: EnvironmentFile, update: str) -> list[Problem]:
    """Why the platform in `deployment` is not destroyed yet. `update` is what applies the environment file."""
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    return [problem for resource in resources for problem in _problems(resource, file, update)]


def lifted(deployment: dict[str, Any]) -> dict[str, Any] | None:
    """`deployment` without the engine's protection of its resources; None when there is none."""
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    if not any(resource.get("protect") for resource in resources):
        return None
    bare = [{key: value for key, value in resource.items() if key != "protect"} for resource in resources]
    return {**deployment, "resources": bare}


def _problems(resource: dict[str, Any], file: EnvironmentFile, update: str) -> Iterator[Problem]:
    inputs: dict[str, Any] = resource.get("inputs") or {}
    name = str(resource["urn"]).rsplit("::", 1)[-1]
    if resource["type"] == CLUSTER and not resource.get("delete"):
        key = cluster_key(name)
        cluster = file.value.clusters.get(key)
        wanted = cluster.deletion_protection if cluster else True
        yield from _flag(("clusters", key), "deletion_protection", file, update, wanted, inputs["deletionProtection"])
    if resource["type"] == _BUCKET and not resource.get("delete"):
        key = name.removeprefix("bucket-").removesuffix("-bucket")
        bucket = file.value.buckets.get(key)
        if bucket:  # others are ours and hold nothing that an update does not write again
            yield from _flag(("buckets", key), "protect", file, update, bucket.protect, not inputs.get("forceDestroy"))


def _flag(
    path: KeyPath,
    flag: str,
    file: EnvironmentFile,
    update: str,
    wanted: bool,  # noqa: FBT001 - a value, not a switch
    applied: bool,  # noqa: FBT001
) -> Iterator[Problem]:
    full = ".".join(map(str, (*path, flag)))
    if wanted:
        remedy = f"write {flag}: false, run {update}, then destroy"
        yield file.document.problem((*path, flag), f"{full} is true, so nothing was destroyed", remedy)
    elif applied:
        what = f"{full} is false here but not yet applied, so nothing was destroyed"
        yield file.document.problem((*path, flag), what, f"run {update}, then destroy")
