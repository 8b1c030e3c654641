"""Binary Authorization: which images may run in the project's clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_gcp.binaryauthorization import Policy

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class AdmissionArgs:
    """`registries` are image path prefixes without a slash at the end. `enforce`: deny; otherwise write it down."""

    project: str
    registries: Sequence[str]
    enforce: bool


class Admission(pulumi.ComponentResource):
    """The project's one policy: images of the environment's registries and of Google's own system, and no others."""

    def __init__(self, name: str, args: AdmissionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Admission", name, None, opts)
        Policy(
            f"{name}-policy",
            project=args.project,
            description="Images of this environment's registries only",
            global_policy_evaluation_mode="ENABLE",  # GKE's own images, by the list that Google keeps
            admission_whitelist_patterns=[{"name_pattern": f"{path}/**"} for path in sorted(args.registries)],
            default_admission_rule={
                "evaluation_mode": "ALWAYS_DENY",
                "enforcement_mode": "ENFORCED_BLOCK_AND_AUDIT_LOG" if args.enforce else "DRYRUN_AUDIT_LOG_ONLY",
            },
            opts=child(self, opts),
        )
        self.register_outputs({})
