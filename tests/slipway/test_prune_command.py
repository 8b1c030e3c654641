"""`slipway environment prune` on accounts: the engine and Google are left out, what is decided and told is not."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from slipway.cli import prune, session
from slipway.errors import FailedError
from tests.support.git import Git
from tests.support.repositories import TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commandline import CommandLine
    from tests.support.repositories import Clone

STACKS = [
    f"{name}.{layer}"
    for name in ("dev", "feature-new", "feature-old", "feature-gone", "feature-bad", "qa")
    for layer in ("platform", "cluster", "growth")
]


class Engine:
    """What the backend holds, and what was asked to be destroyed."""

    def __init__(self) -> None:
        self.backends: list[str] = []
        self.destroyed: dict[str, list[str]] = {}

    def stacks(self, workspace: Any) -> list[str]:
        self.backends.append(workspace.variables["PULUMI_BACKEND_URL"])
        return STACKS

    def destroy(self, leftover: session.Leftover) -> str | None:
        name = leftover.desired.name
        if name == "feature-bad":
            raise FailedError("Google is closed today")
        self.destroyed[name] = sorted(leftover.stacks)
        return None


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(prune, "stacks", made.stacks)
    monkeypatch.setattr(prune, "needed", lambda _: None)
    monkeypatch.setattr(prune, "ensure", lambda *_: {"pulumi": "/nowhere/pulumi"})

    def destroy(leftover: session.Leftover) -> str | None:
        return made.destroy(leftover)

    monkeypatch.setattr(session.Leftover, "destroy", destroy)
    return made


@pytest.fixture
def clone(clone: Clone, tmp_path: Path) -> Clone:
    """A clone with a template, and a remote with two branches."""
    clone.write("environments/feature.yaml", TEMPLATE)
    origin = Git(tmp_path / "origin").start()
    origin.branch("feature/new")
    origin.branch("feature/old", dt.datetime.now(dt.UTC) - dt.timedelta(days=4))
    Git(clone.root).start().run("remote", "add", "origin", str(origin.root))
    return clone


def test_what_is_due_is_destroyed_and_a_failure_stops_no_other(
    slipway: CommandLine, clone: Clone, engine: Engine
) -> None:
    code, out, err = slipway.run(clone, "environment", "prune")
    assert code == 1
    assert engine.backends == ["gs://acme-dev-state"]
    assert engine.destroyed == {
        name: sorted(stack for stack in STACKS if stack.startswith(f"{name}."))
        for name in ("feature-gone", "feature-old")
    }
    states = {line.split()[0]: line for line in out.splitlines() if line}
    assert "branch deleted" in out
    assert "expired" in out
    assert "alive" in states["feature-new"]
    assert "dev" not in states
    assert "feature-old: destroyed" in out
    assert "qa: no template explains it; it is left as it is" in err
    assert "feature-bad: failed: Google is closed today; run the same command again" in err


def test_a_dry_run_destroys_nothing(slipway: CommandLine, clone: Clone, engine: Engine) -> None:
    code, out, _ = slipway.run(clone, "environment", "prune", "--dry-run", "--json")
    assert (code, engine.destroyed) == (0, {})
    found = {each["environment"]: each for each in json.loads(out)}
    assert {name for name, each in found.items() if each["due"]} == {"feature-bad", "feature-gone", "feature-old"}
    assert not any(each["destroyed"] or each["error"] for each in found.values())
    assert found["feature-new"]["branch"] == "feature/new"
    assert found["qa"]["state"] == "unexplained"


def test_as_json_says_what_became_of_each(slipway: CommandLine, clone: Clone, engine: Engine) -> None:
    code, out, _ = slipway.run(clone, "environment", "prune", "--json")
    found = {each["environment"]: (each["destroyed"], each["error"]) for each in json.loads(out)}
    assert code == 1
    assert set(engine.destroyed) == {name for name, (destroyed, _) in found.items() if destroyed}
    assert found["feature-bad"] == (False, "Google is closed today")
    assert found["feature-new"] == (False, None)


def test_without_an_answer_of_the_remote_nothing_is_destroyed(
    slipway: CommandLine, clone: Clone, engine: Engine
) -> None:
    code, out, err = slipway.run(clone, "environment", "prune", "--remote", "elsewhere")
    assert (code, out, engine.destroyed) == (1, "", {})
    assert "this repository has no remote `elsewhere`" in err


def test_without_a_template_there_is_nothing_to_ask(slipway: CommandLine, clone: Clone, engine: Engine) -> None:
    (clone.root / "environments/feature.yaml").unlink()
    assert slipway.run(clone, "environment", "prune") == (0, "No branch has an environment of its own.\n", "")
    assert engine.backends == []
