"""Judges from live objects how a job is: how the run of its content ended, or the last one by schedule. Pure.

Source: Kubernetes documentation, "Jobs", terminal Job conditions (Complete, Failed with reason, Suspended);
batch/v1 API reference, JobStatus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.health import Health, State
from slipway.jobs.names import BY_HAND, RUN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Object = Mapping[str, Any]


def judge(held: Object | None, runs: Sequence[Object], image: str, *, by_schedule: bool) -> Health:
    """How the job is whose stored template is `held`, when it should run `image`; `runs` are its Jobs, oldest first.

    A run by schedule that failed does not make its CronJob failed: the next one may be of another release. Its message
    says so.
    """
    if held is None:
        return Health(State.MISSING, 0, 1, "it is not in the cluster")
    live = held["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"]
    if live != image:
        return Health(State.OTHER, 0, 1, f"the cluster wants {live}")
    if by_schedule:
        return _scheduled(held, runs)
    name = current(held)
    for run in runs:
        if run["metadata"]["name"] == name:
            return of_run(run)
    return Health(State.MISSING, 0, 1, f"its run {name} is not in the cluster")


def _scheduled(held: Object, runs: Sequence[Object]) -> Health:
    spec = held["spec"]
    when = "suspended" if spec.get("suspend") else f"{spec['schedule']} {spec.get('timeZone', '')}".strip()
    if not runs:
        return Health(State.HEALTHY, 0, 0, f"{when}; has not run yet")
    last = of_run(runs[-1])
    hand = " (by hand)" if runs[-1]["metadata"].get("annotations", {}).get(BY_HAND) == "manual" else ""
    why = f": {last.message}" if last.message else ""
    said = f"{when}; last run {runs[-1]['metadata']['name']}{hand} {ended(last)}{why}"
    return Health(State.HEALTHY, last.ready, last.wanted, said)


def ended(health: Health) -> str:
    """The state of a run in the words of runs."""
    return {State.HEALTHY: "succeeded", State.PROGRESSING: "runs", State.WAITING: "suspended"}.get(
        health.state, str(health.state)
    )


def current(held: Object) -> str:
    """The name of the run of a `kind: Job`'s current content; empty for a CronJob."""
    return str(held["metadata"].get("annotations", {}).get(RUN, ""))


def of_run(run: Object) -> Health:
    """How one run is: `ready` of `wanted` are its pods that succeeded."""
    spec, status = run["spec"], run.get("status", {})
    done = int(status.get("succeeded", 0))
    wanted = int(spec.get("completions") or 1)
    conditions: list[Object] = status.get("conditions") or []
    for condition in conditions:
        if condition["status"] != "True":
            continue
        if condition["type"] == "Complete":
            return Health(State.HEALTHY, done, wanted, "")
        if condition["type"] == "Failed":
            return Health(State.FAILED, done, wanted, _why(condition, status))
        if condition["type"] == "Suspended" and spec.get("suspend"):
            return Health(State.WAITING, done, wanted, "")
    active, failed = int(status.get("active", 0)), int(status.get("failed", 0))
    after = f", {failed} failed" if failed else ""
    said = f"{active} pods run{after}" if active else f"no pod of it runs yet{after}"
    return Health(State.PROGRESSING, done, wanted, said)


def _why(condition: Object, status: Object) -> str:
    failed = int(status.get("failed", 0))
    pods = f" ({failed} pods failed)" if failed else ""
    return f"{condition.get('reason', '')}: {condition.get('message', '')}{pods}"


def fails_of(run: str, pods: Sequence[Object]) -> str:
    """How the last pod of a run that failed ended; empty when none of them is left."""
    for pod in sorted(pods, key=lambda each: each["metadata"]["creationTimestamp"], reverse=True):
        if pod["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name") != run:
            continue
        for container in pod.get("status", {}).get("containerStatuses", []):
            over = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
            if over and over.get("exitCode"):
                said = f", {over['message']}" if over.get("message") else ""
                return f"pod {pod['metadata']['name']}: exit code {over['exitCode']} ({over.get('reason', '')}{said})"
    return ""
