"""Reads a job's live objects, makes and marks its runs: the only writes past the engine, to what it does not own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError
from slipway.jobs.health import current, of_run
from slipway.jobs.names import BY_HAND, JOB, KEEP
from slipway.schema.job import CronJob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.desired import WantedJob
    from slipway.live import Cluster

    Object = Mapping[str, Any]

_GROUP: Final = "/apis/batch/v1/namespaces"
_MANAGER: Final = "slipway-jobs"


def path(job: WantedJob, run: str) -> str:
    """Where a run is in the API."""
    return f"{_GROUP}/{job.team}/jobs/{run}"


def held(cluster: Cluster, job: WantedJob) -> Object | None:
    """The job's stored template."""
    return cluster.get(f"{_GROUP}/{job.team}/cronjobs/{job.name}")


def runs(cluster: Cluster, job: WantedJob) -> list[dict[str, Any]]:
    """The job's runs, oldest first."""
    found = cluster.get(f"{_GROUP}/{job.team}/jobs", labelSelector=f"{JOB}={job.name}")
    items = list((found or {}).get("items", []))
    return sorted(items, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]))


def start(cluster: Cluster, job: WantedJob) -> str:
    """Start a run of the stored template, as `kubectl create job --from` does; its name. Raises FailedError.

    A CronJob's history counts it. A `kind: Job`'s run by hand is kept as long as the manifest says.
    """
    template = held(cluster, job)
    if template is None:
        raise FailedError(f"{job.key} is not in the cluster; update its environment first")
    of, spec = template["spec"]["jobTemplate"], dict(template["spec"]["jobTemplate"]["spec"])
    by_schedule = isinstance(job.spec, CronJob)
    if keep := template["metadata"].get("annotations", {}).get(KEEP):
        spec["ttlSecondsAfterFinished"] = int(keep)
    name = f"{job.name}-manual-{secrets.token_hex(3)}"
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": job.name,
        "uid": template["metadata"]["uid"],
        **({"controller": True} if by_schedule else {}),
    }
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "labels": of["metadata"].get("labels", {}),
            "annotations": {BY_HAND: "manual"},
            "ownerReferences": [owner],
        },
        "spec": spec,
    }
    cluster.create(f"{_GROUP}/{job.team}/jobs", body)
    return name


def mark(cluster: Cluster, job: WantedJob) -> None:
    """Have runs of former content end after `keep`, and the run of the current content stay.

    Kubernetes documentation, "Automatic Cleanup for Finished Jobs": the time counts from when the run ended.
    """
    template = held(cluster, job)
    if template is None or isinstance(job.spec, CronJob):
        return
    keep, now = template["metadata"].get("annotations", {}).get(KEEP), current(template)
    for run in runs(cluster, job):
        by_hand = run["metadata"].get("annotations", {}).get(BY_HAND)
        wanted = int(keep) if keep and run["metadata"]["name"] != now else None
        if not by_hand and run["spec"].get("ttlSecondsAfterFinished") != wanted:
            here = path(job, run["metadata"]["name"])
            cluster.patch(here, {"spec": {"ttlSecondsAfterFinished": wanted}}, manager=_MANAGER)


def values(cluster: Cluster, job: WantedJob) -> list[dict[str, Any]]:
    """The job's runs, for people and `--json`."""
    return [_values(run) for run in runs(cluster, job)]


def _values(run: Object) -> dict[str, Any]:
    health = of_run(run)
    by_hand = run["metadata"].get("annotations", {}).get(BY_HAND) == "manual"
    return {
        "run": run["metadata"]["name"],
        "by_hand": by_hand,
        "started": run.get("status", {}).get("startTime"),
        "state": str(health.state),
        "succeeded": health.ready,
        "wanted": health.wanted,
        "message": health.message,
    }
