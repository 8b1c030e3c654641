"""A team's own objects, rendered by Kustomize, as they are.

Added are: the team's namespace, labels of whose they are (of the objects, never of pods or selectors), and that the
engine does not wait for them. Configuration of an older release stays, as that of services does.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from infra.kubernetes import sets
from infra.kubernetes.objects import MANAGED_BY, PART_OF, SKIP_AWAIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL: Final = "slipway.dev/kustomization"
"""Label of an object: the directory that it is of."""
_FIRST: Final = ("ServiceAccount", "ConfigMap", "SecretProviderClass", "Service", "NetworkPolicy")
"""What pods need when they start."""


@dataclass(frozen=True)
class DirectoryArgs:
    """`objects` are complete but for the namespace; `adopting` is a provider that takes over what exists."""

    team: str
    objects: Sequence[Mapping[str, Any]]
    adopting: pulumi.ProviderResource


class Directory(pulumi.ComponentResource):
    """Every object of the directory `name`."""

    def __init__(self, name: str, args: DirectoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:Directory", name, None, opts)
        self._name, self._args = name, args
        first = [self._object(each, []) for each in args.objects if each["kind"] in _FIRST]
        for each in args.objects:
            if each["kind"] not in _FIRST:
                self._object(each, first)
        self.register_outputs({})

    def _object(self, value: Mapping[str, Any], after: list[pulumi.Resource]) -> pulumi.Resource:
        kind, version = value["kind"], value["apiVersion"]
        said = marked(value, self._name, self._args.team)
        label = f"{self._name}-{kind.lower()}-{said['metadata']['name']}"
        opts = pulumi.ResourceOptions(parent=self, depends_on=after)
        if kind == "ConfigMap":
            more = pulumi.ResourceOptions(retain_on_delete=True, provider=self._args.adopting)
            opts = pulumi.ResourceOptions.merge(opts, more)
        if kind == "StatefulSet":
            more = pulumi.ResourceOptions(ignore_changes=sets.FIXED, hooks=sets.hooks(label, None))
            opts = pulumi.ResourceOptions.merge(opts, more)
        token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind}"
        return pulumi.CustomResource(token, label, said, opts)


def marked(value: Mapping[str, Any], name: str, team: str) -> dict[str, Any]:
    """The object with namespace, labels and annotations of ours; of a stateful set, what its pods keep."""
    said = copy.deepcopy(dict(value))
    said.pop("status", None)
    metadata = said["metadata"]
    metadata["namespace"] = team
    metadata["labels"] = {**metadata.get("labels", {}), MANAGED_BY: "slipway", PART_OF: team, LABEL: name}
    metadata["annotations"] = {**metadata.get("annotations", {}), **SKIP_AWAIT}
    if said["kind"] == "StatefulSet":
        claims: Any = said.get("spec", {}).get("volumeClaimTemplates")
        metadata["annotations"][sets.KEPT] = json.dumps(claims, sort_keys=True) if claims else "{}"
    return said
