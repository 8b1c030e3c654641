"""The Kubernetes provider of an environment's cluster, made from the contract without any credential."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from slipway.contract import Contract


def kubeconfig(contract: Contract) -> str:
    """A kubeconfig (JSON is YAML) that gets its token from GKE's exec plugin. Needs a known contract."""
    cluster: dict[str, Any] = {
        "server": f"https://{contract.endpoint}",
        "certificate-authority-data": contract.certificate_authority,
    }
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": contract.exec_plugin,
            "provideClusterInfo": True,
            "interactiveMode": "Never",
            "installHint": "install gke-gcloud-auth-plugin (Google Cloud CLI component of that name)",
        }
    }
    name = contract.cluster_id
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )


def provider(contract: Contract) -> k8s.Provider:
    """The provider for `contract`; before the cluster exists its kubeconfig is unknown.

    `cluster_identifier` is known from the start: without it an unknown kubeconfig in a preview shows a replacement of
    everything (pulumi#4326, pulumi-kubernetes#2745).
    """
    known: pulumi.Input[str] = kubeconfig(contract) if contract.known else _unknown()
    return k8s.Provider(
        "cluster",
        kubeconfig=known,
        cluster_identifier=contract.cluster_id,
        enable_server_side_apply=True,
    )


def _unknown() -> pulumi.Output[str]:
    """An output that a preview cannot know."""

    async def nothing() -> str:
        return pulumi.runtime.rpc.UNKNOWN  # the SDK's marker, which serialises as an unknown value

    async def no() -> bool:
        return False

    import asyncio  # noqa: PLC0415 - only a first preview comes here

    return pulumi.Output(set(), asyncio.ensure_future(nothing()), asyncio.ensure_future(no()))
