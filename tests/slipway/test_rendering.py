"""Properties of what a team's stack declares: it depends on what is written, and on nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.engine.recorder import Declared, record
from slipway.engine.workspace import program
from tests.support.repositories import CHURN, DIGEST, FILES, FRAUD, Clone, make

if TYPE_CHECKING:
    from collections.abc import Iterable

TEAM = "dev.growth"
few = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NEW = "manifests/growth/new.yaml"
rollouts = st.sampled_from(
    [
        "{strategy: rolling, max_surge: 1}",
        "{strategy: recreate}",
        "{strategy: canary, steps: [{weight: 50, for: 5m}]}",
    ]
)


@pytest.fixture
def stack(tmp_path: Path) -> Clone:
    clone = make(tmp_path / "clone")
    shutil.copy(Path(__file__).parents[2] / "__main__.py", clone.root)
    return clone


def declared(clone: Clone) -> dict[str, Declared]:
    """The team's resources by URN."""
    return {item.urn: item for item in record(TEAM, program(clone.root))}


def names(resources: Iterable[Declared]) -> set[str]:
    return {item.name for item in resources}


@few
@given(order=st.permutations(sorted(FILES)))
def test_rendering_is_deterministic(stack: Clone, order: list[str]) -> None:
    first = declared(stack)
    shutil.rmtree(stack.root / "manifests")
    shutil.rmtree(stack.root / "environments")
    for file in order:
        stack.write(file, FILES[file])
    assert declared(stack) == first


@few
@given(rollout=rollouts, least=st.integers(2, 9), more=st.integers(0, 5), port=st.none() | st.integers(1024, 65535))
def test_adding_a_service_changes_only_its_own_resources(
    stack: Clone, rollout: str, least: int, more: int, port: int | None
) -> None:
    (stack.root / NEW).unlink(missing_ok=True)
    before = declared(stack)
    listening = f"port: {port}\nprobes: {{ready: /}}\n" if port else ""
    stack.write(
        NEW,
        f"kind: Service\nname: new\nrelease: {{image: ml/new@{DIGEST}}}\n{listening}"
        f"scaling: {{min: {least}, max: {least + more}}}\nrollout: {rollout}\n",
    )
    after = declared(stack)
    assert {urn: after[urn] for urn in before} == before
    added = [after[urn] for urn in after.keys() - before.keys()]
    assert all(item.name == "new" or item.name.startswith("new-") for item in added)
    expected = {"new", "new-account", "new-budget", "new-callers"}
    expected |= {"new-autoscaler"} if more else set()
    expected |= {"new-rollout"} if "canary" in rollout else {"new-deployment"}
    expected |= {"new-service"} if port else set()
    expected |= {"new-service-stable", "new-service-canary"} if port and "canary" in rollout else set()
    assert names(added) == expected


@few
@given(digits=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_new_image_changes_only_the_workload(stack: Clone, digits: str) -> None:
    stack.write(FRAUD, FILES[FRAUD])
    before = declared(stack)
    stack.write(FRAUD, FILES[FRAUD].replace(DIGEST, f"sha256:{digits}"))
    after = declared(stack)
    assert after.keys() == before.keys()
    changed = names(after[urn] for urn in before if after[urn] != before[urn])
    assert changed == ({"fraud-deployment"} if digits not in DIGEST else set())


def test_a_new_number_of_pods_leaves_the_pods_alone(stack: Clone) -> None:
    before = declared(stack)
    stack.edit(CHURN, "max: 12", "max: 13")
    after = declared(stack)
    assert names(after[urn] for urn in before if after[urn] != before[urn]) == {"churn-autoscaler"}


def test_a_label_of_the_service_restarts_nothing(stack: Clone) -> None:
    before = declared(stack)
    stack.edit(CHURN, "port: 8080", "port: 8080\nlabels: {owner: growth-a}")
    after = declared(stack)

    def template(resources: dict[str, Declared]) -> object:
        return next(item.inputs["spec"]["template"] for item in resources.values() if item.name == "churn-rollout")

    assert template(after) == template(before)
    assert "churn-rollout" in names(after[urn] for urn in before if after[urn] != before[urn])
