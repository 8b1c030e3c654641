"""What a node of a machine type offers to pods.

Sources: Compute Engine documentation, "Machine families resource and comparison guide" (vCPU and memory of a type);
GKE documentation, "Plan node sizes for Standard clusters" (what the node keeps for itself). Read 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_GIB: Final = 2**30
_TYPE: Final = re.compile(r"(?P<family>[a-z][0-9][a-z]?)-(?P<shape>standard|highmem|highcpu)-(?P<cpus>[0-9]+)")

_GIB_PER_CPU: Final = {
    "e2": {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0},
    "n1": {"standard": 3.75, "highmem": 6.5, "highcpu": 0.9},
    "n2": {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0},
    "n2d": {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0},
    "n4": {"standard": 4.0, "highmem": 8.0, "highcpu": 2.0},
    "c3": {"standard": 4.0, "highmem": 8.0, "highcpu": 2.0},
    "c4": {"standard": 3.75, "highmem": 7.75, "highcpu": 2.0},
    "t2d": {"standard": 4.0},
    "g2": {"standard": 4.0},
}
_CPUS: Final = {
    "e2": {2, 4, 8, 16, 32},
    "n1": {1, 2, 4, 8, 16, 32, 64, 96},
    "n2": {2, 4, 8, 16, 32, 48, 64, 80, 96, 128},
    "n2d": {2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224},
    "n4": {2, 4, 8, 16, 32, 48, 64, 80},
    "c3": {4, 8, 22, 44, 88, 176},
    "c4": {2, 4, 8, 16, 24, 32, 48, 96, 144, 192, 288},
    "t2d": {1, 2, 4, 8, 16, 32, 48, 60},
    "g2": {4, 8, 12, 16, 24, 32, 48, 96},
}
_G2_GPUS: Final = {4: 1, 8: 1, 12: 1, 16: 1, 24: 2, 32: 1, 48: 4, 96: 8}
_A2_GPUS: Final = {"a2-highgpu-1g": (12, 85, 1), "a2-highgpu-2g": (24, 170, 2), "a2-highgpu-4g": (48, 340, 4)}

_MEMORY_STEPS: Final = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06))
_MEMORY_REST: Final = 0.02
_EVICTION: Final = 100 * 2**20
_CPU_STEPS: Final = ((1, 0.06), (1, 0.01), (2, 0.005))
_CPU_REST: Final = 0.0025


@dataclass(frozen=True)
class Machine:
    """A machine type: `cpus` vCPUs, `memory` in bytes, accelerators built in."""

    name: str
    cpus: int
    memory: int
    gpu_type: str | None = None
    gpus: int = 0

    @property
    def allocatable_millicores(self) -> int:
        """CPU left for pods, in thousandths of a core."""
        return round(1000 * (self.cpus - _reserved(self.cpus, _CPU_STEPS, _CPU_REST)))

    @property
    def allocatable_memory(self) -> int:
        """Memory left for pods, in bytes."""
        kept = _reserved(self.memory / _GIB, _MEMORY_STEPS, _MEMORY_REST) * _GIB
        return int(self.memory - kept - _EVICTION)


def machine(name: str) -> Machine:
    """The machine type called `name`. Raises ValueError for one that is not known."""
    if name in _A2_GPUS:
        cpus, gib, gpus = _A2_GPUS[name]
        return Machine(name, cpus, gib * _GIB, "nvidia-tesla-a100", gpus)
    match = _TYPE.fullmatch(name)
    if match and match["family"] in _GIB_PER_CPU:
        family, shape, cpus = match["family"], match["shape"], int(match["cpus"])
        if shape in _GIB_PER_CPU[family] and cpus in _CPUS[family]:
            memory = int(_GIB_PER_CPU[family][shape] * cpus * _GIB)
            gpus = _G2_GPUS[cpus] if family == "g2" else 0
            return Machine(name, cpus, memory, "nvidia-l4" if gpus else None, gpus)
        sizes = ", ".join(map(str, sorted(_CPUS[family])))
        shapes = ", ".join(_GIB_PER_CPU[family])
        raise ValueError(f"there is no machine type `{name}`; {family} comes as {shapes} with {sizes} vCPUs")
    raise ValueError(f"there is no machine type `{name}`; write FAMILY-SHAPE-CPUS, such as e2-standard-4")


def _reserved(amount: float, steps: tuple[tuple[int, float], ...], rest: float) -> float:
    kept = 0.0
    for size, share in steps:
        part = min(amount, size)
        kept += part * share
        amount -= part
        if amount <= 0:
            return kept
    return kept + amount * rest
