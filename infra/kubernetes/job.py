"""One job of a team: its stored template, a CronJob, and for a `kind: Job` the run of its current content.

A Job's pod template is immutable (batch/v1 API reference), so a change is another Job: it is named after a hash of what
cannot change, and the one before is left in the cluster with its pods and logs. Everything else changes in place.
Sources: Kubernetes documentation, "Jobs", "CronJob", "Pod failure policy"; kubectl, `create job --from`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob as BatchCronJob
from pulumi_kubernetes.batch.v1 import Job as BatchJob
from pulumi_kubernetes.core.v1 import ServiceAccount

from infra.blocks import block
from infra.kubernetes.objects import NAME, PART_OF, SKIP_AWAIT, metadata
from infra.kubernetes.pod import PodArgs, template
from infra.kubernetes.secrets import secret_class
from slipway import units
from slipway.jobs.names import JOB, KEEP, NEVER, RUN
from slipway.schema.job import CronJob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.schema.job import Batch, Job

_DIGITS: Final = 10
_ALONE: Final = {"sidecar.istio.io/inject": "false"}
"""A mesh's proxy beside a pod that ends could keep it from ending, and no weight or mirror is about who calls.

Istio documentation, "Installing the Sidecar": the label on a pod wins over its namespace's. Always there, so that a
mesh that comes later makes no new runs.
"""
_RESTART: Final = {"never": "Never", "on-failure": "OnFailure"}
_OVERLAP: Final = {"allow": "Allow", "forbid": "Forbid", "replace": "Replace"}


@dataclass(frozen=True)
class JobArgs:
    """`team` is also the namespace. `adopting` is a provider that takes over what exists."""

    team: str
    spec: Job | CronJob
    pod: PodArgs
    adopting: pulumi.ProviderResource


def fixed(spec: Batch, pod: PodArgs, team: str) -> dict[str, Any]:
    """What cannot change about a run, as JobSpec has it: pods, their number, and which failures end it."""
    pods = template(pod, team)
    pods["metadata"]["labels"] |= {JOB: spec.name, **_ALONE}
    pods["spec"]["restartPolicy"] = _RESTART[spec.restart]
    built: dict[str, Any] = {
        "template": pods,
        "parallelism": spec.parallelism,
        "completionMode": "Indexed" if spec.indexed else "NonIndexed",
    }
    if not spec.queue:
        built["completions"] = spec.completions or 1
    if spec.restart == "never":
        built["podFailurePolicy"] = {"rules": _rules(spec)}
    return built


def _rules(spec: Batch) -> list[dict[str, Any]]:
    """A node that is drained or taken away (spot) is no failure of the job; some exit codes are one for good.

    Kubernetes documentation, "Handling Pod and container failures", rules are looked at in order.
    """
    disrupted = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    if not spec.fatal:
        return [disrupted]
    codes = {"operator": "In", "values": sorted(set(spec.fatal))}
    return [disrupted, {"action": "FailJob", "onExitCodes": codes}]


def run_spec(spec: Batch, pod: PodArgs, team: str) -> dict[str, Any]:
    """The whole JobSpec of a run, but `suspend`: a stored template that is suspended can still be started by hand."""
    changeable: dict[str, Any] = {"backoffLimit": spec.retries}
    if spec.deadline:
        changeable["activeDeadlineSeconds"] = units.seconds(spec.deadline)
    return {**fixed(spec, pod, team), **changeable}


def run_name(spec: Batch, pod: PodArgs, team: str) -> str:
    """NAME-HASH: the same content has the same run, other content another one."""
    content = json.dumps(fixed(spec, pod, team), sort_keys=True).encode()
    return f"{spec.name}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}"


def stored(spec: Job | CronJob, pod: PodArgs, team: str) -> dict[str, Any]:
    """The CronJobSpec. Of a `kind: Job` it never starts anything itself: it holds the template and owns the runs."""
    run = run_spec(spec, pod, team)
    labels = {NAME: spec.name, PART_OF: team, JOB: spec.name, **spec.labels}
    held: dict[str, Any] = {"metadata": {"labels": labels}, "spec": run}
    if not isinstance(spec, CronJob):
        return {"schedule": NEVER, "suspend": True, "concurrencyPolicy": "Allow", "jobTemplate": held}
    if spec.keep:
        run["ttlSecondsAfterFinished"] = units.seconds(spec.keep)
    built: dict[str, Any] = {
        "schedule": spec.schedule,
        "timeZone": spec.time_zone,
        "suspend": spec.suspended,
        "concurrencyPolicy": _OVERLAP[spec.overlap],
        "successfulJobsHistoryLimit": spec.history.succeeded,
        "failedJobsHistoryLimit": spec.history.failed,
        "jobTemplate": held,
    }
    if spec.start_within:
        built["startingDeadlineSeconds"] = units.seconds(spec.start_within)
    return built


def noted(spec: Job | CronJob, pod: PodArgs, team: str) -> dict[str, str]:
    """Of the stored template: which run is the current one of a `kind: Job`, and how long others are kept."""
    if isinstance(spec, CronJob):
        return {}
    kept = {KEEP: str(units.seconds(spec.keep))} if spec.keep else {}
    return {RUN: run_name(spec, pod, team), **kept}


class TeamJob(pulumi.ComponentResource):
    """ServiceAccount, CronJob, for a `kind: Job` the Job of its current content, and SecretProviderClass if asked."""

    def __init__(self, name: str, args: JobArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:TeamJob", name, None, opts)
        self._args, spec, pod = args, args.spec, args.pod
        account = ServiceAccount(
            f"{name}-account",
            metadata=self._meta(spec.name),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        before: list[pulumi.Resource] = [account]
        if pod.secrets:
            meta = self._meta(pod.secrets.class_name, SKIP_AWAIT)
            before.append(secret_class(name, meta, pod.secrets, self, args.adopting))
        held = BatchCronJob(
            f"{name}-template",
            metadata=self._meta(spec.name, {**SKIP_AWAIT, **noted(spec, pod, args.team)}),
            spec=block(stored(spec, pod, args.team)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=before),
        )
        if not isinstance(spec, CronJob):
            self._run(name, held)
        self.register_outputs({})

    def _run(self, name: str, held: BatchCronJob) -> None:
        """The run. It outlives its content, and goes with the stored template, which owns it.

        Not as its controller: that would count it in the CronJob's history, and remove it by that.
        """
        spec, pod, team = self._args.spec, self._args.pod, self._args.team
        meta = self._meta(run_name(spec, pod, team), SKIP_AWAIT)
        meta["ownerReferences"] = [
            {"apiVersion": "batch/v1", "kind": "CronJob", "name": spec.name, "uid": held.metadata.uid}
        ]
        BatchJob(
            f"{name}-run",
            metadata=meta,
            spec=block({**run_spec(spec, pod, team), "suspend": spec.suspended}),
            # going back to earlier content finds its run there
            opts=pulumi.ResourceOptions(parent=self, provider=self._args.adopting, retain_on_delete=True),
        )

    def _meta(self, name: str, annotated: Mapping[str, str] | None = None) -> Any:
        spec = self._args.spec
        labels = {NAME: spec.name, PART_OF: self._args.team, JOB: spec.name, **spec.labels}
        return metadata(name, self._args.team, labels=labels, annotations=annotated or {})
