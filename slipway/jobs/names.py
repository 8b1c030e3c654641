"""What links a job with its runs in the cluster: labels, annotations, names."""

from __future__ import annotations

from typing import Final

JOB: Final = "slipway.dev/job"
"""Label of a run: the job that it is of."""
RUN: Final = "slipway.dev/run"
"""Annotation of a `kind: Job`'s stored template: the run of its current content."""
KEEP: Final = "slipway.dev/keep-seconds"
"""Annotation of the stored template: for how long runs are kept that have ended and are not the current one."""
BY_HAND: Final = "cronjob.kubernetes.io/instantiate"
"""Annotation of a run that somebody started: what `kubectl create job --from` writes, with `manual`."""
NEVER: Final = "0 0 30 2 *"
"""The schedule of what has none: the 30th of February. Its CronJob is suspended besides."""
