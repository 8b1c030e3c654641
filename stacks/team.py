"""`<environment>.<team>`: the services and jobs of one team."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import pulumi

from infra.kubernetes.analysis import MetricsArgs
from infra.kubernetes.directory import Directory, DirectoryArgs
from infra.kubernetes.exposure import ExposureArgs
from infra.kubernetes.job import JobArgs, TeamJob
from infra.kubernetes.pod import PodArgs
from infra.kubernetes.provider import provider
from infra.kubernetes.secrets import SecretsArgs
from infra.kubernetes.service import Service, ServiceArgs
from slipway import contract as contracts
from slipway import units
from slipway.addresses import full_image, kubeconfig, pulled
from slipway.live import Cluster
from slipway.models import BUCKET
from slipway.rollouts.traffic import layer
from slipway.schema.artifacts import SHORT
from slipway.surroundings import VARIABLES
from slipway.tools import images
from stacks.hosts import host
from stacks.own_images import complete
from stacks.reading import read_contract

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.contract import Contract
    from slipway.desired import Desired, WantedService
    from slipway.schema.manifest import Secret


def declare(desired: Desired, team: str) -> None:
    """Declare the services and jobs of `team`."""
    contract = read_contract(desired)
    opts = pulumi.ResourceOptions(provider=provider(contract))
    services, jobs, directories = desired.team(team), desired.jobs_of(team), desired.directories_of(team)
    adopting = provider(contract, adopting=True)
    cluster = _connecting(contract) if contract.known else None
    asked = desired.environment.metrics
    metrics = MetricsArgs(asked.address, asked.queries) if asked else MetricsArgs()
    for wanted in services:
        args = ServiceArgs(
            team=team,
            namespace=team,
            pod=pod(desired, wanted, contract),
            exposure=exposure(desired, wanted, contract),
            adopting=adopting,
            carrier=layer(wanted.spec, desired.environment),
            cluster=cluster,
            metrics=metrics,
        )
        Service(wanted.name, args, opts)
    for job in jobs:
        TeamJob(job.name, JobArgs(team, job.spec, pod(desired, job.pods, contract), adopting), opts)
    for each in directories:
        values = [item.value for item in each.objects]
        Directory(each.name, DirectoryArgs(team, values, adopting), opts)
    pulumi.export("contract", dataclasses.asdict(contract))


def _connecting(contract: Contract) -> Callable[[], Cluster]:
    """Connects to the contract's cluster, once for the stack, as the engine's provider does."""
    text = kubeconfig(contract, VARIABLES.get())  # of this program: hooks run elsewhere
    return functools.cache(lambda: Cluster(text))


def pod(desired: Desired, wanted: WantedService, contract: Contract) -> PodArgs:
    """The service's release, made whole with what the environment supplies: registry host, bucket, project."""
    release = (wanted.image.digest or "").removeprefix("sha256:")[:SHORT] or wanted.image.tag or "latest"
    return PodArgs(
        spec=wanted.spec,
        image=full_image(wanted, contract),
        release=release,
        model=wanted.model,
        models_bucket=contract.buckets.get(BUCKET),
        fetcher=complete(desired, contract, images.PYTHON)[0] if wanted.model else "",
        secrets=_secrets(desired, wanted, contract) if wanted.spec.secrets else None,
        sidecars={name: pulled(image, contract) for name, image in wanted.sidecars.items()},
    )


def _secrets(desired: Desired, wanted: WantedService, contract: Contract) -> SecretsArgs:
    def full(secret: Secret) -> str:
        name = contracts.secret_id(desired, wanted.team, secret.name)
        return f"projects/{contract.project}/secrets/{name}/versions/{secret.version}"

    return SecretsArgs(wanted.name, {variable: full(secret) for variable, secret in wanted.spec.secrets.items()})


def exposure(desired: Desired, wanted: WantedService, contract: Contract) -> ExposureArgs | None:
    """How the service is reached from outside of the cluster; None when it is not."""
    expose, entrance, gateway = wanted.spec.expose, contract.gateway, desired.environment.gateway
    if expose is None or entrance is None or gateway is None:
        return None
    return ExposureArgs(
        host=host(wanted, entrance),
        affinity=expose.affinity,
        timeout=units.seconds(expose.timeout),
        oauth_client=gateway.oauth_client if expose.auth == "iap" else None,
        proxies=desired.environment.network.proxy_only,
    )
