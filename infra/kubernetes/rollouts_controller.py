"""The Argo Rollouts controller's custom resource definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class RolloutsDefinitions(pulumi.ComponentResource):
    """The definitions of one pinned Argo Rollouts release, as that release ships them."""

    def __init__(
        self, name: str, definitions: Sequence[Mapping[str, Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:kubernetes:RolloutsDefinitions", name, None, opts)
        for definition in definitions:
            full_name: str = definition["metadata"]["name"]
            # As an untyped object: the typed class would translate keys of the schemas inside (`default`, `$ref`).
            CustomResource(
                f"{name}-{full_name.split('.', 1)[0]}",
                api_version=definition["apiVersion"],
                kind=definition["kind"],
                metadata={"name": full_name, **_kept(definition["metadata"])},
                spec=definition["spec"],
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _kept(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {key: dict(metadata[key]) for key in ("annotations", "labels") if metadata.get(key)}
