"""A private GKE cluster."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway import units
from slipway.schema.base import (
    REGION,
    Cpu,
    Duration,
    Label,
    Memory,
    Strict,
    WrongAtError,
    Zone,
    checked,
    form,
    public_range,
    region_or_zone,
)
from slipway.schema.pool import Pool

Date = Annotated[str, form(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", "no date", "write one such as 2026-12-24, in quotes")]
_LONGEST_EXCLUSION_DAYS = 30
"""GKE documentation, "Maintenance windows and exclusions": "No upgrades" lasts at most 30 days."""
_SHORTEST_WINDOW = 4 * 3600
"""Same page: GKE needs at least 48 hours in 32 days; a window of 4 h on three days of a week gives it."""
_LEAST_HOURS_IN_32_DAYS = 48


class Exclusion(Strict):
    """A time without upgrades."""

    begin: Date = Field(alias="from", description="First day (UTC), such as `2026-12-20`.")
    to: Date = Field(description="Last day (UTC).")
    scope: Literal["NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"] = Field(
        default="NO_UPGRADES", description="What is held back, as Google spells it."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for key, text in (("from", self.begin), ("to", self.to)):
            try:
                dt.date.fromisoformat(text)
            except ValueError:
                raise WrongAtError(
                    (key,), f"`{text}` is no day of the calendar; write one such as 2026-12-24"
                ) from None
        days = (dt.date.fromisoformat(self.to) - dt.date.fromisoformat(self.begin)).days + 1
        if days < 1:
            raise WrongAtError(("to",), f"it ends ({self.to}) before it begins ({self.begin}); swap the two")
        if self.scope == "NO_UPGRADES" and days > _LONGEST_EXCLUSION_DAYS:
            what = f"it holds back every upgrade for {days} days, and GKE allows {_LONGEST_EXCLUSION_DAYS}"
            raise WrongAtError(("to",), f"{what}; shorten it, or use scope NO_MINOR_UPGRADES")
        return self


class Maintenance(Strict):
    """When GKE may upgrade the control plane and nodes."""

    start: Annotated[str, form(r"([01][0-9]|2[0-3]):[0-5][0-9]", "no time", "write UTC such as 02:00, in quotes")] = (
        Field(default="02:00", description="Start of the window (UTC, in quotes).")
    )
    length: Duration = Field(default="6h", alias="for", description="Length of the window, 4h to 24h.")
    days: list[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]] = Field(
        default=["TU", "WE", "TH"], min_length=1, description="Days of the week, as in an iCalendar rule."
    )
    exclusions: dict[Label, Exclusion] = Field(default={}, description="Times without upgrades, by name.")

    @model_validator(mode="after")
    def _enough(self) -> Self:
        seconds = units.seconds(self.length)
        if not _SHORTEST_WINDOW <= seconds <= 24 * 3600:
            raise WrongAtError(("for",), f"the window is {self.length}; write 4h to 24h")
        hours = seconds / 3600 * len(set(self.days)) * 4
        if hours < _LEAST_HOURS_IN_32_DAYS:
            what = f"{len(set(self.days))} days with {self.length} are {hours:.0f} hours in four weeks"
            raise WrongAtError(("days",), f"{what}, and GKE needs {_LEAST_HOURS_IN_32_DAYS}; add days or hours")
        return self


class Backup(Strict):
    """Backup of the cluster's objects and volumes (Backup for GKE), with a restore plan beside it."""

    schedule: Annotated[str, form(r"\S+( \S+){4}", "no cron schedule", "write five fields, such as `0 3 * * *`")] = (
        Field(default="0 3 * * *", description="When, as a cron schedule (UTC).")
    )
    keep_days: Annotated[int, Field(ge=1, le=365)] | None = Field(
        default=None, description="How long a backup is kept (days); the profile's choice without it."
    )
    lock_days: Annotated[int, Field(ge=0, le=90)] | None = Field(
        default=None,
        description="How long nobody can delete a backup (days), 0: not at all; the profile's choice without it.",
    )

    @model_validator(mode="after")
    def _lock_fits(self) -> Self:
        if self.lock_days is not None and self.keep_days is not None and self.lock_days > self.keep_days:
            both = f"lock_days is {self.lock_days} and keep_days is {self.keep_days}"
            raise WrongAtError(("lock_days",), f"{both}; a backup cannot be locked for longer than it is kept")
        return self


class AutoProvisioning(Strict):
    """Node pools that GKE makes and removes by itself, within limits for the whole cluster."""

    max_cpu: Cpu = Field(description="Cores of all nodes at most.")
    max_memory: Memory = Field(description="Memory of all nodes at most.")
    max_gpus: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="GPUs of all nodes at most, by type such as nvidia-l4."
    )


class Cluster(Strict):
    """A private GKE cluster. Changing `location` would replace it and is refused (docs/replacing-a-cluster.md)."""

    location: Annotated[str, checked(region_or_zone)] = Field(
        description="A region (regional: control plane and nodes in three zones) or a zone (zonal)."
    )
    zones: list[Zone] = Field(
        default=[], description="Zones of the nodes in a regional cluster; empty: the region's first three."
    )
    pools: Annotated[dict[Label, Pool], Field(min_length=1)] = Field(
        default={"general": Pool()}, description="Node pools by name."
    )
    access: Literal["dns", "private-runner"] | None = Field(
        default=None,
        description="How the API is reached: `dns`, by GKE's DNS endpoint with IAM; `private-runner`, from inside the "
        "VPC only. The profile's choice without it.",
    )
    authorized_networks: dict[Label, Annotated[str, checked(public_range)]] = Field(
        default={}, description="Ranges that may reach the private endpoint, by name; none: only the cluster's own."
    )
    release_channel: Literal["RAPID", "REGULAR", "STABLE", "EXTENDED"] = Field(
        default="REGULAR", description="GKE release channel."
    )
    maintenance: Maintenance = Field(default=Maintenance(), description="When GKE may upgrade.")  # pyright: ignore[reportCallIssue]
    backup: Backup | None = Field(default=None, description="Backups; the profile's choice without it.")
    auto_provisioning: AutoProvisioning | None = Field(
        default=None, description="Node pools that GKE makes itself; none without it."
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
        for name, pool in self.pools.items():
            for index, zone in enumerate(pool.zones):
                if zone not in self.zones if self.zones else zone.rsplit("-", 1)[0] != self.region:
                    among = ", ".join(self.zones) or f"zones of {self.region}"
                    message = f"zone {zone} is none of the cluster's; name some of {among}"
                    raise WrongAtError(("pools", name, "zones", index), message)
        return self

    @property
    def regional(self) -> bool:
        """Whether the control plane spans the zones of a region."""
        return bool(REGION.fullmatch(self.location))

    @property
    def region(self) -> str:
        """The region, also of a zonal cluster."""
        return self.location if self.regional else self.location.rsplit("-", 1)[0]
