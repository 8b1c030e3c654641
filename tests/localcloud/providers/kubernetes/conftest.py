"""The provider as the engine drives it, without the engine: Check, Diff and the rest in the engine's order."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.kubernetes.provider import Kubernetes
from localcloud.providers.model import Diff, PartialFailureError, Request, State
from tests.support.engine import engine, pulumi_root  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.controlplane import ControlPlane

_TOKENS = {"v1": "core/v1"}
_COUNT = itertools.count()


@dataclass
class Resource:
    """One resource of a stack: what the engine would keep of it."""

    provider: Kubernetes
    name: str
    token: str
    ignore: Sequence[str] = ()
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def request(self, **fields: Any) -> Request:
        urn = f"urn:pulumi:test::test::{self.token}::{self.name}"
        return Request(urn, self.id, **fields)

    def check(self, obj: dict[str, Any], *, fresh: bool = False) -> dict[str, Any]:
        checked, failures = self.provider.check(self.request(), {} if fresh else self.inputs, obj, self.name.encode())
        assert not failures
        return checked

    def diff(self, obj: dict[str, Any]) -> Diff:
        return self.provider.diff(self.request(), self.inputs, self.outputs, self.check(obj), self.ignore)

    def preview(self, obj: dict[str, Any]) -> dict[str, Any]:
        """What a preview says that the outputs will be."""
        checked = self.check(obj)
        if not self.id:
            return self.provider.create(self.request(preview=True), checked).outputs
        return self.provider.update(self.request(preview=True), self.inputs, self.outputs, checked, self.ignore)

    def create(self, obj: dict[str, Any], timeout: float = 60) -> Resource:
        checked = self.check(obj)
        try:
            self._keep(self.provider.create(self.request(timeout=timeout), checked), checked)
        except PartialFailureError as error:
            self._keep(error.state, checked)
            self.problems = error.reasons
        return self

    def update(self, obj: dict[str, Any], timeout: float = 60) -> Resource:
        checked = self.check(obj)
        self.problems = []
        try:
            outputs = self.provider.update(
                self.request(timeout=timeout), self.inputs, self.outputs, checked, self.ignore
            )
            self._keep(State(self.id, outputs), checked)
        except PartialFailureError as error:
            self._keep(error.state, checked)
            self.problems = error.reasons
        return self

    def refresh(self) -> State | None:
        return self.provider.read(self.request(), self.inputs, self.outputs)

    def delete(self) -> None:
        self.provider.delete(self.request(timeout=60), self.inputs, self.outputs)

    def _keep(self, state: State, inputs: dict[str, Any]) -> None:
        self.id, self.outputs, self.inputs = state.id, state.outputs, inputs


def token(obj: dict[str, Any]) -> str:
    version = obj["apiVersion"]
    return f"kubernetes:{_TOKENS.get(version, version)}:{obj['kind']}"


@pytest.fixture(scope="session")
def kubeconfig(request: pytest.FixtureRequest) -> str:
    """The contents of a kubeconfig of a running control plane with nodes."""
    given = os.environ.get("SLIPWAY_TEST_KUBECONFIG")
    if not given:
        plane: ControlPlane = request.getfixturevalue("control_plane")
        request.getfixturevalue("kube")
        given = str(plane.layout.kubeconfig)
    with open(given, encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        return file.read()


@pytest.fixture
def provider(kubeconfig: str) -> Kubernetes:
    return configured(kubeconfig)


def configured(kubeconfig: str, **config: Any) -> Kubernetes:
    made = Kubernetes()
    made.said, made.warned = [], []  # pyright: ignore[reportAttributeAccessIssue]
    made.log = lambda _urn, text: made.said.append(text)  # pyright: ignore[reportAttributeAccessIssue]
    made.warn = lambda _urn, text: made.warned.append(text)  # pyright: ignore[reportAttributeAccessIssue]
    made.configure({"kubeconfig": kubeconfig, **config})
    return made


@pytest.fixture
def configure() -> Callable[..., Kubernetes]:
    """Configure a provider of one's own: `configure(kubeconfig, key="value")`."""
    return configured


@pytest.fixture
def make(provider: Kubernetes) -> Callable[..., Resource]:
    """Make a resource of an object's own type: `make(obj)`, not created yet."""

    def made(obj: dict[str, Any], name: str = "", by: Kubernetes | None = None, **options: Any) -> Resource:
        return Resource(by or provider, name or obj.get("metadata", {}).get("name", "auto"), token(obj), **options)

    return made


@pytest.fixture
def namespace(provider: Kubernetes) -> str:
    """A namespace of this test's own; it goes with the control plane."""
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"t{next(_COUNT)}-{os.getpid()}"}}
    return Resource(provider, "ns", token(obj)).create(obj).id
