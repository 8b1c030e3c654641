"""Removes runs of a job from the cluster: those that ended, or the named ones; never that of the current content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.errors import FailedError, Problem, Refused
from slipway.jobs import live
from slipway.jobs.health import current, of_run
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from slipway.desired import WantedJob
    from slipway.live import Cluster


def chosen(job: str, now: str, runs: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The runs to delete: `names`, or without any every one that ended but `now`, the current content's.

    Raises Refused for one that is not there, FailedError for the current one. A run that goes on is only deleted by
    its name.
    """
    known = {str(run["metadata"]["name"]): run for run in runs}
    for name in names:
        if name not in known:
            raise Refused([Problem("RUN", 0, f"`{job}` has no run `{name}`", near(name, list(known)))])
        if name == now:
            what = f"{name} is the run of what is deployed: without it the job would be missing"
            remedy = "set `suspended: true` to end its pods, change the job for another run, or remove the manifest"
            raise FailedError(f"{what}; {remedy}")
    if names:
        return list(dict.fromkeys(names))
    return [name for name, run in known.items() if name != now and of_run(run).settled and not _waits(run)]


def _waits(run: Mapping[str, Any]) -> bool:
    """A suspended run is settled for who waits, and has not ended."""
    return bool(run["spec"].get("suspend"))


def delete(cluster: Cluster, job: WantedJob, names: Sequence[str], *, keep_pods: bool) -> list[str]:
    """Delete runs with their pods, or, with `keep_pods`, leave these in the cluster, with their logs; what was deleted.

    Pods that are kept and still run go on, and nothing restarts them.
    """
    held = live.held(cluster, job)
    if held is None:
        raise FailedError(f"{job.key} is not in the cluster; update its environment first")
    every = chosen(job.key, current(held), live.runs(cluster, job), names)
    return [name for name in every if cluster.delete(live.path(job, name), keep_dependents=keep_pods)]
