"""The Kubernetes provider of an environment's cluster, made from the contract without any credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import Provider

from slipway.addresses import kubeconfig

if TYPE_CHECKING:
    from slipway.contract import Contract


def provider(contract: Contract, *, adopting: bool = False) -> Provider:
    """The provider for `contract`; before the cluster exists its kubeconfig is unknown.

    `adopting` makes a second one, which takes over an object that exists under the name of one that it creates.

    `cluster_identifier` is known from the start: without it an unknown kubeconfig in a preview shows a replacement of
    everything (pulumi#4326, pulumi-kubernetes#2745).
    """
    known: pulumi.Input[str] = kubeconfig(contract) if contract.known else unknown()
    return Provider(
        "cluster-adopting" if adopting else "cluster",
        kubeconfig=known,
        cluster_identifier=contract.cluster_id,
        enable_server_side_apply=True,
        # What the manifests say holds: else a field that somebody set by kubectl would stop every update with a
        # conflict. What controllers own (replicas under an autoscaler, a canary's selectors) is not declared at all.
        enable_patch_force=True,
        upsert_existing_objects=True if adopting else None,
    )


def unknown() -> pulumi.Output[str]:
    """An output that a preview cannot know."""

    async def nothing() -> str:
        return pulumi.runtime.rpc.UNKNOWN  # the SDK's marker, which serialises as an unknown value

    async def no() -> bool:
        return False

    import asyncio  # noqa: PLC0415 - only a first preview comes here

    return pulumi.Output(set(), asyncio.ensure_future(nothing()), asyncio.ensure_future(no()))
