"""An environment: what a platform team writes. One schema for dev, staging, production and local."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway.schema.base import REGION, Cpu, Duration, Label, Member, Memory, Strict, WrongAtError, form
from slipway.schema.cluster import Cluster
from slipway.schema.forge import Forge
from slipway.schema.gateway import Gateway
from slipway.schema.manifest import Resources, Scaling
from slipway.schema.mesh import Mesh
from slipway.schema.metrics import Metrics
from slipway.schema.network import Network
from slipway.schema.rollout import Rollout
from slipway.schema.storage import Bucket, Registry

_MAX_CLUSTER = 24
_MAX_POOL = 34
"""Of the 40 characters of a node pool's name, two dashes and the four digits of its generation are taken."""


_PROJECT = form(
    r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "no Google Cloud project id",
    "use 6 to 30 lower-case letters, digits and dashes, starting with a letter",
)
_BACKEND = form(r"(gs|s3|azblob|file)://[!-~]+", "no Pulumi backend", "write gs://BUCKET, s3://BUCKET or file://PATH")
_SECRETS = form(
    r"(gcpkms|awskms|azurekeyvault|hashivault)://[!-~]+|passphrase",
    "no secrets provider",
    "write a key such as gcpkms://projects/.../cryptoKeys/KEY, or passphrase",
)
_BRANCH = form(
    r"[A-Za-z0-9][A-Za-z0-9._/-]*(?<![/.])",
    "no name of a branch",
    "use letters, digits, dashes, dots and slashes, such as release/2",
)


LocalAddress = Annotated[
    str,
    form(
        r"http://(127\.0\.0\.1|localhost):[0-9]{1,5}",
        "no address of a process of this machine",
        "write one such as http://127.0.0.1:8080",
    ),
]


class Google(Strict):
    """The Google Cloud project of the environment."""

    project: Annotated[str, _PROJECT] = Field(description="Project id.")
    number: Annotated[str, form(r"[0-9]{6,14}", "no project number", "write its 6 to 14 digits, in quotes")] = Field(
        description="Project number, in quotes: identities of workloads are made from it."
    )
    region: Annotated[str, form(REGION.pattern, "no region", "write one such as europe-west4")] = Field(
        description="Region of everything that has one."
    )


class State(Strict):
    """Where Pulumi keeps the state of this environment's stacks."""

    backend: Annotated[str, _BACKEND] = Field(description="Self-managed Pulumi backend, such as gs://BUCKET.")
    secrets: Annotated[str, _SECRETS] = Field(
        default="passphrase", description="Secrets provider of the stacks, such as gcpkms://projects/..."
    )


class Limits(Strict):
    """What one team's pods may ask for together (ResourceQuota of its namespace)."""

    cpu: Cpu = Field(default="64", description="Cores.")
    memory: Memory = Field(default="256Gi", description="Memory.")
    pods: Annotated[int, Field(ge=1, le=10000)] = Field(default=200, description="Pods.")
    storage: Memory = Field(default="1Ti", description="Disks that are kept, also those of pods that are gone.")
    gpus: Annotated[int, Field(ge=0, le=1000)] = Field(default=0, description="GPUs.")
    tpus: Annotated[int, Field(ge=0, le=10000)] = Field(default=0, description="Chips of TPUs.")


class Team(Strict):
    """What the platform team grants a team in this environment."""

    limits: Limits = Field(default=Limits(), description="What its pods may ask for together.")
    viewers: list[Member] = Field(
        default=[], description="Who may read the team's objects and logs, such as group:growth@example.com."
    )


class Budget(Strict):
    """A monthly budget with alerts at 50, 90 and 100 %. Google stops nothing when it is spent."""

    billing_account: Annotated[
        str, form(r"[0-9A-F]{6}(-[0-9A-F]{6}){2}", "no billing account", "write it as 012345-6789AB-CDEF01")
    ] = Field(description="Billing account, such as 012345-6789AB-CDEF01.")
    amount: Annotated[int, Field(ge=1)] = Field(description="For a month, in whole units of `currency`.")
    currency: Annotated[str, form(r"[A-Z]{3}", "no currency", "write its ISO code, such as EUR")] = Field(
        description="The billing account's own currency."
    )


class Template(Strict):
    """Each branch that matches makes an environment of its own, with its own state; see docs/branch-environments.md."""

    branches: Annotated[
        str, form(r"[A-Za-z0-9][A-Za-z0-9._/-]*/\*", "no pattern", "write a prefix with a star, such as feature/*")
    ] = Field(description="Branches, such as `feature/*`.")
    lifetime: Duration = Field(
        default="168h", description="Time to live since the branch's last commit; it is destroyed after it."
    )


class Overlay(Strict):
    """What this environment changes of a service: its size and its pace, never its release."""

    scaling: Scaling | None = Field(default=None, description="Replaces the manifest's block.")
    resources: Resources | None = Field(default=None, description="Replaces the manifest's block.")
    rollout: Rollout | None = Field(default=None, description="Replaces the manifest's block.")


class Environment(Strict):
    """One environment. All keys but `google` and `clusters` have safe defaults; a file states what differs."""

    branch: Annotated[str, _BRANCH] | None = Field(
        default=None, description="The Git branch that deploys here; none for `local`."
    )
    stand_ins: bool = Field(
        default=False,
        description="Run on localcloud's stand-ins instead of an account: for `local`. Image tags are allowed there.",
    )
    profile: Literal["baseline", "hardened", "regulated"] = Field(
        default="hardened",
        description="Safety profile: what is switched on, see profiles.md. A file may only add to it.",
    )
    template: Template | None = Field(
        default=None, description="Makes this file the pattern of branches' own environments, instead of `branch`."
    )
    google: Google = Field(description="Project and region.")
    forge: Forge | None = Field(
        default=None, description="The repository whose workflows deploy here; `slipway bootstrap` needs it."
    )
    state: State | None = Field(default=None, description="Pulumi state; required unless `stand_ins`.")
    network: Network = Field(default=Network(), description="Address ranges.")
    clusters: Annotated[dict[Label, Cluster], Field(min_length=1, max_length=1)] = Field(
        description="GKE clusters by name; exactly one in this version."
    )
    registries: dict[Label, Registry] = Field(default={}, description="Artifact Registry repositories by name.")
    buckets: dict[Label, Bucket] = Field(
        default={}, description="Buckets by name; models are looked for in the one called `models`."
    )
    gateway: Gateway | None = Field(default=None, description="How services are reached from outside of the cluster.")
    mesh: Mesh | None = Field(
        default=None,
        description="Cloud Service Mesh: `{}` for a cluster whose fleet has it. It carries weights, a-b tests and "
        "shadows of services that are called inside of the cluster (docs/traffic.md).",
    )
    metrics: Metrics | None = Field(
        default=None, description="Where the checks of rollouts ask for numbers; without it they are refused."
    )
    answers: dict[str, LocalAddress] = Field(
        default={},
        description="Processes of this machine that answer for services, by TEAM/SERVICE, where pods are played: "
        "smoke tests ask them. With `stand_ins` only.",
    )
    teams: dict[Label, Team] = Field(default={}, description="What teams are granted, where it differs.")
    budget: Budget | None = Field(default=None, description="Monthly budget with alerts.")
    services: dict[str, Overlay] = Field(default={}, description="Overlays by TEAM/SERVICE.")

    @model_validator(mode="after")
    def _named(self) -> Self:
        """Names that Google makes of ours keep its limits: accounts 30 characters, node pools 40."""
        for name, cluster in self.clusters.items():
            if len(name) > _MAX_CLUSTER:
                what = f"the cluster's name has {len(name)} characters, and its nodes' account is `nodes-NAME`"
                raise WrongAtError(("clusters", name), f"{what}; use at most {_MAX_CLUSTER}")
            for pool in cluster.pools:
                if len(name) + len(pool) > _MAX_POOL:
                    what = (
                        f"`{name}` and `{pool}` have {len(name) + len(pool)} characters, and the pool is named by both"
                    )
                    raise WrongAtError(("clusters", name, "pools", pool), f"{what}; use at most {_MAX_POOL}")
        return self

    @model_validator(mode="after")
    def _deployable(self) -> Self:
        if self.answers and not self.stand_ins:
            what = "pods answer for themselves here; `answers` is for environments on stand-ins, remove it"
            raise WrongAtError(("answers",), what)
        if not self.stand_ins and self.state is None:
            raise ValueError("`state` is missing; name the Pulumi backend, such as {backend: gs://BUCKET}")
        if self.template and self.branch:
            raise WrongAtError(("branch",), "`branch` and `template` both say which branches deploy here; keep one")
        if not self.stand_ins and self.branch is None and self.template is None:
            raise ValueError("`branch` is missing; name the Git branch that deploys to this environment")
        for name, cluster in self.clusters.items():
            if cluster.region != self.google.region:
                where = f"the cluster is in {cluster.location}, outside the region {self.google.region}"
                raise WrongAtError(("clusters", name, "location"), f"{where}; move one of the two")
        return self
