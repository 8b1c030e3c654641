"""An environment: what a platform team writes. One schema for dev, staging, production and local."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway.schema.base import Duration, Label, LabelKey, LabelValue, Range, Strict, WrongAtError, checked, form
from slipway.schema.manifest import Resources, Scaling
from slipway.schema.rollout import Rollout

_REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
_MAX_CLUSTER = 24
_MAX_POOL = 34
"""Of the 40 characters of a node pool's name, two dashes and the four digits of its generation are taken."""
_ZONE = re.compile(r"[a-z]+-[a-z]+[0-9]+-[a-z]")


def _location(text: str) -> None:
    if not _REGION.fullmatch(text) and not _ZONE.fullmatch(text):
        raise ValueError(f"`{text}` is no region or zone; write europe-west4 (three zones) or europe-west4-a (one)")


_PROJECT = form(
    r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "no Google Cloud project id",
    "use 6 to 30 lower-case letters, digits and dashes, starting with a letter",
)
_BACKEND = form(r"(gs|s3|azblob|file)://[!-~]+", "no Pulumi backend", "write gs://BUCKET, s3://BUCKET or file://PATH")
_SECRETS = form(
    r"(gcpkms|awskms|azurekeyvault|hashivault)://[!-~]+|passphrase",
    "no secrets provider",
    "write a key such as gcpkms://projects/.../cryptoKeys/KEY, or passphrase",
)
_BRANCH = form(
    r"[A-Za-z0-9][A-Za-z0-9._/-]*(?<![/.])",
    "no name of a branch",
    "use letters, digits, dashes, dots and slashes, such as release/2",
)


class Google(Strict):
    """The Google Cloud project of the environment."""

    project: Annotated[str, _PROJECT] = Field(description="Project id.")
    number: Annotated[str, form(r"[0-9]{6,14}", "no project number", "write its 6 to 14 digits, in quotes")] = Field(
        description="Project number, in quotes: identities of workloads are made from it."
    )
    region: Annotated[str, form(_REGION.pattern, "no region", "write one such as europe-west4")] = Field(
        description="Region of everything that has one."
    )


class State(Strict):
    """Where Pulumi keeps the state of this environment's stacks."""

    backend: Annotated[str, _BACKEND] = Field(description="Self-managed Pulumi backend, such as gs://BUCKET.")
    secrets: Annotated[str, _SECRETS] = Field(
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
                    raise WrongAtError((second,), f"the ranges {both} overlap; give each addresses of its own")
        if ranges["control_plane"].prefixlen != 28:  # noqa: PLR2004 - GKE's own size
            message = f"control_plane is {ranges['control_plane']}; GKE takes a /28, such as 172.16.0.0/28"
            raise WrongAtError(("control_plane",), message)
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
                message = "per_zone fixes the number and min_per_zone/max_per_zone scale it; keep one of the two"
                raise WrongAtError(("per_zone",), message)
        elif None in scaled:
            raise ValueError("the number of nodes is not given; write per_zone, or min_per_zone and max_per_zone")
        elif self.min_per_zone > self.max_per_zone:  # type: ignore[operator]
            both = f"min_per_zone is {self.min_per_zone} and max_per_zone is {self.max_per_zone}"
            raise WrongAtError(("min_per_zone",), f"{both}; min must not be above max")
        return self

    @property
    def least(self) -> int:
        """Nodes in each zone at least."""
        return self.per_zone if self.per_zone is not None else self.min_per_zone or 0


class Taint(Strict):
    """Keeps pods away that do not tolerate it."""

    key: LabelKey = Field(description="Key.")
    value: LabelValue = Field(description="Value.")
    effect: Literal["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"] = Field(
        description="What happens to pods that do not tolerate it, as Google spells it."
    )


class Pool(Strict):
    """A node pool. Its name in Google Cloud carries a hash of what forces a replacement."""

    machine: str = Field(default="e2-standard-4", description="Machine type.")
    nodes: Nodes = Field(default=Nodes(min_per_zone=1, max_per_zone=3), description="Number of nodes in each zone.")
    disk_gb: Annotated[int, Field(ge=20, le=65536)] = Field(default=100, description="Boot disk (GB).")
    spot: bool = Field(default=False, description="Spot machines: cheaper, and taken away at any time.")
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the nodes.")
    taints: list[Taint] = Field(default=[], description="Taints of the nodes.")

    @property
    def open(self) -> bool:
        """Whether a service's pods can land here: it has nodes, and no taint keeps everything away."""
        kept_away = any(taint.effect != "PREFER_NO_SCHEDULE" for taint in self.taints)
        return not kept_away and self.nodes.per_zone != 0


class Cluster(Strict):
    """A private GKE cluster."""

    location: Annotated[str, checked(_location)] = Field(
        description="A region (regional: control plane and nodes in three zones) or a zone (zonal)."
    )
    zones: list[Annotated[str, form(_ZONE.pattern, "no zone", "write one such as europe-west4-a")]] = Field(
        default=[], description="Zones of the nodes in a regional cluster; empty: the region's first three."
    )
    pools: Annotated[dict[Label, Pool], Field(min_length=1)] = Field(
        default={"general": Pool()}, description="Node pools by name."
    )
    release_channel: Literal["RAPID", "REGULAR", "STABLE", "EXTENDED"] = Field(
        default="REGULAR", description="GKE release channel."
    )
    deletion_protection: bool = Field(default=True, description="Refuse to delete the cluster until this is false.")

    @model_validator(mode="after")
    def _zones_fit(self) -> Self:
        for index, zone in enumerate(self.zones):
            if not self.regional:
                message = f"zones are named but {self.location} is itself a zone; name a region as location"
                raise WrongAtError(("zones",), message)
            if zone.rsplit("-", 1)[0] != self.location:
                message = f"zone {zone} is not in {self.location}; name zones of that region"
                raise WrongAtError(("zones", index), message)
        return self

    @property
    def regional(self) -> bool:
        """Whether the control plane spans the zones of a region."""
        return bool(_REGION.fullmatch(self.location))

    @property
    def region(self) -> str:
        """The region, also of a zonal cluster."""
        return self.location if self.regional else self.location.rsplit("-", 1)[0]


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
    """One environment. All keys but `google` and `clusters` have safe defaults; a file states what differs."""

    branch: Annotated[str, _BRANCH] | None = Field(
        default=None, description="The Git branch that deploys here; none for `local`."
    )
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
    def _named(self) -> Self:
        """Names that Google makes of ours keep its limits: accounts 30 characters, node pools 40."""
        for name, cluster in self.clusters.items():
            if len(name) > _MAX_CLUSTER:
                what = f"the cluster's name has {len(name)} characters, and its nodes' account is `nodes-NAME`"
                raise WrongAtError(("clusters", name), f"{what}; use at most {_MAX_CLUSTER}")
            for pool in cluster.pools:
                if len(name) + len(pool) > _MAX_POOL:
                    what = (
                        f"`{name}` and `{pool}` have {len(name) + len(pool)} characters, and the pool is named by both"
                    )
                    raise WrongAtError(("clusters", name, "pools", pool), f"{what}; use at most {_MAX_POOL}")
        return self

    @model_validator(mode="after")
    def _deployable(self) -> Self:
        if not self.stand_ins and self.state is None:
            raise ValueError("`state` is missing; name the Pulumi backend, such as {backend: gs://BUCKET}")
        if not self.stand_ins and self.branch is None:
            raise ValueError("`branch` is missing; name the Git branch that deploys to this environment")
        for name, cluster in self.clusters.items():
            if cluster.region != self.google.region:
                where = f"the cluster is in {cluster.location}, outside the region {self.google.region}"
                raise WrongAtError(("clusters", name, "location"), f"{where}; move one of the two")
        return self
