"""Quantities: what is written is what is meant, and nothing else is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway import units
from slipway.machines import Machine, machine

GIB = 2**30


@given(st.integers(0, 10**6), st.sampled_from([("s", 1), ("m", 60), ("h", 3600)]))
def test_durations(number: int, unit: tuple[str, int]) -> None:
    assert units.seconds(f"{number}{unit[0]}") == number * unit[1]


@given(st.integers(0, 10**6))
def test_cpu_in_thousandths_and_cores_is_the_same(millicores: int) -> None:
    assert units.millicores(f"{millicores}m") == millicores
    assert units.millicores(f"{millicores // 1000}.{millicores % 1000:03d}") == millicores
    assert units.millicores(str(millicores)) == 1000 * millicores


@given(st.integers(0, 10**6), st.sampled_from(["Ki", "Mi", "Gi", "Ti"]))
def test_memory_grows_by_1024(number: int, unit: str) -> None:
    larger = {"Ki": "Mi", "Mi": "Gi", "Gi": "Ti"}.get(unit)
    assert units.octets(f"{1024 * number}{unit}") == units.octets(f"{number}{unit}") * 1024
    if larger:
        assert units.octets(f"{number}{larger}") == units.octets(f"{1024 * number}{unit}")


def test_memory_in_bytes() -> None:
    assert (units.octets("1Ki"), units.octets("512Mi"), units.octets("2Gi")) == (1024, 536870912, 2147483648)


@pytest.mark.parametrize("text", ["", "5", "m", "5d", "-5s", "1.5h", " 5s", "5s\n", "\u0665m", "9999999999s"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; write a whole number"):
        units.seconds(text)


@pytest.mark.parametrize("text", ["", "m", "1.2345", "0.5m", "-1", "1e3", "1 core", "1\n", "1.", ".5"])
def test_no_cpu(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount of CPU; write cores"):
        units.millicores(text)


@pytest.mark.parametrize("text", ["", "512", "512M", "512MB", "1.5Gi", "Gi", "-1Gi", "1Gi\n", "1 Gi"])
def test_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount of memory; write Ki, Mi, Gi or Ti"):
        units.octets(text)


@given(st.integers(0, 100), st.integers(0, 999))
def test_shares(percent: int, pods: int) -> None:
    assert units.checked_share(f"{percent}%") == f"{percent}%"
    assert units.checked_share(str(pods)) == str(pods)
    assert units.is_none(f"{percent}%") == (percent == 0)
    assert units.is_none(str(pods)) == (pods == 0)


@pytest.mark.parametrize("text", ["", "%", "101%", "-1", "1.5", "1000", "25 %", "25%\n", "\u0662"])
def test_no_shares(text: str) -> None:
    with pytest.raises(ValueError, match="is no share of pods; write a percentage"):
        units.checked_share(text)


# GKE documentation, "Plan node sizes for Standard clusters": 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the
# next 8, 6 % of the next 112, 2 % above 128 GiB, and 100 MiB for eviction; 6 % of the first core, 1 % of the second,
# 0.5 % of the next two, 0.25 % above four. Each sum is written out, not computed as the code does.
@pytest.mark.parametrize(
    ("name", "cpus", "memory", "millicores", "kept"),
    [
        ("e2-standard-2", 2, 8 * GIB, 1930, 1.8),
        ("e2-standard-4", 4, 16 * GIB, 3920, 2.6),
        ("e2-standard-8", 8, 32 * GIB, 7910, 2.6 + 16 * 0.06),
        ("n2-standard-8", 8, 32 * GIB, 7910, 3.56),
        ("n1-standard-1", 1, int(3.75 * GIB), 940, 0.9375),
        ("n2-highmem-32", 32, 256 * GIB, 31850, 1.8 + 0.8 + 6.72 + 2.56),
        ("e2-highcpu-2", 2, 2 * GIB, 1930, 0.5),
    ],
)
def test_what_a_node_offers(name: str, cpus: int, memory: int, millicores: int, kept: float) -> None:
    found = machine(name)
    assert (found.cpus, found.memory * GIB, found.gpus) == (cpus, memory, 0)
    assert found.allocatable_millicores == millicores
    assert found.allocatable_memory == pytest.approx(memory - kept * GIB - 100 * 2**20, abs=1)


@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [("g2-standard-4", "nvidia-l4", 1), ("g2-standard-96", "nvidia-l4", 8), ("a2-highgpu-2g", "nvidia-tesla-a100", 2)],
)
def test_accelerators_that_are_built_in(name: str, kind: str, count: int) -> None:
    assert (machine(name).gpu, machine(name).gpus) == (kind, count)


def test_a2_by_its_page() -> None:
    assert machine("a2-highgpu-1g") == Machine("a2-highgpu-1g", 12, 85, "nvidia-tesla-a100", 1)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("e2-standard-3", "e2 comes as standard, highmem, highcpu with 2, 4, 8, 16, 32 vCPUs"),
        ("t2d-highmem-4", "t2d comes as standard with 1, 2, 4, 8, 16, 32, 48, 60 vCPUs"),
        ("x9-standard-4", "write FAMILY-SHAPE-CPUS, such as e2-standard-4"),
        ("e2-standard-4\n", "write FAMILY-SHAPE-CPUS, such as e2-standard-4"),
        ("", "write FAMILY-SHAPE-CPUS, such as e2-standard-4"),
    ],
)
def test_no_machines(name: str, said: str) -> None:
    with pytest.raises(ValueError, match="there is no machine type") as refused:
        machine(name)
    assert str(refused.value).endswith(f"; {said}")
