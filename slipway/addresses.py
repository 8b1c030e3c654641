"""What a contract makes of names: how the cluster is reached and where an image is pulled from. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.contract import Contract
    from slipway.desired import WantedService
    from slipway.schema.artifacts import Image


def kubeconfig(contract: Contract, variables: Mapping[str, str] | None = None) -> str:
    """A kubeconfig (JSON is YAML) that gets its token from GKE's exec plugin; no credential is in it.

    `variables` are added to the plugin's environment. Needs a contract that is known.
    """
    cluster = {"server": f"https://{contract.endpoint}"}
    if contract.certificate_authority:  # a DNS endpoint is served with a public certificate, and has none of its own
        cluster["certificate-authority-data"] = contract.certificate_authority
    plugin: dict[str, Any] = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": contract.exec_plugin,
        "provideClusterInfo": True,
        "interactiveMode": "Never",
        "installHint": "install gke-gcloud-auth-plugin (Google Cloud CLI component of that name)",
    }
    if variables:
        plugin["env"] = [{"name": name, "value": value} for name, value in sorted(variables.items())]
    name = contract.cluster_id
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": plugin}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )


def full_image(service: WantedService, contract: Contract) -> str:
    """The image as a pod pulls it, with the environment's registry."""
    return pulled(service.image, contract)


def pulled(image: Image, contract: Contract) -> str:
    """An image as a pod pulls it."""
    return f"{contract.registries[image.registry]}/{image.name}{image.suffix}"
