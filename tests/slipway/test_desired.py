"""Defaults, manifest, overlay: what each may say, and what wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from slipway.repository import load
from slipway.schema.manifest import Scaling, Service
from slipway.schema.rollout import Canary, Recreate, Rolling
from tests.support.repositories import CHURN, DIGEST, FRAUD, PRODUCTION

if TYPE_CHECKING:
    from slipway.desired import Desired, WantedService
    from tests.support.repositories import Clone


def service(wanted: Desired, key: str) -> WantedService:
    return next(service for service in wanted.services if service.key == key)


def test_defaults_are_safe() -> None:
    spec = Service.model_validate({"kind": "Service", "name": "a", "release": {"image": f"ml/a@{DIGEST}"}})
    assert (spec.scaling.min, spec.scaling.max, spec.scaling.autoscaled) == (2, None, False)
    assert spec.rollout == Rolling(strategy="rolling")
    assert (spec.resources.cpu, spec.resources.memory, spec.resources.gpu) == ("250m", "512Mi", None)
    assert (spec.target, spec.port, spec.callers, spec.env) == ("gke", None, [], {})


def test_manifest_over_defaults(clone: Clone) -> None:
    churn = service(clone.desired("dev"), "growth/churn")
    assert (churn.spec.scaling.min, churn.spec.scaling.max, churn.spec.scaling.cpu) == (4, 12, 70)
    assert isinstance(churn.spec.rollout, Canary)
    assert (churn.image.registry, churn.image.name, churn.image.tag, churn.image.digest) == (
        "ml",
        "churn",
        "1.4.0",
        DIGEST,
    )
    assert churn.release == "1.4.0@0123456789ab, model 42"


def test_overlay_over_manifest_replaces_the_whole_block(clone: Clone) -> None:
    clone.edit(CHURN, "  max: 12", "  max: 12\n  cpu: 40")
    assert service(clone.desired("dev"), "growth/churn").spec.scaling == Scaling(min=4, max=12, cpu=40)
    assert service(clone.desired("production"), "growth/churn").spec.scaling == Scaling(min=6, max=24, cpu=70)


def test_overlay_of_rollout_and_resources(clone: Clone) -> None:
    clone.edit(
        PRODUCTION,
        "    scaling:\n      min: 6\n      max: 24\n",
        "    rollout: {strategy: recreate}\n    resources: {cpu: 2}\n",
    )
    churn = service(clone.desired("production"), "growth/churn")
    assert isinstance(churn.spec.rollout, Recreate)
    assert (churn.spec.resources.cpu, churn.spec.resources.memory) == ("2", "512Mi")
    assert churn.spec.scaling == service(clone.desired("dev"), "growth/churn").spec.scaling


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(least=st.integers(4, 20), more=st.integers(0, 20), cpu=st.integers(1, 100))
def test_an_overlay_never_changes_what_is_released(clone: Clone, least: int, more: int, cpu: int) -> None:
    from tests.support.repositories import FILES  # noqa: PLC0415 - each example starts from the same file

    block = f"    scaling: {{min: {least}, max: {least + more}, cpu: {cpu}}}\n"
    clone.write(PRODUCTION, FILES[PRODUCTION].replace("    scaling:\n      min: 6\n      max: 24\n", block))
    plain, overlaid = (service(clone.desired(name), "growth/churn") for name in ("dev", "production"))
    assert overlaid.spec.scaling == Scaling(min=least, max=least + more, cpu=cpu)
    assert (overlaid.spec.release, overlaid.image, overlaid.model) == (plain.spec.release, plain.image, plain.model)
    assert overlaid.spec.model_copy(update={"scaling": plain.spec.scaling}) == plain.spec


def test_stacks_teams_and_services_have_a_fixed_order(clone: Clone) -> None:
    wanted = clone.desired("dev")
    assert wanted.stacks == ["dev.platform", "dev.cluster", "dev.growth", "dev.search"]
    assert [service.key for service in wanted.services] == ["growth/churn", "growth/fraud", "search/ranking"]
    assert [service.name for service in wanted.team("growth")] == ["churn", "fraud"]
    assert (wanted.teams, wanted.cluster_name) == (["growth", "search"], "main")
    assert load(clone.root).teams == ["growth", "search"]


def test_two_teams_may_have_services_of_one_name(clone: Clone) -> None:
    clone.write("manifests/search/fraud.yaml", (clone.root / FRAUD).read_bytes())
    assert [service.key for service in clone.desired("dev").services if service.name == "fraud"] == [
        "growth/fraud",
        "search/fraud",
    ]


def test_values_are_frozen(clone: Clone) -> None:
    churn = service(clone.desired("dev"), "growth/churn")
    with pytest.raises(ValidationError, match="frozen"):
        churn.spec.scaling.min = 1
    with pytest.raises(AttributeError):
        churn.team = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("image", "short", "suffix"),
    [
        (f"ml/churn@{DIGEST}", "0123456789ab", f"@{DIGEST}"),
        (f"ml/churn:1.4@{DIGEST}", "1.4@0123456789ab", f"@{DIGEST}"),
        ("ml/churn:1.4", "1.4", ":1.4"),
        ("ml/churn", "latest", ":latest"),
    ],
)
def test_images(clone: Clone, image: str, short: str, suffix: str) -> None:
    clone.edit(CHURN, f"ml/churn:1.4.0@{DIGEST}", image)
    found = service(clone.desired("local"), "growth/churn").image
    assert (found.short, found.suffix) == (short, suffix)


def test_a_gpu_service_needs_a_node_with_enough_of_them(clone: Clone) -> None:
    clone.edit(CHURN, "  memory: 512Mi", "  memory: 512Mi\n  gpu: {type: nvidia-l4, count: 2}")
    pool = "    pools:\n      l4: {machine: g2-standard-%s}\n"
    for name in ("dev", "production"):
        clone.edit(f"environments/{name}.yaml", "    pools:\n", pool % "24")
        clone.edit(f"environments/{name}.yaml", "branch:", "teams: {growth: {limits: {gpus: 64}}}\nbranch:")
    assert service(clone.desired("dev"), "growth/churn").spec.resources.gpu is not None
    clone.edit("environments/dev.yaml", "g2-standard-24", "g2-standard-8")
    assert [(problem.file, problem.line, problem.what) for problem in clone.problems()] == [
        (CHURN, 14, "no node pool of environment `dev` has 2 x nvidia-l4 in one node"),
        (CHURN, 14, "no node pool of environment `local` has 2 x nvidia-l4 in one node"),
    ]


def test_nodes_with_accelerators_are_not_for_other_pods(clone: Clone) -> None:
    clone.edit("environments/dev.yaml", "        machine: e2-standard-4\n", "        machine: g2-standard-8\n")
    assert {problem.remedy for problem in clone.problems()} == {
        "add a node pool without taints that has at least one node"
    }
