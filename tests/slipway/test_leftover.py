"""Destroying what is there of an environment, and the settings of stacks that nobody commits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from slipway.cli import session
from slipway.desired import Desired
from slipway.engine import run
from slipway.engine.results import StackResult
from slipway.engine.workspace import Workspace
from slipway.progress import NullProgress
from slipway.repository import load
from tests.support.repositories import TEMPLATE

if TYPE_CHECKING:
    from tests.support.repositories import Clone

STACKS = ["feature-x.cluster", "feature-x.growth", "feature-x.platform"]
NETWORK = {
    "urn": "urn:pulumi:feature-x.platform::slipway::gcp:compute/network:Network::network-vpc",
    "type": "gcp:compute/network:Network",
    "custom": True,
    "inputs": {"name": "slipway-feature-x"},
}


class FakeStack:
    """A stack that says what was asked of it."""

    states: dict[str, dict[str, Any]]
    calls: list[tuple[str, str]]
    broken: str = ""

    def __init__(self, name: str, workspace: Any, note: Any = None) -> None:
        del workspace, note
        self.name = name

    def existing(self) -> dict[str, Any] | None:
        return FakeStack.states.get(self.name)

    def export(self) -> dict[str, Any]:
        return FakeStack.states[self.name]

    def restore(self, deployment: dict[str, Any]) -> None:
        FakeStack.calls.append(("restore", self.name))
        FakeStack.states[self.name] = deployment

    def refresh(self, only: list[str]) -> StackResult:
        FakeStack.calls += [("refresh", urn.rpartition("::")[2]) for urn in only]
        return StackResult(self.name)

    def destroy(self) -> StackResult:
        FakeStack.calls.append(("destroy", self.name))
        return StackResult(self.name, error="refused" if self.name == FakeStack.broken else None)


@pytest.fixture
def leftover(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> run.Run:
    """A run over three stacks that exist; the engine is a fake."""
    clone.write("environments/feature.yaml", TEMPLATE)
    FakeStack.states = {stack: {"resources": []} for stack in STACKS}
    FakeStack.calls, FakeStack.broken = [], ""
    monkeypatch.setattr(run, "Stack", FakeStack)
    file = load(clone.root).environment("feature-x")
    workspace = Workspace(clone.root, clone.root, Path("pulumi"), "passphrase")
    return run.Run(Desired("feature-x", file.value, ()), file, workspace, NullProgress(), stacks=STACKS)


def test_teams_then_cluster_then_platform(leftover: run.Run) -> None:
    assert not any(result.error for result in leftover.destroy())
    assert FakeStack.calls == [("destroy", f"feature-x.{layer}") for layer in ("growth", "cluster", "platform")]


def test_what_fails_keeps_what_it_stands_on(leftover: run.Run) -> None:
    FakeStack.broken = "feature-x.cluster"
    assert [result.error for result in leftover.destroy()] == [None, "refused"]
    assert ("destroy", "feature-x.platform") not in FakeStack.calls


def test_a_stack_that_is_gone_already_is_no_failure(leftover: run.Run) -> None:
    del FakeStack.states["feature-x.growth"], FakeStack.states["feature-x.platform"]
    assert not any(result.error for result in leftover.destroy())
    assert FakeStack.calls == [("destroy", "feature-x.cluster")]


def test_what_a_killed_update_may_have_made_is_found_before_the_stack_is_forgotten(leftover: run.Run) -> None:
    pending = [{"type": "creating", "resource": NETWORK}]
    FakeStack.states["feature-x.platform"] = {"resources": [], "pending_operations": pending}
    assert not any(result.error for result in leftover.destroy())
    assert FakeStack.calls[-3:] == [
        ("restore", "feature-x.platform"),
        ("refresh", "network-vpc"),
        ("destroy", "feature-x.platform"),
    ]
    assert [each["urn"] for each in FakeStack.states["feature-x.platform"]["resources"]] == [NETWORK["urn"]]


def test_a_branch_s_stacks_get_settings_with_the_environment_s_key(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "gcpkms://projects/acme-dev/locations/europe-west4/keyRings/slipway/cryptoKeys/state"
    clone.write("environments/feature.yaml", TEMPLATE.replace('state"}', f'state", secrets: "{key}"}}'))
    monkeypatch.chdir(clone.root)
    monkeypatch.setattr(session, "needed", lambda _: None)
    monkeypatch.setattr(session, "ensure", lambda *_: {"pulumi": Path("pulumi")})
    session.Leftover("feature-x", STACKS, quiet=True).workspace()
    for stack in STACKS:
        content = yaml.safe_load((clone.root / "stacks" / f"Pulumi.{stack}.yaml").read_text())
        assert content == {"secretsprovider": key}
    session.Session("dev", None, quiet=True).workspace()
    assert len(list((clone.root / "stacks").iterdir())) == len(STACKS), "other environments' settings are committed"
