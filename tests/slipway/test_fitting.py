"""Pools by request: spot machines and TPU slices, and what is told where an environment has none that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import CHURN, DEV, LOCAL, PRODUCTION

if TYPE_CHECKING:
    from tests.support.repositories import Clone

POOLS = "    pools:\n"
SPOT = "      cheap:\n        spot: true\n        nodes: {per_zone: 1}\n"
SLICE = (
    "      slice:\n        machine: ct6e-standard-4t\n        tpu: {topology: 2x2}\n        zones: [europe-west4-a]\n"
    "        nodes: {per_zone: 1}\n"
)
TPU = "  tpu: {type: tpu-v6e-slice, topology: %s, chips: %d}"
MEMORY = "  memory: 512Mi"


def told(clone: Clone) -> set[str]:
    """What is told of environment `dev`."""
    return {str(problem) for problem in clone.problems() if "`dev`" in str(problem) or DEV in str(problem)}


def only_dev(clone: Clone) -> None:
    for file in (LOCAL, PRODUCTION):
        (clone.root / file).unlink()


def test_spot_wants_a_pool_of_spot_machines(clone: Clone) -> None:
    clone.edit(CHURN, MEMORY, f"{MEMORY}\n  spot: true")
    assert told(clone) == {
        (
            f"{CHURN}:14: no node pool of environment `dev` is of spot machines that these pods may land on; "
            "add a pool with spot: true; the only taint it may have is cloud.google.com/gke-spot"
        )
    }
    clone.edit(DEV, POOLS, POOLS + SPOT)
    assert not told(clone)


@pytest.mark.parametrize(
    ("taint", "lands"),
    [
        ('{key: cloud.google.com/gke-spot, value: "true", effect: NO_SCHEDULE}', True),
        ('{key: cloud.google.com/gke-spot, value: "true", effect: NO_EXECUTE}', False),
        ("{key: cloud.google.com/gke-spot, value: yes, effect: NO_SCHEDULE}", False),
        ("{key: for, value: others, effect: NO_SCHEDULE}", False),
    ],
)
def test_the_taint_of_spot_nodes_is_tolerated_and_no_other(clone: Clone, taint: str, lands: bool) -> None:  # noqa: FBT001
    clone.edit(CHURN, MEMORY, f"{MEMORY}\n  spot: true")
    clone.edit(DEV, POOLS, f"{POOLS}{SPOT}        taints: [{taint}]\n".replace("value: yes", 'value: "yes"'))
    assert (not told(clone)) is lands


def test_pods_that_do_not_ask_for_spot_stay_off_tainted_spot_nodes(clone: Clone) -> None:
    """With nothing but spot nodes that are tainted, there is no node for anybody else."""
    clone.edit(
        DEV,
        "        machine: e2-standard-4\n",
        "        spot: true\n        taints: [{key: own, value: x, effect: NO_SCHEDULE}]\n",
    )
    assert any("add a node pool without taints" in problem for problem in told(clone))


def test_a_slice_is_matched_by_type_topology_and_chips(clone: Clone) -> None:
    clone.edit(CHURN, MEMORY, f"{MEMORY}\n{TPU % ('2x2', 4)}")
    what = "no node pool of environment `dev` is a slice tpu-v6e-slice"
    none = f"{CHURN}:14: {what} of topology %s with %d chips in each node"
    assert told(clone) == {none % ("2x2", 4) + "; add a pool with a TPU machine and its topology"}
    clone.edit(DEV, POOLS, POOLS + SLICE)
    clone.edit(DEV, "branch:", "teams: {growth: {limits: {tpus: 100}}}\nbranch:")
    assert not told(clone)
    clone.edit(CHURN, TPU % ("2x2", 4), TPU % ("1x1", 1))
    assert told(clone) == {none % ("1x1", 1) + "; ask for what there is: tpu-v6e-slice 2x2 with chips: 4"}


def test_chips_count_in_the_quota(clone: Clone) -> None:
    clone.edit(CHURN, MEMORY, f"{MEMORY}\n{TPU % ('2x2', 4)}")
    clone.edit(DEV, POOLS, POOLS + SLICE)
    only_dev(clone)
    (problem,) = clone.problems()
    assert "team `growth` may need 60 tpus in environment `dev`" in str(problem)
    assert "its limit is 0, the default" in str(problem)


def test_what_no_pod_can_be(clone: Clone) -> None:
    clone.edit(CHURN, MEMORY, f"{MEMORY}\n{TPU % ('4x4', 4)}")
    (problem,) = clone.problems()
    assert str(problem) == (
        f"{CHURN}:14: the slice is 4 nodes that work on one thing together; "
        "use it from a kind: Job, or ask for one node's chips"
    )
    clone.edit(CHURN, TPU % ("4x4", 4), f"{TPU % ('2x2', 4)}\n  gpu: {{type: nvidia-l4}}")
    assert [str(problem) for problem in clone.problems()] == [
        f"{CHURN}:14: resources: no node has GPUs and TPUs; keep one of the two"
    ]
