"""Hands a running service over from one kind of workload to another: Deployment, Rollout, and back.

Both are there for a while, with the same labels on their pods, so Services, budget and network policy hold for both;
each controller keeps to the ReplicaSets that it owns. The old one may only go when the new one's pods are available in
at least the number that the service runs. One look at a time: who waits decides how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.diagnosis import diagnose
from slipway.errors import FailedError
from slipway.health import State, judge
from slipway.operations.kinds import KINDS
from slipway.operations.live import image
from slipway.rollouts.traffic import PLUGIN, PRIMARY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.live import Cluster

_SETS: Final = {"StatefulSet", "DaemonSet"}
MARGIN: Final = 60
"""Seconds beyond the controller's own deadline, after which a hand-over has failed in any case."""
_MANAGER: Final = "slipway-handover"
_OURS: Final = ("app.kubernetes.io/managed-by", "slipway")
_RELEASE: Final = ("slipway.dev/release", "slipway.dev/model", "slipway.dev/model-version")
_HASH: Final = KINDS["Rollout"].hash
_PORT: Final = 80
"""Of the Services that routes send to."""
_MANAGED: Final = "argo-rollouts.argoproj.io/managed-by-rollouts"


@dataclass(frozen=True)
class Taking:
    """What a service is to run as from now on, as far as a hand-over has to know."""

    team: str
    name: str
    kind: str
    template: Mapping[str, Any]
    """Of its pods."""
    least: int
    most: int | None
    """None where nothing scales it: then it runs `least` pods."""
    deadline: int
    """Seconds."""
    exclusive: bool
    """Whether two releases must never run at once (`recreate`)."""

    @property
    def key(self) -> str:
        """TEAM/NAME."""
        return f"{self.team}/{self.name}"

    @property
    def path(self) -> str:
        """Where its workload is in the API."""
        return KINDS[self.kind].path(self.team, self.name)

    @property
    def image(self) -> str:
        """The full image of its first container."""
        return image(self.template)


def others(cluster: Cluster, to: Taking) -> list[dict[str, Any]]:
    """Workloads of ours under the service's name that are of another kind, and not on their way out."""
    paths = [kind.path(to.team, to.name) for kind in KINDS.values() if kind.name != to.kind]
    key, value = _OURS
    return [
        found
        for path in paths
        if (found := cluster.get(path))
        and found["metadata"].get("labels", {}).get(key) == value
        and not found["metadata"].get("deletionTimestamp")
    ]


def ours(cluster: Cluster, to: Taking) -> None:
    """Raise FailedError for a workload under the service's name that somebody else made: it is not taken over."""
    found = cluster.get(to.path)
    key, value = _OURS
    if found and found["metadata"].get("labels", {}).get(key) != value:
        what = f"{to.key}: the cluster has a {to.kind} of that name which is not Slipway's"
        raise FailedError(f"{what}; delete it, or give the service another name")


def refuse(to: Taking, live: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to take over from what is `live` where that would break what the strategy says. Raises FailedError."""
    for old in live:
        if {old["kind"], to.kind} & _SETS:
            message = (
                f"{to.key} runs as a {old['kind']}, and `workload` would make it a {to.kind}: the names and disks of "
                "one are nothing to the other, so nothing can be handed over; give the new one another name, move its "
                "callers, and remove the old one"
            )
            raise FailedError(message)
        runs = image(old["spec"]["template"])
        if to.exclusive:
            message = (
                f"{to.key} runs as a {old['kind']}; a {to.kind} would take over while both run, and `recreate` never "
                "runs two at once; change it to rolling, update, and then to recreate: that restarts nothing"
            )
            raise FailedError(message)
        if to.kind == "Rollout" and _release(old["spec"]["template"]) != _release(to.template):
            message = (
                f"{to.key} runs {runs} as a {old['kind']}; the first release of a Rollout skips its steps and checks "
                f"(argo-rollouts#3984), so {to.image} would reach all callers at once; change the strategy with the "
                "release that runs, update, and release then"
            )
            raise FailedError(message)


def pending(cluster: Cluster, to: Taking, waited: float) -> str:
    """Look once whether the old workload may go: what is still missing, nothing when it may. `waited` is in seconds.

    A new workload that an autoscaler will own starts with one pod: it is raised to what the old one runs.
    Raises FailedError when the new one does not come up: the old one has to stay.
    """
    old = others(cluster, to)
    if not old:
        return ""
    new = cluster.get(to.path)
    if new is None:
        raise FailedError(f"{to.key}: the new {to.kind} is not in the cluster")
    needed = _needed(to, old)
    if to.most is not None and int(new["spec"].get("replicas", 1)) < needed:
        cluster.patch(to.path, {"spec": {"replicas": needed}}, manager=_MANAGER)
    status = new.get("status", {})
    ready = int(status.get("availableReplicas") or 0)
    if ready >= needed and str(status.get("observedGeneration", "")) == str(new["metadata"].get("generation")):
        for each in old:
            _freed(cluster, to, each)
        return ""
    health = judge(new, to.image, needed)
    late = waited > to.deadline + MARGIN
    if health.state is not State.FAILED and not late:
        return f"{ready} of {needed} pods of the new {to.kind} are available"
    why = f"still not there in time: {health.message}" if late else health.message
    cause = diagnose([pod for pod in cluster.pods_of(to.team, to.name) if _by(pod, to.kind)], cluster.events(to.team))
    said = "; ".join(part for part in (why, cause) if part)
    before = " and ".join(each["kind"] for each in old)
    raise FailedError(f"{to.key}: the new {to.kind} does not come up ({said}); the {before} before it still serves")


def keep(cluster: Cluster, to: Taking) -> None:
    """Keep the number of pods where Git leaves it to the autoscaler from now on.

    What nobody owns is removed, and a Deployment without a number has one pod: a service of many would fall to one
    until its autoscaler has looked. So the number is owned here until the autoscaler changes it. A service that rests
    is woken: an autoscaler leaves 0 pods alone. Source: Kubernetes documentation, "Horizontal Pod Autoscaling",
    section "Migrating Deployments and StatefulSets to horizontal autoscaling".
    """
    live = cluster.get(to.path)
    if to.most is None or live is None:
        return
    body = {
        "apiVersion": live["apiVersion"],
        "kind": to.kind,
        "metadata": {"name": to.name, "namespace": to.team},
        "spec": {"replicas": min(max(int(live["spec"].get("replicas", 1)), to.least), to.most)},
    }
    cluster.apply(to.path, body, manager=_MANAGER)


def _needed(to: Taking, old: Sequence[Mapping[str, Any]]) -> int:
    if to.most is None:
        return to.least
    return min(max(to.least, *(int(each["spec"].get("replicas", 1)) for each in old)), to.most)


def _release(template: Mapping[str, Any]) -> tuple[str, ...]:
    labels = template["metadata"].get("labels", {})
    return (image(template), *(str(labels.get(key, "")) for key in _RELEASE))


def _by(pod: Mapping[str, Any], kind: str) -> bool:
    """Whether a pod is of a workload of that kind, as far as its labels tell: Argo's pods have a hash of their own."""
    return (_HASH in pod["metadata"].get("labels", {})) == (kind == "Rollout")


def _freed(cluster: Cluster, to: Taking, old: Mapping[str, Any]) -> None:
    """Lead callers to pods of both, where the Rollout that goes has led them to its own pods only."""
    if old["kind"] == "Rollout":
        _widened(cluster, to)
        _routed(cluster, to, old)


def _routed(cluster: Cluster, to: Taking, old: Mapping[str, Any]) -> None:
    """Make the routes of the Rollout lead to the service's own Service, which chooses pods of both.

    They lead to a Service of the Rollout's stable pods, which its controller would narrow again, paused or not
    (argo-rollouts 1.10, rollout/service.go, `reconcileStableAndCanaryService`), and they are deleted after it. The
    controller moves weights only between its own two Services (rollout/trafficrouting/istio, `validateHTTPRoutes`;
    rollouts-plugin-trafficrouter-gatewayapi, `getBackendRefs`), so it leaves such a route alone.
    """
    routing = old["spec"]["strategy"].get("canary", {}).get("trafficRouting", {})
    if mesh := routing.get("istio"):
        path = f"/apis/networking.istio.io/v1/namespaces/{to.team}/virtualservices/{mesh['virtualService']['name']}"
        http = [{"name": PRIMARY, "route": [{"destination": {"host": to.name, "port": {"number": _PORT}}}]}]
        _changed(cluster, path, {"http": http})
    if gateway := routing.get("plugins", {}).get(PLUGIN):
        path = f"/apis/gateway.networking.k8s.io/v1/namespaces/{to.team}/httproutes/{gateway['httpRoute']}"
        backend = {"group": "", "kind": "Service", "name": to.name, "port": _PORT, "weight": 1}
        matches = [{"path": {"type": "PathPrefix", "value": "/"}}]
        _changed(cluster, path, {"rules": [{"matches": matches, "backendRefs": [backend]}]})


def _changed(cluster: Cluster, path: str, spec: Mapping[str, Any]) -> None:
    """Patch a route, if it is there; one that somebody removed leads nowhere in any case."""
    if cluster.get(path) is not None:
        cluster.patch(path, {"spec": dict(spec)}, manager=_MANAGER)


def _widened(cluster: Cluster, to: Taking) -> None:
    """Make the service's own Service choose pods of both, where the Rollout has narrowed it to its own.

    A blue-green Rollout does. Its controller would narrow it again as long as it is not paused (argo-rollouts 1.10,
    rollout/service.go, `reconcileActiveService` and `haltProgress`), and widens it only after the Rollout has gone
    (service/service.go, `syncService`): too late for callers.
    """
    path = f"/api/v1/namespaces/{to.team}/services/{to.name}"
    service = cluster.get(path)
    if service is None or _HASH not in (service["spec"].get("selector") or {}):
        return
    cluster.patch(KINDS["Rollout"].path(to.team, to.name), {"spec": {"paused": True}}, manager=_MANAGER)
    freed = {"metadata": {"annotations": {_MANAGED: None}}, "spec": {"selector": {_HASH: None}}}
    cluster.patch(path, freed, manager=_MANAGER)
