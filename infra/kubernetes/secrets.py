"""Secrets of a service: which versions its pods read as files, by their own identity. No value passes here.

Source: Secret Manager documentation, "Use Secret Manager add-on with GKE" (driver, provider, parameters); Secrets Store
CSI driver 1.6, SecretProviderClass v1.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = "/var/run/secrets/slipway"
_DRIVER: Final = "secrets-store-gke.csi.k8s.io"
_VOLUME: Final = "secrets"
_DIGITS: Final = 10


@dataclass(frozen=True)
class SecretsArgs:
    """`versions` is the full name of a secret's version by variable; the variable is also the file's name."""

    service: str
    versions: Mapping[str, str]

    @property
    def spec(self) -> dict[str, Any]:
        """What the class says. The list is text of its own to Kubernetes: YAML, which JSON is."""
        secrets = [{"resourceName": name, "path": variable} for variable, name in sorted(self.versions.items())]
        return {"provider": "gke", "parameters": {"secrets": json.dumps(secrets)}}

    @property
    def class_name(self) -> str:
        """Named after its content: another version is another class, another pod template, and so a rollout.

        Were one class changed in place, pods of the old release that restart would read the new version.
        """
        content = json.dumps(self.spec, sort_keys=True).encode()
        return f"{self.service}-secrets-{hashlib.sha256(content).hexdigest()[:_DIGITS]}"

    @property
    def volume(self) -> dict[str, Any]:
        """The pod's volume: fetched as the pod starts, kept in memory."""
        attributes = {"secretProviderClass": self.class_name}
        return {"name": _VOLUME, "csi": {"driver": _DRIVER, "readOnly": True, "volumeAttributes": attributes}}

    @property
    def mount(self) -> dict[str, Any]:
        """Where the container finds it."""
        return {"name": _VOLUME, "mountPath": FOLDER, "readOnly": True}

    @property
    def variables(self) -> dict[str, str]:
        """Where each secret is; never what it is."""
        return {f"{variable}_FILE": f"{FOLDER}/{variable}" for variable in self.versions}


def secret_class(
    name: str, meta: Any, args: SecretsArgs, parent: pulumi.Resource, adopting: pulumi.ProviderResource
) -> pulumi.Resource:
    """Declare the class, which outlives its release.

    The engine ends before the rollout does: pods of the old release still start (a canary of an hour, an abort, a node
    that is lost), and without their class they could not. So an old class stays, a few lines without a value, until its
    namespace goes; and going back to it finds it there, which `adopting` allows (docs/decisions/0014).
    """
    return CustomResource(
        f"{name}-secrets",
        api_version="secrets-store.csi.x-k8s.io/v1",
        kind="SecretProviderClass",
        metadata=meta,
        spec=args.spec,
        opts=pulumi.ResourceOptions(parent=parent, provider=adopting, retain_on_delete=True),
    )
