"""What a machine type can be as a node, beyond `machines`: its disks, GPUs beside its vCPUs, encrypted memory.

Sources, as of 2026-11: Compute Engine documentation, "Machine series comparison" (disks) and "GPU machine types" (vCPUs
of N1 machines with GPUs); GKE documentation, "Encrypt workload data in use with Confidential GKE Nodes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway.machines import CONFIDENTIAL, confidential_refusal

if TYPE_CHECKING:
    from slipway.machines import Machine

_PREFERRED: Final = ("SEV", "TDX")
"""Technologies that encrypt memory, in the order of choice."""
_HYPERDISK: Final = {"a3", "c3", "c3d", "c4", "c4a", "c4d", "n4", "n4a"}
_ONLY_HYPERDISK: Final = {"c4", "c4a", "c4d", "n4", "n4a"}
_NO_STANDARD: Final = {"a3", "c3", "c3d", "g2"}

#: GPU type -> number of GPUs -> vCPUs of the N1 machine at most
_N1_CPUS: Final[dict[str, dict[int, int]]] = {
    "nvidia-tesla-t4": {1: 48, 2: 48, 4: 96},
    "nvidia-tesla-p4": {1: 24, 2: 48, 4: 96},
    "nvidia-tesla-v100": {1: 12, 2: 24, 4: 48, 8: 96},
    "nvidia-tesla-p100": {1: 16, 2: 32, 4: 96},
}


def confidential(machine: Machine) -> str:
    """What encrypts the memory of such nodes (SEV, TDX); empty where nothing can."""
    return next((kind for kind in _PREFERRED if not confidential_refusal(machine, kind)), "")


def confidential_series() -> list[str]:
    """Machine series of which some types can encrypt their memory."""
    return sorted({series for kind in _PREFERRED for series in CONFIDENTIAL[kind]})


def disk_refusal(machine: Machine, disk: str) -> str:
    """Why such nodes cannot have this boot disk, empty when they can."""
    series = machine.family
    if series in _ONLY_HYPERDISK and disk != "hyperdisk-balanced":
        return f"{machine.name} takes no {disk}; use hyperdisk-balanced"
    if disk == "hyperdisk-balanced" and series not in _HYPERDISK:
        return f"{machine.name} takes no {disk}; use pd-balanced"
    if disk == "pd-standard" and series in _NO_STANDARD:
        return f"{machine.name} takes no {disk}; use pd-balanced"
    return ""


def attached_refusal(machine: Machine, kind: str, count: int) -> str:
    """Why an N1 machine is too large for so many GPUs, empty when it is not."""
    most = _N1_CPUS.get(kind, {}).get(count)
    if machine.family == "n1" and most and machine.cpus > most:
        return f"{count} {kind} go with at most {most} vCPUs, and {machine.name} has {machine.cpus:g}"
    return ""
