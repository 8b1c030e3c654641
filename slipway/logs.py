"""What pods wrote, container by container, and what the cluster says where it has no log. Changes nothing.

Source: Kubernetes API reference, Pod, "read log of the specified Pod".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.live import Cluster

    Object = Mapping[str, Any]

JOB_NAME: Final = "batch.kubernetes.io/job-name"
"""Label of a run's pods (Kubernetes documentation, "Well-Known Labels")."""


@dataclass(frozen=True)
class Log:
    """What one container wrote; `error` is what the cluster said when it gave nothing."""

    pod: str
    container: str
    text: str
    error: str = ""


def of_run(pods: Sequence[Object], run: str) -> list[Object]:
    """The pods of one run, kept ones of a deleted run among them."""
    return [pod for pod in pods if pod["metadata"].get("labels", {}).get(JOB_NAME) == run]


def newest_run(pods: Sequence[Object]) -> str:
    """The run that the newest pod is of; empty without pods."""
    ordered = sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return str(ordered[-1]["metadata"].get("labels", {}).get(JOB_NAME, "")) if ordered else ""


def logs_of(
    cluster: Cluster, pods: Sequence[Object], container: str | None, *, tail: int | None, previous: bool
) -> list[Log]:
    """The last `tail` lines of every container of `pods`, oldest pod first; all lines when it is None.

    `previous` asks for what a container wrote before its last restart. One that does not exist has no log.
    """
    found: list[Log] = []
    for pod in sorted(pods, key=lambda each: str(each["metadata"]["creationTimestamp"])):
        found += [
            _log(cluster, pod, name, tail=tail, previous=previous)
            for name in containers(pod)
            if container in {None, name}
        ]
    return found


def containers(pod: Object) -> list[str]:
    """Names of a pod's containers in the order in which they start: first what prepares it."""
    spec = pod["spec"]
    return [str(each["name"]) for each in (*spec.get("initContainers", []), *spec["containers"])]


def _log(cluster: Cluster, pod: Object, container: str, *, tail: int | None, previous: bool) -> Log:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    query = {"container": container, **({"tailLines": str(tail)} if tail is not None else {})}
    if previous:
        query["previous"] = "true"
    try:
        text = cluster.text(f"/api/v1/namespaces/{namespace}/pods/{name}/log", **query)
    except FailedError as error:
        return Log(name, container, "", str(error))
    return Log(name, container, text or "", "" if text is not None else "the cluster has it no more")
