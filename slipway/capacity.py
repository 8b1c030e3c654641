"""What a GKE node of a machine type has, and what of it pods can have.

Source: GKE documentation, "Plan node sizes" (kube-reserved CPU, memory and local storage; eviction threshold), as of
2026-11. CPU: 6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest; shared-core E2
1060 millicores. Memory: 255 MiB below 1 GiB, else 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8,
6 % of the next 112, 2 % of the rest; and 100 MiB for eviction. Boot disk: 10 % for eviction, and the least of 50 %
of it, 6 GiB + 35 % of it, and 100 GiB. Nodes with more than 110 pods reserve 400 millicores more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from slipway.machines import Machine

_CPU_STEPS: Final = ((1, 60), (1, 10), (2, 5), (float("inf"), 2.5))
_SHARED_CORE_CPU: Final = 1060
_MEMORY_STEPS: Final = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (float("inf"), 0.02))
_SMALL_MEMORY: Final = 255
_EVICTION: Final = 100
_USUAL_PODS: Final = 110
_MORE_PODS_CPU: Final = 400
_MIB: Final = 1024


def reserved_cpu(machine: Machine, pods: int = _USUAL_PODS) -> float:
    """Millicores that GKE keeps for itself."""
    if machine.shared:
        return _SHARED_CORE_CPU
    left, reserved = float(machine.cpus), 0.0
    for cores, millicores in _CPU_STEPS:
        step = min(left, cores)
        reserved += step * millicores
        left -= step
    return reserved + (_MORE_PODS_CPU if pods > _USUAL_PODS else 0)


def reserved_memory(machine: Machine) -> float:
    """MiB that GKE keeps for itself, the eviction threshold included."""
    if machine.memory < 1:
        return _SMALL_MEMORY + _EVICTION
    left, reserved = float(machine.memory), 0.0
    for gib, share in _MEMORY_STEPS:
        step = min(left, gib)
        reserved += step * share * _MIB
        left -= step
    return reserved + _EVICTION


def reserved_storage(disk: float) -> float:
    """GiB of a boot disk of `disk` GiB that pods cannot have."""
    return 0.1 * disk + min(0.5 * disk, 6 + 0.35 * disk, 100)


def resources(machine: Machine, pods: int, disk: int, gpus: int) -> tuple[dict[str, str], dict[str, str]]:
    """(capacity, allocatable) of a node, as Kubernetes quantities. `disk` is in GiB."""
    cpu, memory = int(machine.cpus * 1000), machine.memory * _MIB
    capacity = {"cpu": str(int(machine.cpus)), "memory": f"{int(memory)}Mi", "ephemeral-storage": f"{disk}Gi"}
    allocatable = {
        "cpu": f"{int(cpu - reserved_cpu(machine, pods))}m",
        "memory": f"{int(round(memory - reserved_memory(machine), 3))}Mi",
        "ephemeral-storage": f"{int((disk - reserved_storage(disk)) * _MIB)}Mi",
    }
    both = {"pods": str(pods), **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    return capacity | both, allocatable | both
