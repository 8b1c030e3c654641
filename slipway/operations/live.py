"""A service as it is in the cluster: its workload, its revisions, its autoscaler. Pure: made of objects."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from slipway.operations import records
from slipway.operations.kinds import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.operations.records import Record


@dataclass(frozen=True)
class Revision:
    """A state of the pod template that the cluster keeps, and how many pods run it."""

    number: int
    name: str
    hash: str
    created: str
    template: Mapping[str, Any]
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    pods: int = 0
    ready: int = 0

    @property
    def image(self) -> str:
        """The full image of the service's container."""
        return image(self.template)

    @property
    def records(self) -> list[Record]:
        """What is remembered of it, oldest first."""
        return records.read(self.annotations, self.hash)

    @property
    def record(self) -> Record | None:
        """What is remembered of it under its present number; None when nobody recorded that."""
        return next((each for each in reversed(self.records) if each.revision == self.number), None)


@dataclass(frozen=True)
class Live:
    """A service in the cluster. `key` is TEAM/NAME; `revisions` are sorted by number."""

    key: str
    path: str
    workload: Mapping[str, Any]
    kind: Kind
    revisions: tuple[Revision, ...]
    autoscaler: Mapping[str, Any] | None = None

    @property
    def annotations(self) -> Mapping[str, str]:
        """The workload's annotations."""
        return self.workload["metadata"].get("annotations") or {}

    @property
    def version(self) -> str | None:
        """The workload's `resourceVersion`."""
        return self.workload["metadata"].get("resourceVersion")

    @property
    def spec(self) -> Mapping[str, Any]:
        """The workload's spec."""
        return self.workload["spec"]

    @property
    def status(self) -> Mapping[str, Any]:
        """The workload's status."""
        return self.workload.get("status", {})

    @property
    def seen(self) -> bool:
        """Whether the controller has seen the workload as it is."""
        return str(self.status.get("observedGeneration", "")) == str(self.workload["metadata"].get("generation"))

    @property
    def paused(self) -> bool:
        """Whether somebody has paused it."""
        return bool(self.spec.get("paused"))

    @property
    def current(self) -> Revision | None:
        """The revision that the workload wants; None before its controller has made it.

        The Rollouts controller says which it is. Its workload is kept as it was written (quantities, no defaults), so
        that a comparison alone would miss it.
        """
        if self.kind.name == "Rollout" and self.seen and (found := self.by_hash(self.status.get("currentPodHash", ""))):
            return found
        if self.kind.name == "StatefulSet" and self.seen:
            return next((each for each in self.revisions if each.name == self.status.get("updateRevision")), None)
        wanted = self.spec["template"]
        same = [each for each in self.revisions if covers(each.template, wanted)]
        if self.kind.name != "Rollout":
            same = [each for each in same if covers(wanted, each.template)]
        return same[-1] if same else None

    @property
    def behind(self) -> bool:
        """Whether the status tells of the pause or abort of an older release, although it says that it saw this one.

        The Rollouts controller (1.10, rollout/pause.go, `checkPausedConditions`) may write the conditions of a pause
        first, with the new generation and the old pause, when a newer release comes right after that pause began; and
        the abort of the release before has been seen with the new generation, too. A person's own pause is no status,
        and a spec that the controller refuses gets no revision: both are told at once.
        """
        if self.paused or not (self.status.get("pauseConditions") or self.status.get("abort")):
            return False
        now = self.current
        if now is None or not _same_program(now.template, self.spec["template"]):
            return True
        return bool(self.status.get("abort")) and str(self.status.get("abortedAt") or now.created) < now.created

    def revision(self, number: int) -> Revision | None:
        """The revision of that number."""
        return next((each for each in self.revisions if each.number == number), None)

    def by_hash(self, name: str) -> Revision | None:
        """The revision with that hash."""
        return next((each for each in self.revisions if name and each.hash == name), None)


def _same_program(full: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether a revision's containers run what the workload's say; the API server has filled in defaults of theirs."""
    have, wanted = full["spec"]["containers"], said["spec"]["containers"]
    if len(have) != len(wanted):
        return False
    return all(
        bool(one.get(key)) == bool(other.get(key)) and covers(one.get(key), other.get(key))
        for one, other in zip(have, wanted, strict=True)
        for key in ("image", "command", "args", "env")
    )


def image(template: Mapping[str, Any]) -> str:
    """The image of the service's own container, which comes first."""
    return str(template["spec"]["containers"][0]["image"])


def revisions(workload: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> tuple[Revision, ...]:
    """The revisions of `workload` among `items`: those that it controls and that have a number."""
    kind, owner = kind_of(workload), workload["metadata"].get("uid")
    found: list[Revision] = []
    for item in items:
        metadata = item["metadata"]
        owners: list[Mapping[str, Any]] = metadata.get("ownerReferences") or []
        if not any(each.get("controller") and each.get("uid") == owner for each in owners):
            continue
        annotations: Mapping[str, str] = metadata.get("annotations") or {}
        number = annotations.get(kind.number, "") if kind.number else str(item.get("revision", ""))
        if not number.isdecimal():
            continue
        template = _template(item)
        labels: dict[str, str] = template.setdefault("metadata", {}).get("labels") or {}
        own: Mapping[str, str] = metadata.get("labels") or {}
        of = labels.pop(kind.hash, "") or own.get(kind.hash, "")
        status: Mapping[str, Any] = item.get("status") or {}
        found.append(
            Revision(
                int(number),
                metadata["name"],
                of or metadata["name"],
                metadata.get("creationTimestamp", ""),
                template,
                annotations,
                int(status.get("replicas", 0)),
                int(status.get("availableReplicas", 0)),
            )
        )
    return tuple(sorted(found, key=lambda each: each.number))


def counted(found: Sequence[Revision], pods: Sequence[Mapping[str, Any]], label: str) -> tuple[Revision, ...]:
    """The revisions of a set with the pods that run each, told by their `label`: nothing else counts them."""

    def count(revision: Revision) -> Revision:
        of = [pod for pod in pods if pod["metadata"].get("labels", {}).get(label) == revision.hash]
        ready = [pod for pod in of if _ready(pod)]
        return replace(revision, pods=len(of), ready=len(ready))

    return tuple(count(each) for each in found)


def _ready(pod: Mapping[str, Any]) -> bool:
    conditions: Sequence[Mapping[str, Any]] = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _template(item: Mapping[str, Any]) -> dict[str, Any]:
    """A ReplicaSet has the template in its spec; a ControllerRevision is a patch of the workload that holds it."""
    spec = item["data"]["spec"] if "data" in item else item["spec"]
    found = copy.deepcopy(dict(spec["template"]))
    found.pop("$patch", None)
    return found


def covers(full: Any, part: Any) -> bool:
    """Whether `full` has all that `part` says: the API server fills in defaults where it knows the kind.

    As the rollouts plugin compares for `undo` (argo-rollouts 1.10, `equalIgnoreHash`: Semantic.DeepDerivative).
    """
    if isinstance(part, dict) and isinstance(full, dict):
        have, said = cast("dict[str, Any]", full), cast("dict[str, Any]", part)
        return all(_empty(value) or (key in have and covers(have[key], value)) for key, value in said.items())
    if isinstance(part, list) and isinstance(full, list):
        left, right = cast("list[Any]", full), cast("list[Any]", part)
        return len(left) == len(right) and all(covers(one, other) for one, other in zip(left, right, strict=True))
    return bool(full == part)


def _empty(value: Any) -> bool:
    return value is None or value in ({}, [], "")
