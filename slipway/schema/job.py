"""Work that ends: a Job runs once for each change of it, a CronJob by a schedule.

Sources: Kubernetes documentation, "Jobs" (patterns, back-off, pod failure policy), "CronJob"; batch/v1 API reference.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from slipway import schedules, units
from slipway.schema.base import Duration, Label, LabelKey, LabelValue, Strict, Variable, WrongAtError, checked
from slipway.schema.manifest import Release, Resources, Scaling, Secret, Service, no_clash
from slipway.schema.rollout import Recreate

ScheduleText = Annotated[str, checked(schedules.parse)]
TimeZone = Annotated[str, checked(schedules.time_zone)]
_LEAST_START: Final = 10
"""Kubernetes documentation, "CronJob": the controller looks every 10 s, and a shorter deadline may never be met."""


class Batch(Strict):
    """What Jobs and CronJobs have in common: the pods, how many, and what becomes of failures."""

    name: Label = Field(description="Name, unique among the jobs and services of the team.")
    description: str | None = Field(default=None, description="One line for people.")
    release: Release = Field(description="What is run.")
    command: list[str] | None = Field(default=None, description="Replaces the image's entry point.")
    args: list[str] | None = Field(default=None, description="Replaces the image's arguments.")
    env: dict[Variable, str] = Field(
        default={}, description="Environment variables. Never a secret: this file is in Git."
    )
    resources: Resources = Field(default=Resources(), description="CPU, memory and accelerators of each pod.")
    secrets: dict[Variable, Secret] = Field(
        default={}, description="Secrets by variable, as a service has them; NAME_FILE says where each is."
    )
    completions: Annotated[int, Field(ge=1, le=100000)] | None = Field(
        default=None, description="Pods that have to succeed; one without it, unless `queue` (completions)."
    )
    parallelism: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="Pods at the same time at most (parallelism)."
    )
    indexed: bool = Field(
        default=False,
        description="Each of `completions` has a number, which its pod finds in JOB_COMPLETION_INDEX "
        "(completionMode Indexed).",
    )
    queue: bool = Field(
        default=False,
        description="A work queue: pods take items until there are none. Done when one has succeeded and all have "
        "ended (completions unset).",
    )
    retries: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=6, description="Failed pods (of `restart: on-failure`: restarts) that are borne (backoffLimit)."
    )
    restart: Literal["never", "on-failure"] = Field(
        default="never",
        description="`never`: a failed pod stays to be looked at, and another one is made; disruptions of nodes do not "
        "count. `on-failure`: its container is started again in the same pod (restartPolicy).",
    )
    fatal: list[Annotated[int, Field(ge=0, le=255)]] = Field(
        default=[], description="Exit codes that no retry helps against: the run fails at once (podFailurePolicy)."
    )
    deadline: Duration | None = Field(
        default=None, description="How long a run may take, retries included (activeDeadlineSeconds)."
    )
    keep: Duration | None = Field(
        default=None, description="How long an ended run is kept, with pods and logs (ttlSecondsAfterFinished)."
    )
    suspended: bool = Field(default=False, description="Start nothing, and end the pods of what runs (suspend).")
    labels: dict[LabelKey, LabelValue] = Field(
        default={}, description="Labels of the objects (not of the pods: changing one runs nothing)."
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        self.check()
        return self

    def check(self) -> None:
        """Whether the keys go together. Raises WrongAtError; an environment's overlay is checked again by it."""
        no_clash(self.secrets, self.env)
        self._pattern()
        if self.fatal and self.restart == "on-failure":
            what = "Kubernetes looks at exit codes only where pods are not restarted (pod failure policy)"
            raise WrongAtError(("fatal",), f"{what}; use restart: never, or remove it")
        if 0 in self.fatal:
            raise WrongAtError(("fatal", self.fatal.index(0)), "exit code 0 is success; write 1 to 255")
        self._slice()

    def _pattern(self) -> None:
        """Kubernetes documentation, "Jobs", parallel execution: single, fixed completions, or work queue."""
        if self.queue and self.completions is not None:
            what = "a work queue has no number of completions: it is done when one worker finds it empty and succeeds"
            raise WrongAtError(("completions",), f"{what}; remove completions, or queue")
        if self.indexed and self.completions is None:
            remedy = "a work queue has none; remove one of the two" if self.queue else "set completions"
            raise WrongAtError(("indexed",), f"an index is a number below completions; {remedy}")
        if self.parallelism > 1 and self.completions is None and not self.queue:
            what = f"{self.parallelism} pods without completions are a work queue to Kubernetes: one success ends it"
            raise WrongAtError(("parallelism",), f"{what}; say queue: true, or how many completions")
        if self.completions is not None and self.parallelism > self.completions:
            what = (
                f"parallelism is {self.parallelism} and completions is {self.completions}, so pods would be left over"
            )
            raise WrongAtError(("parallelism",), f"{what}; lower it to {self.completions}")

    def _slice(self) -> None:
        """GKE documentation, "Deploy TPU workloads in GKE Standard", multi-host: one indexed pod for each node."""
        tpu = self.resources.tpu
        if tpu is None or tpu.hosts == 1:
            return
        if not (self.indexed and self.completions == self.parallelism == tpu.hosts and self.restart == "never"):
            what = f"the slice is {tpu.hosts} nodes, and each pod of the job takes one"
            remedy = f"set completions: {tpu.hosts}, parallelism: {tpu.hosts}, indexed: true, restart: never"
            raise WrongAtError(("resources", "tpu"), f"{what}; {remedy}")

    @property
    def pods(self) -> Service:
        """The pods as those of a service without traffic: one pod template, one set of checks for both.

        Not validated again: what a service may not be (a slice of several nodes) a job may.
        """
        shared = ("name", "description", "release", "command", "args", "env", "resources", "secrets", "labels")
        return Service.model_construct(
            kind="Service",
            **{key: getattr(self, key) for key in shared},
            scaling=Scaling(min=self.parallelism),
            rollout=Recreate(strategy="recreate"),
        )


class Job(Batch):
    """Work that runs once for each change of it, and whenever `slipway run` starts it."""

    kind: Literal["Job"] = Field(description="`Job`")
    keep: Duration | None = Field(
        default="168h",
        description="How long an ended run is kept, with pods and logs (ttlSecondsAfterFinished); the run of the "
        "current content is kept until the content changes.",
    )


class History(Strict):
    """How many ended runs are kept, the newest ones."""

    succeeded: Annotated[int, Field(ge=0, le=100)] = Field(
        default=3, description="Runs that succeeded (successfulJobsHistoryLimit)."
    )
    failed: Annotated[int, Field(ge=0, le=100)] = Field(
        default=1, description="Runs that failed (failedJobsHistoryLimit)."
    )


class CronJob(Batch):
    """Work that runs by a schedule, and whenever `slipway run` starts it."""

    kind: Literal["CronJob"] = Field(description="`CronJob`")
    schedule: ScheduleText = Field(
        description="Minute, hour, day of month, month, day of week, such as `30 2 * * *`; or @hourly, @daily, "
        "@weekly, @monthly, @yearly."
    )
    time_zone: TimeZone = Field(
        default="Etc/UTC", description="Whose clocks the schedule goes by, such as `Europe/Berlin` (timeZone)."
    )
    overlap: Literal["allow", "forbid", "replace"] = Field(
        default="forbid",
        description="When the last run still runs: start beside it, skip this time, or end it first "
        "(concurrencyPolicy; Kubernetes' own default is Allow).",
    )
    start_within: Duration | None = Field(
        default=None,
        description="How late a run may start; later it is missed (startingDeadlineSeconds, at least 10s).",
    )
    history: History = Field(default=History(), description="How many ended runs are kept.")

    def check(self) -> None:
        """See Batch."""
        super().check()
        if self.start_within and units.seconds(self.start_within) < _LEAST_START:
            what = f"the controller looks every {_LEAST_START} s, so with {self.start_within} a run may never start"
            raise WrongAtError(("start_within",), f"{what}; write 10s or more")


JOBS: Final = ("Job", "CronJob")
"""Kinds of manifests that are jobs."""
