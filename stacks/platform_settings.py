"""What every part of the platform is declared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slipway import contract, profiles

if TYPE_CHECKING:
    import pulumi

    from slipway.desired import Desired
    from slipway.profiles import Profile
    from slipway.schema.environment import Google


@dataclass(frozen=True)
class Settings:
    """The environment with its profile; `opts` make what is declared wait for the APIs, and later for the keys."""

    desired: Desired
    profile: Profile
    opts: pulumi.ResourceOptions
    etcd_key: str | None = None
    data_key: str | None = None

    @classmethod
    def of(cls, desired: Desired, opts: pulumi.ResourceOptions) -> Settings:
        """Settings before there are keys."""
        return cls(desired, profiles.profile(desired.environment.profile), opts)

    def with_keys(self, etcd: str | None, data: str | None, opts: pulumi.ResourceOptions) -> Settings:
        """The same, with the full names of keys."""
        return replace(self, etcd_key=etcd, data_key=data, opts=opts)

    @property
    def google(self) -> Google:
        """Project and region."""
        return self.desired.environment.google

    @property
    def base_name(self) -> str:
        """What things that are there once are called."""
        return contract.base_name(self.desired)

    @property
    def branch(self) -> bool:
        """Whether this is a branch's environment: a guest in a project whose own environment grants and decides."""
        return self.desired.environment.template is not None

    @property
    def removable(self) -> bool:
        """Whether everything may go without a second thought."""
        return self.desired.environment.stand_ins or self.branch

    @property
    def protect(self) -> bool:
        """Whether the engine refuses to delete or replace what cannot be made again: with the cluster's protection."""
        return all(cluster.deletion_protection for cluster in self.desired.environment.clusters.values())
