"""An environment: what a platform team writes. One schema for dev, staging, production and local."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from slipway.schema.base import Duration, Label, Range, Strict
from slipway.schema.manifest import Resources, Scaling
from slipway.schema.rollout import Rollout

_PROJECT = re.compile(r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
_REGION = re.compile(r"^[a-z]+-[a-z]+[0-9]+$")
_ZONE = re.compile(r"^[a-z]+-[a-z]+[0-9]+-[a-z]$")


def _project(text: str) -> str:
    if not _PROJECT.match(text):
        form = "use 6 to 30 lower-case letters, digits and dashes, starting with a letter"
        raise ValueError(f"`{text}` is no Google Cloud project id; {form}")
    return text


def _region(text: str) -> str:
    if not _REGION.match(text):
        raise ValueError(f"`{text}` is no region; write one such as europe-west4")
    return text


def _location(text: str) -> str:
    if not _REGION.match(text) and not _ZONE.match(text):
        raise ValueError(f"`{text}` is no region or zone; write europe-west4 (three zones) or europe-west4-a (one)")
    return text


class Google(Strict):
    """The Google Cloud project of the environment."""

    project: Annotated[str, AfterValidator(_project)] = Field(description="Project id.")
    number: Annotated[str, Field(pattern=r"^[0-9]{6,14}$")] = Field(
        description="Project number, in quotes: identities of workloads are made from it."
    )
    region: Annotated[str, AfterValidator(_region)] = Field(description="Region of everything that has one.")


class State(Strict):
    """Where Pulumi keeps the state of this environment's stacks."""

    backend: Annotated[str, Field(pattern=r"^(gs|s3|azblob|file)://")] = Field(
        description="Self-managed Pulumi backend, such as gs://BUCKET."
    )
    secrets: Annotated[str, Field(pattern=r"^(gcpkms|awskms|azurekeyvault|hashivault)://|^passphrase$")] = Field(
        default="passphrase", description="Secrets provider of the stacks, such as gcpkms://projects/..."
    )


class Network(Strict):
    """Address ranges of the environment's own VPC."""

    range: Range = Field(default="10.0.0.0/20", description="Nodes.")
    pods: Range = Field(default="10.4.0.0/14", description="Pods (secondary range).")
    services: Range = Field(default="10.8.0.0/20", description="Services (secondary range).")
    control_plane: Range = Field(default="172.16.0.0/28", description="Control plane of the cluster, a /28.")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        ranges = {name: ipaddress.ip_network(text) for name, text in self.model_dump().items()}
        names = sorted(ranges)
        for index, first in enumerate(names):
            for second in names[index + 1 :]:
                if ranges[first].overlaps(ranges[second]):
                    both = f"{first} ({ranges[first]}) and {second} ({ranges[second]})"
                    raise ValueError(f"the ranges {both} overlap; give each addresses of its own")
        if ranges["control_plane"].prefixlen != 28:  # noqa: PLR2004 - GKE's own size
            raise ValueError(f"control_plane is {ranges['control_plane']}; GKE takes a /28, such as 172.16.0.0/28")
        return self


class Nodes(Strict):
    """How many nodes a pool has in EACH zone: a regional cluster of three zones has three times as many."""

    per_zone: Annotated[int, Field(ge=0, le=1000)] | None = Field(default=None, description="A fixed number.")
    min_per_zone: Annotated[int, Field(ge=0, le=1000)] | None = Field(default=None, description="Autoscaled: at least.")
    max_per_zone: Annotated[int, Field(ge=1, le=1000)] | None = Field(default=None, description="Autoscaled: at most.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        scaled = (self.min_per_zone, self.max_per_zone)
        if self.per_zone is not None:
            if scaled != (None, None):
                raise ValueError(
                    "per_zone fixes the number and min_per_zone/max_per_zone scale it; keep one of the two"
                )
        elif None in scaled:
            raise ValueError("the number of nodes is not given; write per_zone, or min_per_zone and max_per_zone")
        elif self.min_per_zone > self.max_per_zone:  # type: ignore[operator]
            both = f"min_per_zone is {self.min_per_zone} and max_per_zone is {self.max_per_zone}"
            raise ValueError(f"{both}; min must not be above max")
        return self

    @property
    def least(self) -> int:
        """Nodes in each zone at least."""
        return self.per_zone if self.per_zone is not None else self.min_per_zone or 0


class Taint(Strict):
    """Keeps pods away that do not tolerate it."""

    key: str = Field(description="Key.")
    value: str = Field(description="Value.")
    effect: Annotated[str, Field(pattern=r"^(NO_SCHEDULE|PREFER_NO_SCHEDULE|NO_EXECUTE)$")] = Field(
        description="NO_SCHEDULE, PREFER_NO_SCHEDULE or NO_EXECUTE."
    )


class Pool(Strict):
    """A node pool. Its name in Google Cloud carries a hash of what forces a replacement."""

    machine: str = Field(default="e2-standard-4", description="Machine type.")
    nodes: Nodes = Field(default=Nodes(min_per_zone=1, max_per_zone=3), description="Number of nodes in each zone.")
    disk_gb: Annotated[int, Field(ge=20, le=65536)] = Field(default=100, description="Boot disk (GB).")
    spot: bool = Field(default=False, description="Spot machines: cheaper, and taken away at any time.")
    labels: dict[str, str] = Field(default={}, description="Labels of the nodes.")
    taints: list[Taint] = Field(default=[], description="Taints of the nodes.")


class Cluster(Strict):
    """A private GKE cluster."""

    location: Annotated[str, AfterValidator(_location)] = Field(
        description="A region (regional: control plane and nodes in three zones) or a zone (zonal)."
    )
    zones: list[Annotated[str, Field(pattern=_ZONE.pattern)]] = Field(
        default=[], description="Zones of the nodes in a regional cluster; empty: the region's first three."
    )
    pools: Annotated[dict[Label, Pool], Field(min_length=1)] = Field(
        default={"general": Pool()}, description="Node pools by name."
    )
    release_channel: Annotated[str, Field(pattern=r"^(RAPID|REGULAR|STABLE|EXTENDED)$")] = Field(
        default="REGULAR", description="GKE release channel: RAPID, REGULAR, STABLE or EXTENDED."
    )
    deletion_protection: bool = Field(default=True, description="Refuse to delete the cluster until this is false.")

    @model_validator(mode="after")
    def _zones_fit(self) -> Self:
        for zone in self.zones:
            if not self.regional:
                raise ValueError(f"zones are named but {self.location} is itself a zone; name a region as location")
            if zone.rsplit("-", 1)[0] != self.location:
                raise ValueError(f"zone {zone} is not in {self.location}; name zones of that region")
        return self

    @property
    def regional(self) -> bool:
        """Whether the control plane spans the zones of a region."""
        return bool(_REGION.match(self.location))


class Registry(Strict):
    """An Artifact Registry repository for container images."""

    immutable_tags: bool = Field(default=True, description="A tag, once pushed, keeps its digest.")
    keep_untagged: Duration = Field(default="720h", description="How long images without a tag are kept.")


class Bucket(Strict):
    """A Cloud Storage bucket, private, versioned, with uniform access."""

    keep_old_versions: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="Replaced versions of an object that are kept."
    )
    protect: bool = Field(default=True, description="Refuse to delete the bucket while it holds anything.")


class Overlay(Strict):
    """What this environment changes of a service: its size and its pace, never its release."""

    scaling: Scaling | None = Field(default=None, description="Replaces the manifest's block.")
    resources: Resources | None = Field(default=None, description="Replaces the manifest's block.")
    rollout: Rollout | None = Field(default=None, description="Replaces the manifest's block.")


class Environment(Strict):
    """One environment. Every key but `google` has a safe default; a file states what differs."""

    branch: str | None = Field(default=None, description="The Git branch that deploys here; none for `local`.")
    stand_ins: bool = Field(
        default=False,
        description="Run on localcloud's stand-ins instead of an account: for `local`. Image tags are allowed there.",
    )
    google: Google = Field(description="Project and region.")
    state: State | None = Field(default=None, description="Pulumi state; required unless `stand_ins`.")
    network: Network = Field(default=Network(), description="Address ranges.")
    clusters: Annotated[dict[Label, Cluster], Field(min_length=1, max_length=1)] = Field(
        description="GKE clusters by name; exactly one in this version."
    )
    registries: dict[Label, Registry] = Field(default={}, description="Artifact Registry repositories by name.")
    buckets: dict[Label, Bucket] = Field(
        default={}, description="Buckets by name; models are looked for in the one called `models`."
    )
    services: dict[str, Overlay] = Field(default={}, description="Overlays by TEAM/SERVICE.")

    @model_validator(mode="after")
    def _deployable(self) -> Self:
        if not self.stand_ins and self.state is None:
            raise ValueError("`state` is missing; name the Pulumi backend, such as {backend: gs://BUCKET}")
        if not self.stand_ins and self.branch is None:
            raise ValueError("`branch` is missing; name the Git branch that deploys to this environment")
        for cluster in self.clusters.values():
            if not cluster.location.startswith(self.google.region):
                raise ValueError(
                    f"the cluster is in {cluster.location}, outside the region {self.google.region}; move one"
                )
        return self
