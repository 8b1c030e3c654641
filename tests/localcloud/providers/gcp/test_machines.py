"""Machine types, and what their nodes leave for pods."""

from __future__ import annotations

import pytest

from localcloud.providers.gcp import locations
from slipway import capacity, machines, zones


@pytest.mark.parametrize(
    ("name", "cpu", "memory"),
    [
        # GKE documentation, "Plan node sizes", allocatable tables
        ("e2-medium", 940, 4096 - 1024 - 100),
        ("e2-standard-2", 1930, 8192 - 1024 - 819.2 - 100),
        ("e2-standard-4", 3920, 16384 - 1024 - 819.2 - 819.2 - 100),
        ("n1-standard-32", 32000 - 60 - 10 - 10 - 70, 122880 - 1024 - 819.2 - 819.2 - 6389.76 - 100),
        ("n2-highmem-64", 64000 - 60 - 10 - 10 - 150, 524288 - 1024 - 819.2 - 819.2 - 6881.28 - 7864.32 - 100),
    ],
)
def test_allocatable_follows_the_published_formula(name: str, cpu: int, memory: float) -> None:
    machine = machines.find(name)
    assert machine
    _, allocatable = capacity.resources(machine, 110, 100, 0)
    assert allocatable["cpu"] == f"{cpu}m"
    assert allocatable["memory"] == f"{int(round(memory, 3))}Mi"


def test_machine_types() -> None:
    assert machines.find("e2-standard-3") is None
    assert machines.find("n2-standard") is None
    custom = machines.find("custom-4-8192")
    assert custom
    assert (custom.family, custom.cpus, custom.memory) == ("n1", 4, 8)
    assert machines.find("n2-custom-3-8192") is None
    assert all(machines.find(name) for name in machines.known())


def test_locations() -> None:
    assert locations.zones("us-central1") == [f"us-central1-{letter}" for letter in "abcf"]
    assert locations.region_of("us-central1-f") == "us-central1"
    assert not locations.is_zone("us-central1")
    assert not locations.is_zone("us-central1-z")


def test_every_accelerator_of_a_machine_type_has_zones() -> None:
    for name in machines.known():
        machine = machines.machine(name)
        for kind in (machine.gpu, machine.tpu, *(machines.ATTACHABLE if machine.family == "n1" else ())):
            assert not kind or zones.of_accelerator(kind), name


def test_zones_with_accelerators_exist() -> None:
    kinds = {machines.machine(name).gpu for name in machines.known()} | set(machines.ATTACHABLE)
    kinds |= {machines.machine(name).tpu for name in machines.known()}
    for kind in kinds - {""}:
        assert all(locations.is_zone(zone) for zone in zones.of_accelerator(kind)), kind


def test_what_is_rare_and_what_is_not() -> None:
    assert zones.of_machine(machines.machine("e2-standard-4")) is None
    assert "us-central1-c" not in (zones.of_machine(machines.machine("t2a-standard-4")) or ())
    mega, small = (zones.of_machine(machines.machine(f"a2-{name}")) or set() for name in ("megagpu-16g", "highgpu-1g"))
    assert mega < small
    assert zones.near({"europe-west4-a", "us-east1-b"}, "europe-west4") == ["europe-west4-a"]
    assert zones.near({"us-east1-b"}, "europe-west4") == ["us-east1-b"]


def test_slices_of_tpus() -> None:
    large = machines.machine("ct6e-standard-4t")
    assert (machines.hosts(large, "2x2"), machines.hosts(large, "16x16")) == (1, 64)
    assert not machines.topology_refusal(machines.machine("ct5p-hightpu-4t"), "8x8x12")
    assert machines.topology_refusal(large, "8x8x8")
