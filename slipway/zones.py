"""Where accelerators and rare machine series are: a machine type that exists is not in every zone.

Sources, as of 2026-11: Compute Engine documentation, "GPU locations" and "Available regions and zones"; the GPU rows
are those of the public catalog skypilot-org/skypilot-catalog (catalogs/v8/gcp/vms.csv), which is read from Google's own
API; Cloud TPU documentation, "TPU regions and zones". AI zones are left out. Only what is rare is listed:
general-purpose series (E2, N1, N2, N2D, N4, C3 and so on) count as available in every zone, which is not so for all of
them in the newest regions, and capacity is another matter in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from slipway.machines import Machine

#: accelerator type -> its zones, written REGION:LETTERS
_ACCELERATORS: Final[dict[str, str]] = {
    "nvidia-l4": """
        asia-east1:abc asia-northeast1:abc asia-northeast3:ab asia-south1:abc asia-southeast1:abc europe-west1:bc
        europe-west2:ab europe-west3:ab europe-west4:abc europe-west6:bc me-central2:ac northamerica-northeast1:bc
        northamerica-northeast2:ab us-central1:abc us-east1:bcd us-east4:ac us-west1:abc us-west4:ac
    """,
    "nvidia-tesla-a100": """
        asia-northeast1:ac asia-northeast3:ab asia-southeast1:abc europe-west4:ab me-west1:ac us-central1:abcf
        us-east1:b us-west1:b us-west3:b us-west4:b
    """,
    "nvidia-a100-80gb": "asia-southeast1:c europe-west4:a us-central1:ac us-east4:c us-east5:ab",
    "nvidia-h100-80gb": """
        asia-east1:c asia-northeast1:b asia-south1:c asia-south2:b asia-southeast1:bc australia-southeast1:c
        europe-north1:c europe-west1:bc europe-west3:c europe-west4:bc europe-west8:c europe-west9:c us-central1:abc
        us-east4:abc us-east5:a us-west1:ab us-west4:a
    """,
    "nvidia-h100-mega-80gb": """
        asia-northeast1:b asia-northeast3:ac asia-south1:c asia-southeast1:bc australia-southeast1:c europe-west1:bc
        europe-west3:ac europe-west4:bc northamerica-northeast2:c us-central1:abc us-east4:abc us-east5:a us-west1:ab
        us-west4:a
    """,
    "nvidia-h200-141gb": """
        asia-south1:b asia-south2:c europe-west1:b europe-west4:a us-central1:b us-east4:b us-east5:a us-south1:b
        us-west1:c
    """,
    "nvidia-tesla-t4": """
        asia-east1:ac asia-east2:ac asia-northeast1:ac asia-northeast3:bc asia-south1:ab asia-southeast1:abc
        asia-southeast2:ab australia-southeast1:ac europe-central2:bc europe-west1:bcd europe-west2:ab europe-west3:b
        europe-west4:abc me-west1:bc northamerica-northeast1:c southamerica-east1:abc us-central1:abcf us-east1:bcd
        us-east4:abc us-west1:ab us-west2:bc us-west3:b us-west4:ab
    """,
    "nvidia-tesla-v100": "asia-east1:c europe-west4:a us-central1:abcf us-east1:c us-west1:ab",
    "nvidia-tesla-p100": """
        asia-east1:ac australia-southeast1:b europe-west1:bd europe-west4:a us-central1:cf us-east1:bc us-west1:ab
    """,
    "nvidia-tesla-p4": """
        asia-southeast1:abc australia-southeast1:ab europe-west4:bc northamerica-northeast1:abc us-central1:ac
        us-east4:abc us-west2:bc
    """,
    "tpu-v5-lite-podslice": "asia-southeast1:b europe-west4:b us-central1:a us-south1:a us-west1:c us-west4:a",
    "tpu-v5p-slice": "europe-west4:b us-central1:a us-east5:a",
    "tpu-v6e-slice": "asia-northeast1:b europe-west4:a southamerica-west1:a us-central1:b us-east1:d us-east5:ab",
}
#: machine series that few regions have
_SERIES: Final[dict[str, str]] = {
    "t2a": "asia-southeast1:bc europe-west4:abc us-central1:abf",
    "a2-megagpu": "asia-southeast1:ac europe-west4:ab us-central1:abcf",
}


def _zones(text: str) -> frozenset[str]:
    pairs = (entry.split(":") for entry in text.split())
    return frozenset(f"{region}-{letter}" for region, letters in pairs for letter in letters)


_WITH: Final = {kind: _zones(text) for kind, text in _ACCELERATORS.items()}
_HAVING: Final = {series: _zones(text) for series, text in _SERIES.items()}


def of_accelerator(kind: str) -> frozenset[str]:
    """The zones with an accelerator type; empty for an unknown one."""
    return _WITH.get(kind, frozenset())


def of_machine(machine: Machine) -> frozenset[str] | None:
    """The zones with a machine type; None where nothing is known against any."""
    for kind in (machine.gpu, machine.tpu):
        if kind:
            rare = [zones for series, zones in _HAVING.items() if machine.name.startswith(f"{series}-")]
            return _WITH[kind] & rare[0] if rare else _WITH[kind]
    return _HAVING.get(machine.family)


def near(zones: Iterable[str], region: str) -> list[str]:
    """Those of `zones` that are in a region, else all of them."""
    known = sorted(zones)
    return [zone for zone in known if zone.rpartition("-")[0] == region] or known
