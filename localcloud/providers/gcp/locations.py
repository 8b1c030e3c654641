"""Regions and zones of Google Cloud.

Source: Google Cloud documentation, "Regions and zones" (Compute Engine), as of 2026-11; AI zones are left out.
"""

from __future__ import annotations

from typing import Final

_ABC: Final = "abc"

#: region -> letters of its zones
REGIONS: Final[dict[str, str]] = {
    "africa-south1": _ABC,
    "asia-east1": _ABC,
    "asia-east2": _ABC,
    "asia-northeast1": _ABC,
    "asia-northeast2": _ABC,
    "asia-northeast3": _ABC,
    "asia-south1": _ABC,
    "asia-south2": _ABC,
    "asia-southeast1": _ABC,
    "asia-southeast2": _ABC,
    "australia-southeast1": _ABC,
    "australia-southeast2": _ABC,
    "europe-central2": _ABC,
    "europe-north1": _ABC,
    "europe-north2": _ABC,
    "europe-southwest1": _ABC,
    "europe-west1": "bcd",
    "europe-west2": _ABC,
    "europe-west3": _ABC,
    "europe-west4": _ABC,
    "europe-west6": _ABC,
    "europe-west8": _ABC,
    "europe-west9": _ABC,
    "europe-west10": _ABC,
    "europe-west12": _ABC,
    "me-central1": _ABC,
    "me-central2": _ABC,
    "me-west1": _ABC,
    "northamerica-northeast1": _ABC,
    "northamerica-northeast2": _ABC,
    "northamerica-south1": _ABC,
    "southamerica-east1": _ABC,
    "southamerica-west1": _ABC,
    "us-central1": "abcf",
    "us-east1": "bcd",
    "us-east4": _ABC,
    "us-east5": _ABC,
    "us-south1": _ABC,
    "us-west1": _ABC,
    "us-west2": _ABC,
    "us-west3": _ABC,
    "us-west4": _ABC,
}

#: multi-regions of Cloud Storage, Artifact Registry and Cloud KMS ("Bucket locations", "Repository locations")
MULTI_REGIONS: Final = frozenset({"us", "eu", "asia", "europe"})
#: predefined dual-regions of Cloud Storage ("Bucket locations")
DUAL_REGIONS: Final = frozenset({"asia1", "eur4", "eur5", "eur7", "eur8", "nam4"})
#: zones that a regional GKE cluster takes by default (GKE, "Regional clusters")
ZONES_OF_A_REGIONAL_CLUSTER: Final = 3


def zones(region: str) -> list[str]:
    """The zones of a region, in order; raises KeyError for an unknown region."""
    return [f"{region}-{letter}" for letter in REGIONS[region]]


def region_of(location: str) -> str:
    """The region of a region or zone name (whether it exists or not)."""
    head, _, last = location.rpartition("-")
    return head if len(last) == 1 else location


def is_zone(location: str) -> bool:
    """Whether `location` is an existing zone."""
    region = region_of(location)
    return region != location and region in REGIONS and location in zones(region)


def is_region(location: str) -> bool:
    """Whether `location` is an existing region."""
    return location in REGIONS
