"""`<environment>.platform`: network, cluster, node pools, registries, buckets, keys, secrets, entrance, identities."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_gcp import Provider
from pulumi_gcp.storage import BucketObject

from infra.gcp.apis import Apis, ApisArgs
from infra.gcp.bucket import Bucket, BucketArgs
from infra.gcp.identity import TeamIdentity
from infra.gcp.network import Network, NetworkArgs
from slipway import contract
from stacks.platform_cluster import declare_cluster
from stacks.platform_data import declare_buckets, declare_keys, declare_registries, declare_secrets
from stacks.platform_entrance import declare_entrance
from stacks.platform_project import LABEL, declare_project, services
from stacks.platform_settings import Settings

if TYPE_CHECKING:
    from infra.gcp.cluster import Cluster
    from slipway.desired import Desired


def declare(desired: Desired, layer: str) -> None:
    """Declare the platform of `desired` and publish its contract."""
    del layer
    google = desired.environment.google
    provider = Provider(
        "google",
        project=google.project,
        region=google.region,
        default_labels={LABEL: desired.name},  # costs are told apart by it
    )
    apis = Apis("apis", ApisArgs(google.project, services(desired)), pulumi.ResourceOptions(provider=provider))
    # Everything waits for the APIs: what is made with one that is still off fails.
    settings = Settings.of(desired, pulumi.ResourceOptions(provider=provider, depends_on=[apis]))

    declare_project(settings)
    settings = declare_keys(settings)
    network = _network(settings)
    cluster = declare_cluster(settings, network)
    teams = {
        team: TeamIdentity(f"team-{team}", contract.deployer_id(desired, team), google.project, settings.opts)
        for team in desired.teams
    }
    declare_registries(settings)
    declare_buckets(settings, cluster)
    declare_secrets(settings, cluster)
    declare_entrance(settings, network)
    _publish(settings, cluster, {name: team.member for name, team in teams.items()})


def _network(settings: Settings) -> Network:
    wanted = settings.desired.environment.network
    return Network(
        "network",
        NetworkArgs(
            name=settings.base_name,
            region=settings.google.region,
            nodes=wanted.range,
            pods=wanted.pods,
            services=wanted.services,
            proxy_only=wanted.proxy_only,
            control_plane=wanted.peered,
            control_plane_subnet=wanted.control_plane_subnet,
            flow_sampling=settings.profile.flow_sampling,
            firewall_logs=settings.profile.firewall_logs,
            internet=settings.profile.internet_egress,
        ),
        settings.opts,
    )


def _publish(settings: Settings, cluster: Cluster, readers: dict[str, pulumi.Output[str]]) -> None:
    """The contract, as an object in a bucket of its own and as the stack's output."""
    args = BucketArgs(
        name=contract.own_bucket(settings.desired),
        location=settings.google.region,
        keep_old_versions=10,
        force_destroy=settings.removable,
        readers=readers,
        soft_delete_days=settings.profile.soft_delete_days,
        key=settings.data_key,
    )
    bucket = Bucket("bucket-slipway", args, settings.opts)
    derived = contract.derive(settings.desired)

    def complete(known: list[Any]) -> str:
        endpoint, authority = known
        full = dataclasses.replace(derived, endpoint=endpoint, certificate_authority=authority)
        return full.to_json()

    text = pulumi.Output.all(cluster.endpoint, cluster.certificate_authority).apply(complete)
    BucketObject(
        "contract",
        name=contract.OBJECT,
        bucket=bucket.bucket_name,
        content=text,
        content_type="application/json",
        opts=pulumi.ResourceOptions(parent=bucket),
    )
    pulumi.export("contract", text.apply(json.loads))
