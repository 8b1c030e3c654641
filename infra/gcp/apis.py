"""The Google APIs that an environment uses, switched on before anything is made with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.projects import Service

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ApisArgs:
    """`services` are names without `.googleapis.com`, such as `container`."""

    project: str
    services: Sequence[str]


class Apis(pulumi.ComponentResource):
    """Enabled APIs. What is made with them depends on this component."""

    def __init__(self, name: str, args: ApisArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Apis", name, None, opts)
        for service in sorted(set(args.services)):
            Service(
                f"{name}-{service}",
                project=args.project,
                service=f"{service}.googleapis.com",
                # Others in the project may use it, and switching an API off deletes what was made with it.
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
