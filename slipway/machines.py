"""Machine types and accelerators: what a node has of CPU, memory and GPUs.

Sources: Compute Engine documentation, "General-purpose machine family", "Compute-optimized", "Memory-optimized",
"Accelerator-optimized machine family", "GPU machine types" (limits of attached GPUs on N1) and "Confidential VM
supported configurations"; GKE documentation, "Plan TPUs in GKE" (machine types, chips, topologies), as of 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from slipway import capacity


@dataclass(frozen=True)
class Machine:
    """A machine type: vCPUs (shared-core ones count fractions), memory in GiB, GPUs that come with it."""

    name: str
    cpus: float
    memory: float
    gpu: str = ""
    gpus: int = 0
    #: `cloud.google.com/gke-tpu-accelerator` of its nodes, and chips on each
    tpu: str = ""
    tpus: int = 0
    #: shared-core types of E2, which have a CPU reservation of their own
    shared: bool = False

    @property
    def allocatable_millicores(self) -> int:
        """CPU left for pods, in thousandths of a core."""
        return int(self.cpus * 1000 - capacity.reserved_cpu(self))

    @property
    def allocatable_memory(self) -> int:
        """Memory left for pods, in bytes."""
        return int((self.memory * 1024 - capacity.reserved_memory(self)) * 2**20)

    @property
    def family(self) -> str:
        """The series, as GKE's label `cloud.google.com/machine-family` has it."""
        return self.name.split("-", 1)[0]

    @property
    def architecture(self) -> str:
        """`kubernetes.io/arch` of its nodes."""
        return "arm64" if self.family in {"t2a", "c4a", "n4a"} else "amd64"


#: family-class -> (GiB of memory for each vCPU, numbers of vCPUs)
_SERIES: Final[dict[str, tuple[float, tuple[int, ...]]]] = {
    "e2-standard": (4, (2, 4, 8, 16, 32)),
    "e2-highmem": (8, (2, 4, 8, 16)),
    "e2-highcpu": (1, (2, 4, 8, 16, 32)),
    "n1-standard": (3.75, (1, 2, 4, 8, 16, 32, 64, 96)),
    "n1-highmem": (6.5, (2, 4, 8, 16, 32, 64, 96)),
    "n1-highcpu": (0.9, (2, 4, 8, 16, 32, 64, 96)),
    "n2-standard": (4, (2, 4, 8, 16, 32, 48, 64, 80, 96, 128)),
    "n2-highmem": (8, (2, 4, 8, 16, 32, 48, 64, 80, 96)),
    "n2-highcpu": (1, (2, 4, 8, 16, 32, 48, 64, 80, 96)),
    "n2d-standard": (4, (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224)),
    "n2d-highmem": (8, (2, 4, 8, 16, 32, 48, 64, 80, 96)),
    "n2d-highcpu": (1, (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224)),
    "n4-standard": (4, (2, 4, 8, 16, 32, 48, 64, 80)),
    "n4-highmem": (8, (2, 4, 8, 16, 32, 48, 64, 80)),
    "n4-highcpu": (2, (2, 4, 8, 16, 32, 48, 64, 80)),
    "c2-standard": (4, (4, 8, 16, 30, 60)),
    "c2d-standard": (4, (2, 4, 8, 16, 32, 56, 112)),
    "c2d-highmem": (8, (2, 4, 8, 16, 32, 56, 112)),
    "c2d-highcpu": (2, (2, 4, 8, 16, 32, 56, 112)),
    "c3-standard": (4, (4, 8, 22, 44, 88, 176)),
    "c3-highmem": (8, (4, 8, 22, 44, 88, 176)),
    "c3-highcpu": (2, (4, 8, 22, 44, 88, 176)),
    "c3d-standard": (4, (4, 8, 16, 30, 60, 90, 180, 360)),
    "c3d-highmem": (8, (4, 8, 16, 30, 60, 90, 180, 360)),
    "c3d-highcpu": (2, (4, 8, 16, 30, 60, 90, 180, 360)),
    "t2d-standard": (4, (1, 2, 4, 8, 16, 32, 48, 60)),
    "t2a-standard": (4, (1, 2, 4, 8, 16, 32, 48)),
}

#: accelerator-optimized and shared-core types: (vCPUs, GiB, GPU type, GPUs)
_FIXED: Final[dict[str, tuple[float, float, str, int]]] = {
    "e2-micro": (2, 1, "", 0),
    "e2-small": (2, 2, "", 0),
    "e2-medium": (2, 4, "", 0),
    "n2-highmem-128": (128, 864, "", 0),
    "g2-standard-4": (4, 16, "nvidia-l4", 1),
    "g2-standard-8": (8, 32, "nvidia-l4", 1),
    "g2-standard-12": (12, 48, "nvidia-l4", 1),
    "g2-standard-16": (16, 64, "nvidia-l4", 1),
    "g2-standard-24": (24, 96, "nvidia-l4", 2),
    "g2-standard-32": (32, 128, "nvidia-l4", 1),
    "g2-standard-48": (48, 192, "nvidia-l4", 4),
    "g2-standard-96": (96, 384, "nvidia-l4", 8),
    "a2-highgpu-1g": (12, 85, "nvidia-tesla-a100", 1),
    "a2-highgpu-2g": (24, 170, "nvidia-tesla-a100", 2),
    "a2-highgpu-4g": (48, 340, "nvidia-tesla-a100", 4),
    "a2-highgpu-8g": (96, 680, "nvidia-tesla-a100", 8),
    "a2-megagpu-16g": (96, 1360, "nvidia-tesla-a100", 16),
    "a2-ultragpu-1g": (12, 170, "nvidia-a100-80gb", 1),
    "a2-ultragpu-2g": (24, 340, "nvidia-a100-80gb", 2),
    "a2-ultragpu-4g": (48, 680, "nvidia-a100-80gb", 4),
    "a2-ultragpu-8g": (96, 1360, "nvidia-a100-80gb", 8),
    "a3-highgpu-1g": (26, 234, "nvidia-h100-80gb", 1),
    "a3-highgpu-2g": (52, 468, "nvidia-h100-80gb", 2),
    "a3-highgpu-4g": (104, 936, "nvidia-h100-80gb", 4),
    "a3-highgpu-8g": (208, 1872, "nvidia-h100-80gb", 8),
    "a3-megagpu-8g": (208, 1872, "nvidia-h100-mega-80gb", 8),
    "a3-ultragpu-8g": (224, 2952, "nvidia-h200-141gb", 8),
}
#: TPU machine types: (vCPUs, GiB, TPU type, chips)
_TPUS: Final[dict[str, tuple[float, float, str, int]]] = {
    "ct5lp-hightpu-1t": (24, 48, "tpu-v5-lite-podslice", 1),
    "ct5lp-hightpu-4t": (112, 192, "tpu-v5-lite-podslice", 4),
    "ct5lp-hightpu-8t": (224, 384, "tpu-v5-lite-podslice", 8),
    "ct5p-hightpu-4t": (208, 448, "tpu-v5p-slice", 4),
    "ct6e-standard-1t": (44, 176, "tpu-v6e-slice", 1),
    "ct6e-standard-4t": (180, 720, "tpu-v6e-slice", 4),
    "ct6e-standard-8t": (180, 1440, "tpu-v6e-slice", 8),
}
#: machine type -> topologies of its slices; those of v5p are any AxBxC of multiples of 4 beyond these
_TOPOLOGIES: Final[dict[str, tuple[str, ...]]] = {
    "ct5lp-hightpu-1t": ("1x1",),
    "ct5lp-hightpu-4t": ("2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16"),
    "ct5lp-hightpu-8t": ("2x4",),
    "ct5p-hightpu-4t": ("2x2x1", "2x2x2", "2x2x4", "2x4x4", "4x4x4"),
    "ct6e-standard-1t": ("1x1",),
    "ct6e-standard-4t": ("2x2", "2x4", "4x4", "4x8", "8x8", "8x16", "16x16"),
    "ct6e-standard-8t": ("2x4",),
}
#: kind of confidential computing -> series that have it
CONFIDENTIAL: Final[dict[str, tuple[str, ...]]] = {
    "SEV": ("n2d", "c2d", "c3d", "c4d"),
    "SEV_SNP": ("n2d",),
    "TDX": ("c3", "a3"),
}
_SHARED: Final = {"e2-micro", "e2-small", "e2-medium"}

#: GPUs that can be attached to N1 machines: type -> numbers
ATTACHABLE: Final[dict[str, tuple[int, ...]]] = {
    "nvidia-tesla-t4": (1, 2, 4),
    "nvidia-tesla-p4": (1, 2, 4),
    "nvidia-tesla-v100": (1, 2, 4, 8),
    "nvidia-tesla-p100": (1, 2, 4),
}
_FORM: Final = re.compile(r"[a-z0-9]+-[a-z]+-[0-9]+")
_CUSTOM: Final = re.compile(r"(?:(e2|n1|n2|n2d|n4)-)?custom-(\d+)-(\d+)(-ext)?")
_MIB_PER_GIB: Final = 1024
#: custom memory goes in steps of 256 MiB
_CUSTOM_STEP: Final = 256


def find(name: str) -> Machine | None:
    """The machine type of this name, None when there is none."""
    if name in _FIXED:
        cpus, memory, gpu, gpus = _FIXED[name]
        return Machine(name, cpus, memory, gpu, gpus, shared=name in _SHARED)
    if name in _TPUS:
        cpus, memory, tpu, tpus = _TPUS[name]
        return Machine(name, cpus, memory, tpu=tpu, tpus=tpus)
    series, _, count = name.rpartition("-")
    if series in _SERIES and count.isdigit():
        per_cpu, sizes = _SERIES[series]
        return Machine(name, int(count), int(count) * per_cpu) if int(count) in sizes else None
    custom = _CUSTOM.fullmatch(name)
    if custom and int(custom[3]) % _CUSTOM_STEP == 0 and (int(custom[2]) == 1 or int(custom[2]) % 2 == 0):
        return Machine(name if custom[1] else f"n1-{name}", int(custom[2]), int(custom[3]) / _MIB_PER_GIB)
    return None


def machine(name: str) -> Machine:
    """The machine type of this name. Raises ValueError that says which sizes its family has."""
    if found := find(name):
        return found
    family = name.split("-", 1)[0]
    shapes = {
        series.split("-", 1)[1]: sizes for series, (_, sizes) in _SERIES.items() if series.startswith(f"{family}-")
    }
    if not shapes or not _FORM.fullmatch(name):
        raise ValueError(f"there is no machine type `{name}`; write FAMILY-SHAPE-CPUS, such as e2-standard-4")
    sizes = ", ".join(map(str, sorted({size for each in shapes.values() for size in each})))
    raise ValueError(f"there is no machine type `{name}`; {family} comes as {', '.join(shapes)} with {sizes} vCPUs")


def known() -> list[str]:
    """Every predefined machine type."""
    return sorted([*_FIXED, *_TPUS, *(f"{series}-{size}" for series, (_, sizes) in _SERIES.items() for size in sizes)])


def topology_refusal(machine: Machine, topology: str) -> str:
    """Why a TPU machine cannot be part of a slice of this form, empty when it can."""
    known = _TOPOLOGIES[machine.name]
    large = machine.tpu == "tpu-v5p-slice" and re.fullmatch(r"\d+x\d+x\d+", topology)
    if topology in known or (large and all(int(side) % 4 == 0 for side in topology.split("x"))):
        return ""
    return f"{machine.name} has no topology {topology}: {', '.join(known)}"


def single_host_topology(machine: Machine) -> str:
    """The slice that one such TPU machine is by itself."""
    return _TOPOLOGIES[machine.name][0]


def hosts(machine: Machine, topology: str) -> int:
    """How many nodes a TPU slice of this form has."""
    chips = 1
    for side in topology.split("x"):
        chips *= int(side)
    return max(chips // machine.tpus, 1)


def confidential_refusal(machine: Machine, kind: str) -> str:
    """Why this machine cannot be a confidential node of this kind, empty when it can."""
    series = CONFIDENTIAL.get(kind, ())
    if kind not in CONFIDENTIAL:
        return f"{kind!r} is none of {', '.join(CONFIDENTIAL)}"
    if machine.family not in series or (machine.gpu and machine.name != "a3-highgpu-1g"):
        return f"{machine.name} has no {kind}; confidential nodes with it are of the series {', '.join(series)}"
    if machine.family == "c3" and not machine.name.startswith("c3-standard-"):
        return f"{machine.name} has no TDX; of C3 the c3-standard types have it"
    return ""


def accelerator_refusal(machine: Machine, kind: str, count: int) -> str:
    """Why this machine cannot have `count` GPUs of this type, empty when it can."""
    if machine.gpu:
        if (kind, count) != (machine.gpu, machine.gpus):
            return f"{machine.name} comes with {machine.gpus} {machine.gpu}, not {count} {kind}"
        return ""
    if kind not in ATTACHABLE:
        carriers = sorted(name for name, facts in _FIXED.items() if facts[2] == kind)
        if not carriers:
            return f"unknown accelerator type {kind!r}"
        return f"{kind} comes only with {', '.join(carriers)}, not with {machine.name}"
    if machine.family != "n1":
        return f"{kind} can be attached to N1 machines only, not to {machine.name}"
    if count not in ATTACHABLE[kind]:
        return f"{kind} is attached in numbers of {', '.join(map(str, ATTACHABLE[kind]))}, not {count}"
    return ""
