"""A team's services at their most against its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.quotas import Need, most
from slipway.schema.manifest import Service
from tests.support.repositories import CHURN, DEV, DIGEST, FILES

if TYPE_CHECKING:
    from tests.support.repositories import Clone

TEAMS = "teams:\n  growth:\n    limits: {%s}\nbranch:"


def service(**more: object) -> Service:
    return Service.model_validate(
        {"kind": "Service", "name": "a", "release": {"image": f"ml/a@{DIGEST}"}, "scaling": {"min": 2}} | more
    )


@pytest.mark.parametrize(
    ("spec", "pods"),
    [
        (service(), 3),  # a quarter of two rounds up
        (service(scaling={"min": 4, "max": 12}), 15),
        (service(scaling={"min": 4, "max": 12}, rollout={"strategy": "rolling", "max_surge": "2"}), 14),
        (service(scaling={"min": 4, "max": 12}, rollout={"strategy": "recreate"}), 12),
        (
            service(
                scaling={"min": 10},
                rollout={"strategy": "canary", "max_surge": "1%", "steps": [{"weight": 50, "for": "5m"}]},
            ),
            11,
        ),
    ],
)
def test_most_is_the_largest_number_and_a_rollout_s_surge(spec: Service, pods: int) -> None:
    assert most(spec) == Need(cpu=pods * 250, memory=pods * 512 * 2**20, pods=pods)


def test_a_pod_with_a_model_brings_the_sidecar_that_mounts_it() -> None:
    with_model = service(release={"image": f"ml/a@{DIGEST}", "model": f"a/1@{DIGEST}"})
    assert most(with_model) == Need(cpu=3 * 500, memory=3 * 768 * 2**20, pods=3)


def test_the_examples_fit_the_defaults(clone: Clone) -> None:
    assert clone.problems() == []


@pytest.mark.parametrize(
    ("limit", "need", "alone"),
    [
        ("cpu: 8", "8500m cpu", "`churn` alone 7500m in 15 pods"),
        ("memory: 8Gi", "13568Mi memory", "`churn` alone 11520Mi in 15 pods"),
        ("pods: 18", "19 pods", "`churn` alone 15 in 15 pods"),
    ],
)
def test_too_small_a_limit_is_refused_with_the_numbers_and_its_line(
    clone: Clone, limit: str, need: str, alone: str
) -> None:
    clone.edit(DEV, "branch:", TEAMS % limit)
    (problem,) = clone.problems()
    assert (problem.file, problem.line) == (DEV, 3)
    assert f"team `growth` may need {need} in environment `dev`" in problem.what
    assert alone in problem.what
    assert "the default" not in problem.what
    key, wanted = limit.partition(":")[0], need.partition(" ")[0]
    assert problem.remedy == f"raise teams.growth.limits.{key} to {wanted} or more, or lower scaling.max"
    clone.edit(DEV, limit, f"{key}: {wanted}")
    assert clone.problems() == []


def test_a_default_that_is_too_small_is_called_one(clone: Clone) -> None:
    clone.edit(CHURN, "max: 12", "max: 200")
    clone.edit("environments/production.yaml", "max: 24", "max: 25")
    assert {(problem.file, problem.line) for problem in clone.problems()} == {(DEV, 1), ("environments/local.yaml", 1)}
    assert all(
        "limit is 64000m, the default" in p.what or "limit is 200, the default" in p.what for p in clone.problems()
    )


@given(least=st.integers(1, 60), more=st.integers(0, 60), surge=st.integers(1, 100))
def test_what_is_granted_is_never_less_than_a_rollout_may_have_at_once(least: int, more: int, surge: int) -> None:
    spec = service(
        scaling={"min": least, "max": least + more}, rollout={"strategy": "rolling", "max_surge": f"{surge}%"}
    )
    found = most(spec).pods
    assert found > least + more, "a surge is at least one pod"
    assert (found - 1 - (least + more)) * 100 < (least + more) * surge, "and no pod too many"


def test_a_grant_for_nobody_is_refused(clone: Clone) -> None:
    clone.edit(DEV, "branch:", "teams:\n  grwth: {}\nbranch:")
    assert [(p.line, p.what, p.remedy) for p in clone.problems()] == [
        (2, "a grant for team `grwth`, which has no service", "did you mean `growth`?")
    ]


def test_a_domain_cannot_view(clone: Clone) -> None:
    clone.edit(
        DEV,
        "branch:",
        "teams:\n  growth:\n    viewers:\n      - group:a@acme.example\n      - domain:acme.example\nbranch:",
    )
    assert [(p.line, p.what) for p in clone.problems()] == [
        (5, "`domain:acme.example` is a whole domain, and Kubernetes grants to users and groups")
    ]
    assert FILES[DEV].startswith("branch:")
