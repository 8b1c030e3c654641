"""A real control plane for tests: one for each worker, started when the first test asks for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.controlplane import ControlPlane, readiness
from slipway.progress import Progress
from slipway.tools import CRDS, ensure

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from localcloud.controlplane.api import Endpoint


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    """Start a control plane in a temporary folder, and stop it whatever happens."""
    plane = ControlPlane(tmp_path_factory.mktemp("local"))
    try:
        plane.start(Progress())
        yield plane
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def kube(control_plane: ControlPlane) -> Kube:
    """Return calls as the admin of `control_plane`, which has a node in each of three zones."""
    admin = Kube(readiness.api(control_plane.layout))
    admin.nodes({"zone-a": 1, "zone-b": 1, "zone-c": 1})
    return admin


@pytest.fixture(scope="session")
def rollouts(control_plane: ControlPlane, kube: Kube) -> ControlPlane:
    """Return the control plane with the Rollouts controller running."""
    kube.rollout_kinds()
    assert control_plane.start_rollouts(Progress())
    return control_plane


_GROUPS = {
    "v1": "/api/v1",
    "apps/v1": "/apis/apps/v1",
    "batch/v1": "/apis/batch/v1",
    "argoproj.io/v1alpha1": "/apis/argoproj.io/v1alpha1",
    "apiextensions.k8s.io/v1": "/apis/apiextensions.k8s.io/v1",
    "autoscaling/v2": "/apis/autoscaling/v2",
    "networking.istio.io/v1": "/apis/networking.istio.io/v1",
    "policy/v1": "/apis/policy/v1",
}


@dataclass(frozen=True)
class Kube:
    """Few calls, by the plain API: what tests of the control plane itself need and no more."""

    api: Endpoint

    def nodes(self, zones: Mapping[str, int], **labels: str) -> list[str]:
        """Make nodes by hand, `ZONE-N`, as many for each zone as asked for; kwok makes them ready."""
        made: list[str] = []
        for zone, count in zones.items():
            for number in range(count):
                name = f"{zone}-{number}"
                size = {"cpu": "16", "memory": "64Gi", "pods": "110"}
                identity = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone, **labels}
                node = {
                    "apiVersion": "v1",
                    "kind": "Node",
                    "metadata": {"name": name, "labels": identity},
                    "status": {"allocatable": size, "capacity": size},
                }
                self.api.call("POST", "/api/v1/nodes", node)
                made.append(name)
        until(lambda: all(_ready(self.api.call("GET", f"/api/v1/nodes/{name}")) for name in made))
        return made

    def rollout_kinds(self) -> None:
        """Apply the custom resource definitions of Argo Rollouts (the loader in C: 0.4 s instead of 4)."""
        (folder,) = ensure(CRDS, Progress()).values()
        for path in sorted(folder.glob("*.yaml")):
            self.api.apply(
                _path("apiextensions.k8s.io/v1", "customresourcedefinitions"),
                yaml.load(path.read_text(), Loader=yaml.CSafeLoader),
            )

    def namespace(self, name: str) -> str:
        """Make a namespace in which pods can be made."""
        self.api.apply(_path("v1", "namespaces"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        until(lambda: self.api.answers(f"/api/v1/namespaces/{name}/serviceaccounts/default"))
        return name

    def apply(self, namespace: str, manifest: dict[str, Any]) -> None:
        """Apply one namespaced object (server-side apply)."""
        self.api.apply(_path(manifest["apiVersion"], _plural(manifest["kind"]), namespace), manifest)

    def get(self, namespace: str, version: str, plural: str, name: str) -> dict[str, Any]:
        """Read one namespaced object."""
        return dict(self.api.call("GET", f"{_path(version, plural, namespace)}/{name}"))

    def delete(self, namespace: str, version: str, plural: str, name: str) -> None:
        """Delete one namespaced object."""
        self.api.call("DELETE", f"{_path(version, plural, namespace)}/{name}")

    def pods(self, namespace: str, selector: str = "") -> list[dict[str, Any]]:
        """List pods."""
        return list(self.api.call("GET", f"{_path('v1', 'pods', namespace)}?labelSelector={selector}")["items"])

    def events(self, namespace: str, pod: str) -> list[tuple[str, str]]:
        """List reason and message of a pod's events."""
        found = self.api.call("GET", f"{_path('v1', 'events', namespace)}?fieldSelector=involvedObject.name={pod}")
        return [(event["reason"], event["message"]) for event in found["items"]]


def template(name: str, image: str, env: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """Return the template of a pod with one container, labelled `app: NAME`."""
    given = [{"name": key, "value": value} for key, value in (env or {}).items()]
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image, "env": given}], **spec},
    }


def workload(kind: str, name: str, replicas: int, pod: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Return a Deployment or Rollout of pods labelled `app: NAME`."""
    version = {"Deployment": "apps/v1", "Rollout": "argoproj.io/v1alpha1"}[kind]
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod, **spec},
    }


_BUSY = 3


def until(true: Callable[[], Any], seconds: float = 30.0, every: float = 0.1) -> Any:
    """Wait until something is true, and return it.

    `seconds` are those of a quiet machine that is fast; a slow or busy one is given `_BUSY` times as long.

    Raises:
        AssertionError: it is not in time.
    """
    seconds *= _BUSY
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"not true after {seconds} s"
        time.sleep(every)
    return value


def _ready(thing: dict[str, Any]) -> bool:
    conditions: Sequence[dict[str, str]] = thing["status"].get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _plural(kind: str) -> str:
    return f"{kind.lower()}s"


def _path(version: str, plural: str, namespace: str = "") -> str:
    return f"{_GROUPS[version]}/namespaces/{namespace}/{plural}" if namespace else f"{_GROUPS[version]}/{plural}"
