"""Branches that come and go: each has an environment of its own beside others in dev's project, and prune ends it.

One story on one clone, offline: its tests run in order.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.workspace import prepare
from slipway import repository
from slipway.engine import protection
from slipway.engine.stack import Stack
from slipway.progress import NullProgress
from slipway.tools import ENGINE, ensure
from tests.support.controlplane import until
from tests.support.git import Git

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.engine.results import StackResult
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

X = ["feature-x.platform", "feature-x.cluster", "feature-x.growth"]


@pytest.fixture(scope="module")
def git(clone: Clone) -> Git:
    """The clone as a Git repository with two branches."""
    made = Git(clone.root).start()
    (clone.root / ".gitignore").write_text(".slipway/\n")
    made.run("add", "-A")
    made.run("commit", "--quiet", "-m", "all")
    made.branch("feature/x")
    made.branch("feature/y")
    return made


def folder(clone: Clone, name: str) -> Path:
    return clone.root / ".slipway" / name


def in_the_store_of(clone: Clone, name: str, stack: str) -> Stack:
    """A stack, of whatever environment, in the state and with the played cloud of environment `name`."""
    google = repository.load(clone.root).environment(name).value.google
    return Stack(stack, prepare(clone.root, name, google, ensure(ENGINE, NullProgress())["pulumi"]))


def stacks(clone: Clone, name: str) -> list[str]:
    """Stacks whose state is on disk."""
    below = folder(clone, name) / "state" / ".pulumi" / "stacks" / "slipway"
    return sorted(path.name.removesuffix(".json") for path in below.glob("*.json"))


def checkpoint(clone: Clone, name: str, stack: str) -> Path:
    return folder(clone, name) / "state" / ".pulumi" / "stacks" / "slipway" / f"{stack}.json"


def changed(result: StackResult) -> list[str]:
    return [step.urn for step in result.steps if step.operation not in {"same", "read"}]


def told(done: Done) -> dict[str, dict[str, Any]]:
    return {each["environment"]: each for each in done.json}


def prune(clone: Clone, *arguments: str) -> dict[str, dict[str, Any]]:
    return told(clone.slipway("environment", "prune", "--offline", "--json", *arguments))


def test_two_branches_have_environments_side_by_side(clone: Clone, git: Git) -> None:
    assert clone.slipway("environment", "--branch", "feature/x").out == "feature-x\n"
    done = clone.slipway("up", "--branch", "feature/x", "--offline", "--json", *(f"--stack={stack}" for stack in X))
    assert [stack["stack"] for stack in done.json["stacks"]] == X
    assert {service["state"] for service in done.json["services"]} == {"healthy"}
    clone.slipway("up", "feature-y", "--offline", "--quiet", "--stack", "feature-y.platform")
    assert stacks(clone, "feature-x") == sorted(X)
    assert stacks(clone, "feature-y") == ["feature-y.platform"]
    found = prune(clone)
    assert {name: each["state"] for name, each in found.items()} == {"feature-x": "alive", "feature-y": "alive"}
    assert stacks(clone, "feature-x") == sorted(X)
    assert git.run("status", "--porcelain") == ""


def test_in_one_project_nothing_of_them_clashes_nor_with_the_project_s_owner(clone: Clone) -> None:
    """Beside feature-x in the one store that plays its project, which refuses a name that is taken, as Google does."""
    x, y, dev = (in_the_store_of(clone, "feature-x", f"{name}.platform") for name in ("feature-x", "feature-y", "dev"))
    try:
        for stack in (dev, y):
            assert stack.up().error is None
        assert not changed(x.preview())
        y.restore(protection.lifted(y.export()) or {})
        assert y.destroy().error is None
        for stack in (x, dev):
            found = stack.refresh()
            assert (found.error, changed(found)) == (None, [])
    finally:  # what is left in the store goes with its folder
        for guest in ("dev", "feature-y"):
            checkpoint(clone, "feature-x", f"{guest}.platform").unlink(missing_ok=True)
    assert prune(clone)["feature-x"]["state"] == "alive"


def test_deleting_a_branch_destroys_its_environment_and_no_other(clone: Clone, git: Git) -> None:
    git.run("branch", "-D", "feature/x")
    before = stacks(clone, "feature-y")
    found = prune(clone, "--dry-run")
    assert (found["feature-x"]["state"], found["feature-x"]["due"]) == ("branch deleted", True)
    assert stacks(clone, "feature-x")

    found = prune(clone)
    assert (found["feature-x"]["destroyed"], found["feature-x"]["error"]) == (True, None)
    assert found["feature-y"]["state"] == "alive"
    assert not folder(clone, "feature-x").exists()
    assert stacks(clone, "feature-y") == before
    assert not [each for each in clone.processes() if any("feature-x" in part for part in each.cmdline())]
    assert set(prune(clone)) == {"feature-y"}


def test_a_killed_prune_of_an_expired_one_is_picked_up_by_the_next(clone: Clone, git: Git) -> None:
    git.branch("feature/y", dt.datetime.now(dt.UTC) - dt.timedelta(days=4))
    assert prune(clone, "--dry-run")["feature-y"]["state"] == "expired"
    whole = len(resources(clone))
    running = clone.start("environment", "prune", "--offline")
    until(lambda: not running.runs or 0 < len(resources(clone)) < whole, 120)
    assert running.runs, running.told
    running.kill()
    time.sleep(0.5)
    assert folder(clone, "feature-y").exists()

    found = prune(clone)
    assert (found["feature-y"]["destroyed"], found["feature-y"]["error"]) == (True, None)
    assert not folder(clone, "feature-y").exists()
    assert prune(clone) == {}
    assert not clone.processes()


def resources(clone: Clone) -> list[Any]:
    """What the state of feature-y's platform holds at this moment."""
    return list(clone.checkpoint(checkpoint(clone, "feature-y", "feature-y.platform")).get("resources") or [])
