"""What stacks read of each other: one typed, versioned value, never a credential.

The platform stack publishes it as an object in the environment's own bucket, so that it is readable without the
platform's state or keys. Before the platform exists it is derived from the environment file, with what only the
cloud knows left unknown, so that a first preview is right.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.desired import Desired

VERSION: Final = 1
OBJECT: Final = f"contract/v{VERSION}.json"
EXEC_PLUGIN: Final = "gke-gcloud-auth-plugin"
"""GKE documentation, "Install kubectl and configure cluster access": credentials come from this plugin."""


@dataclass(frozen=True)
class Contract:
    """The platform of one environment, for the stacks above it. None stands for what is not known yet."""

    version: int
    environment: str
    project: str
    location: str
    cluster_id: str
    endpoint: str | None
    """Host, or host and port, of the Kubernetes API."""
    certificate_authority: str | None
    """PEM in base64, as GKE gives it."""
    exec_plugin: str
    registries: dict[str, str]
    """Image path prefix by registry name."""
    buckets: dict[str, str]
    """Bucket name by key."""
    workload_pool: str
    deployers: dict[str, str]
    """By team: the service account that deploys its stack."""

    @property
    def known(self) -> bool:
        """Whether the platform exists as far as this contract knows."""
        return self.endpoint is not None and self.certificate_authority is not None

    def to_json(self) -> str:
        """Stable text, for the published object."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)


def own_bucket(desired: Desired) -> str:
    """The bucket that holds the contract and nothing of the teams'. Bucket names are global: the project is in it."""
    return f"{desired.environment.google.project}-{desired.name}-slipway"


def bucket_name(desired: Desired, key: str) -> str:
    """The name of the environment's bucket `key`."""
    return f"{desired.environment.google.project}-{desired.name}-{key}"


def registry_path(desired: Desired, key: str) -> str:
    """What precedes an image's path in registry `key` (Artifact Registry documentation, "Repository names")."""
    google = desired.environment.google
    return f"{google.region}-docker.pkg.dev/{google.project}/{key}"


def deployer(desired: Desired, team: str) -> str:
    """The service account that deploys the team's stack, as an e-mail address."""
    return f"{deployer_id(team)}@{desired.environment.google.project}.iam.gserviceaccount.com"


def deployer_id(team: str) -> str:
    """Account id of the team's deployer (6 to 30 characters, which `repository.team_name` sees to)."""
    return f"deploy-{team}"


def derive(desired: Desired) -> Contract:
    """The contract as far as the environment file knows it."""
    environment = desired.environment
    google, cluster = environment.google, environment.clusters[desired.cluster_name]
    return Contract(
        version=VERSION,
        environment=desired.name,
        project=google.project,
        location=cluster.location,
        cluster_id=f"projects/{google.project}/locations/{cluster.location}/clusters/{desired.cluster_name}",
        endpoint=None,
        certificate_authority=None,
        exec_plugin=EXEC_PLUGIN,
        registries={key: registry_path(desired, key) for key in environment.registries},
        buckets={key: bucket_name(desired, key) for key in environment.buckets},
        workload_pool=f"{google.project}.svc.id.goog",
        deployers={team: deployer(desired, team) for team in desired.teams},
    )


def parse(published: str | Mapping[str, Any], expected: Contract, *, planned: bool = False) -> Contract:
    """The published contract, as text or as a stack's output.

    With `planned`, names that the platform's next update will add (a team, a registry, a bucket) are taken from
    `expected`: a preview runs before that update. Raises FailedError that names what does not match what the
    environment file says.
    """
    where = f"the contract of environment `{expected.environment}` ({OBJECT})"
    try:
        found: Mapping[str, Any] = json.loads(published) if isinstance(published, str) else published
    except ValueError:
        raise FailedError(f"{where} is no JSON; publish it again with `slipway up` of the platform") from None
    if not hasattr(found, "keys"):
        raise FailedError(f"{where} is no JSON object; publish it again with `slipway up` of the platform")
    version = found.get("version")
    if version != VERSION:
        raise FailedError(f"{where} has version {version}, and this Slipway reads {VERSION}; update the platform first")
    names = {field.name for field in dataclasses.fields(Contract)}
    if missing := sorted(names - found.keys()):
        raise FailedError(f"{where} lacks {', '.join(missing)}; publish it again by an update of the platform stack")
    contract = Contract(**{name: found[name] for name in names})
    for name in ("environment", "project", "location", "cluster_id"):
        if getattr(contract, name) != getattr(expected, name):
            says = f"`{getattr(contract, name)}`, the environment file `{getattr(expected, name)}`"
            raise FailedError(f"{where} says {name} is {says}; update the platform stack first")
    added = ("registries", "buckets", "deployers")
    if planned:
        return dataclasses.replace(contract, **{n: {**getattr(expected, n), **getattr(contract, n)} for n in added})
    for name in added:
        if lacking := sorted(getattr(expected, name).keys() - getattr(contract, name).keys()):
            raise FailedError(f"{where} has no {name} {', '.join(lacking)}; update the platform stack first")
    return contract
