"""Whatever ends an update in the middle, the next `slipway up` goes on from there.

One story on one environment: its tests run in order. The first is its first update, killed again and again.
"""

from __future__ import annotations

import json
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until

if TYPE_CHECKING:
    from tests.support.environment import Clone, Running

pytestmark = pytest.mark.live

SEED = 20261121
"""Chooses the resources at whose creation the engine is killed: another seed is another test."""
STACKS = ["local.platform", "local.cluster", "local.growth", "local.search"]
FRAUD = "manifests/growth/fraud.yaml"
IN_GROWTH = ("up", "local", "--stack", "local.growth")
FOREVER = 600


def faulty(clone: Clone, *arguments: str, **rule: Any) -> Running:
    """Start `slipway` with a fault in a provider."""
    return clone.start(*arguments, SLIPWAY_FAULTS=json.dumps([rule]))


def pending(clone: Clone, stack: str, name: str, running: Running) -> None:
    """Wait until an operation on that resource is under way."""

    def under_way() -> bool:
        assert running.runs, f"ended before {name} was reached:\n{running.told}"
        return any(urn.endswith(f"::{name}") for urn in clone.pending(stack))

    until(under_way, 180)


def release(clone: Clone, digit: str) -> None:
    clone.edit(FRAUD, {"release.image": f"ml/fraud:3.0.{digit}@sha256:{digit * 64}"})


def image(clone: Clone) -> str:
    pod = clone.kube.get("growth", "apps/v1", "deployments", "fraud")["spec"]["template"]["spec"]
    return str(pod["containers"][0]["image"])


def settled(clone: Clone) -> bool:
    """Whether no update left anything open."""
    return not clone.locks() and not any(clone.pending(stack) for stack in STACKS)


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the killed commands and the one after them told."""
    return []


@pytest.mark.parametrize(
    ("stack", "when"),
    [
        ("local.platform", "before"),
        ("local.platform", "after"),
        ("local.cluster", "after"),
        ("local.growth", "before"),
        ("local.growth", "after"),
    ],
)
def test_killed_while_something_is_created(clone: Clone, told: list[str], stack: str, when: str) -> None:
    """`before` the API has heard of it, or `after` it exists and before the engine knows."""
    declared = clone.slipway("inventory", "local", "--json").json
    there = {item["urn"] for item in clone.state(stack).get("resources") or []}
    left = sorted(
        (item["type"], item["name"])
        for item in declared
        if item["stack"] == stack and item["custom"] and item["urn"] not in there
    )
    kind, name = random.Random(f"{SEED} {stack} {when}").choice(  # noqa: S311  no secret is made here
        [one for one in left if not one[0].startswith("pulumi:")]
    )
    running = faulty(
        clone, "up", "local", method="Create", name=name, type=kind, when=when, action="delay", seconds=FOREVER
    )
    pending(clone, stack, name, running)
    running.kill()
    told.append(f"killed while {kind} {name} was created, {when} the API did it:\n{running.told}")
    assert clone.pending(stack), "the state knows that something was under way"
    assert clone.locks(), "nobody released the engine's lock"


def test_the_next_up_goes_on(clone: Clone, told: list[str]) -> None:
    done = clone.slipway("up", "local", code=None)
    story = "\n".join([*told, str(done)])
    assert done.code == 0, story
    assert "already exists" not in story
    assert "local.growth: picking up what an interrupted update left unfinished" in done.err
    assert "released the lock of process" in done.err
    assert done.out.count("healthy") == 4
    assert settled(clone)
    assert "Nothing would change." in clone.slipway("preview", "local").out


def test_one_command_at_a_time_and_ctrl_c(clone: Clone) -> None:
    release(clone, "1")
    running = faulty(clone, *IN_GROWTH, method="Update", name="fraud-deployment", action="delay", seconds=12)
    pending(clone, "local.growth", "fraud-deployment", running)
    second = clone.slipway(*IN_GROWTH, code=1)
    assert f"another command is at work here (slipway up local, process {running.process.pid})" in second.err
    assert clone.slipway("status", "local", code=None).code in {0, 1}, "looking is free"

    running.signal(signal.SIGINT)
    done = running.done(130, seconds=240)
    assert "finishing what is under way" in done.err
    assert "run the same command again to go on" in done.err
    assert "Traceback" not in done.err
    until(lambda: not clone.locks(), 20)
    clone.slipway(*IN_GROWTH)
    assert image(clone).endswith("1" * 64)
    assert settled(clone)


def test_a_provider_that_fails_or_dies(clone: Clone) -> None:
    release(clone, "2")
    failing = faulty(
        clone, *IN_GROWTH, method="Update", name="fraud-deployment", action="fail", message="503: out of order"
    ).done(1)
    assert "local.growth: failed" in failing.out
    assert "503: out of order" in failing.out
    dying = faulty(clone, *IN_GROWTH, provider="kubernetes", method="Update", call=1, action="crash").done(1)
    assert "local.growth: failed" in dying.out
    assert "fraud-deployment" in dying.out
    assert "Traceback" not in failing.err + dying.err
    done = clone.slipway(*IN_GROWTH)
    assert "healthy" in done.out
    assert image(clone).endswith("2" * 64)
    assert settled(clone)


def test_slipway_alone_is_killed(clone: Clone) -> None:
    """As the kernel does it for want of memory: the engine ends by itself soon, and leaves its lock."""
    release(clone, "3")
    running = faulty(clone, *IN_GROWTH, method="Update", name="fraud-deployment", action="delay", seconds=FOREVER)
    pending(clone, "local.growth", "fraud-deployment", running)
    running.process.kill()
    running.process.wait(10)
    until(lambda: not any(process.name() == "pulumi" for process in clone.processes()), 60)
    assert clone.locks()
    done = clone.slipway(*IN_GROWTH)
    assert "local.growth: released the lock of process" in done.err
    assert "pending operations" not in done.out
    assert image(clone).endswith("3" * 64)
    assert settled(clone)
