"""What a service may expose, and what its environment has to allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import CHURN, DEV, FRAUD

if TYPE_CHECKING:
    from tests.support.repositories import Clone

CLIENT = "100000000002-abc123.apps.googleusercontent.com"
GATEWAY = f"gateway: {{domain: dev.ml.acme.example, public: [churn], oauth_client: {CLIENT}}}\n"


@pytest.fixture
def gated(clone: Clone) -> Clone:
    """Only `dev`, with a gateway at which `churn` may be public."""
    for other in ("production", "local"):
        (clone.root / f"environments/{other}.yaml").unlink()
    clone.edit(DEV, "registries:\n", f"{GATEWAY}registries:\n")
    return clone


def told(clone: Clone) -> list[str]:
    return [str(problem) for problem in clone.problems()]


@pytest.mark.parametrize(
    "block", ["{host: churn, auth: iap}", "{host: other, auth: none}", "{host: churn, auth: iap, affinity: cookie}"]
)
def test_what_is_allowed(gated: Clone, block: str) -> None:
    gated.edit(CHURN, "port: 8080", f"port: 8080\nexpose: {block}")
    assert told(gated) == []


def test_a_host_that_may_not_be_public(gated: Clone) -> None:
    gated.edit(CHURN, "port: 8080", "port: 8080\nexpose: {host: other, auth: iap}")
    what = "environment `dev` does not allow the host `other` to be public"
    remedy = f"list it under gateway.public in {DEV}, or use auth: none, inside of the VPC"
    assert told(gated) == [f"{CHURN}:8: {what}; {remedy}"]


def test_a_public_host_that_nothing_would_guard(gated: Clone) -> None:
    gated.edit(CHURN, "port: 8080", "port: 8080\nexpose: {host: churn, auth: none}")
    what = "environment `dev` lists the host `churn` as public, and nothing would ask who calls"
    assert told(gated) == [f"{CHURN}:8: {what}; use auth: iap, or remove the host from {DEV}"]


def test_two_services_want_one_host(gated: Clone) -> None:
    for file in (CHURN, FRAUD):
        gated.edit(file, "port: 8080", "port: 8080\nexpose: {host: same, auth: none}")
    assert told(gated) == [f"{FRAUD}:6: the host `same` is exposed by {CHURN} already; give this service another host"]


def test_a_shared_gpu_gives_one_share_to_a_pod(clone: Clone) -> None:
    for other in ("production", "local"):
        (clone.root / f"environments/{other}.yaml").unlink()
    pool = "      gpu:\n        machine: n1-standard-8\n        gpu: {type: nvidia-tesla-t4, count: 2}\n"
    clone.edit(DEV, "registries:\n", f"{pool}registries:\n")
    clone.edit(CHURN, "  memory: 512Mi", "  memory: 512Mi\n  gpu: {type: nvidia-tesla-t4, count: 2}")
    limits = "teams: {growth: {limits: {gpus: 100}}}\n"
    clone.edit(DEV, "registries:\n", f"{limits}registries:\n")
    assert told(clone) == []
    clone.edit(DEV, "count: 2}", "count: 2, sharing: {by: time, clients: 4}}")
    assert [problem.what for problem in clone.problems()] == [
        "no node pool of environment `dev` has 2 x nvidia-tesla-t4 in one node"
    ]
