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

from slipway.branches import shortened
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.desired import Desired

VERSION: Final = 2
OBJECT: Final = f"contract/v{VERSION}.json"
_MAX_ACCOUNT: Final = 30
"""Characters of a service account's id (IAM documentation, "Create service accounts")."""
EXEC_PLUGIN: Final = "gke-gcloud-auth-plugin"
"""GKE documentation, "Install kubectl and configure cluster access": credentials come from this plugin."""


@dataclass(frozen=True)
class Entrance:
    """Names of what the platform made for the cluster's gateways. The objects themselves are made in the cluster."""

    domain: str
    """Hosts are `HOST.domain`."""
    certificate: str
    """Certificate Manager's regional certificate for `domain` and `*.domain`."""
    internal_address: str
    """Regional internal address, for hosts that are reached from inside of the VPC only."""
    public_address: str | None
    """Regional external address; None where the environment allows no host to be public."""
    public: list[str]
    """Hosts that may be public, behind Identity-Aware Proxy."""


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
    """PEM in base64, as GKE gives it; empty where the endpoint's certificate is one that everybody trusts."""
    exec_plugin: str
    registries: dict[str, str]
    """Image path prefix by registry name."""
    buckets: dict[str, str]
    """Bucket name by key."""
    workload_pool: str
    deployers: dict[str, str]
    """By team: the service account that deploys its stack."""
    gateway: Entrance | None
    """None where the environment has no gateway."""

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
    """The name of the environment's bucket `key`, which may be another environment's that is only used here."""
    if existing := desired.environment.buckets[key].existing:
        return existing
    return f"{desired.environment.google.project}-{desired.name}-{key}"


def registry_path(desired: Desired, key: str) -> str:
    """What precedes an image's path in registry `key` (Artifact Registry documentation, "Repository names")."""
    google, kind = desired.environment.google, desired.environment.registries[key].format
    return f"{google.region}-{kind}.pkg.dev/{google.project}/{key}"


def entrance(desired: Desired) -> Entrance | None:
    """What the gateways of the cluster are made with; known before anything exists."""
    gateway, name = desired.environment.gateway, base_name(desired)
    if gateway is None:
        return None
    return Entrance(
        domain=gateway.domain,
        certificate=name,
        internal_address=f"{name}-internal",
        public_address=f"{name}-public" if gateway.public else None,
        public=sorted(gateway.public),
    )


def deployer(desired: Desired, team: str) -> str:
    """The service account that deploys the team's stack, as an e-mail address."""
    return f"{deployer_id(desired, team)}@{desired.environment.google.project}.iam.gserviceaccount.com"


def deployer_id(desired: Desired, team: str) -> str:
    """Account id of the team's deployer (6 to 30 characters, which `repository.team_name` sees to)."""
    if desired.environment.template:
        return shortened(f"deploy-{desired.name}-{team}", _MAX_ACCOUNT)
    return f"deploy-{team}"


def nodes_id(desired: Desired) -> str:
    """Account id of the nodes of the environment's cluster."""
    return shortened(f"nodes-{cluster_name(desired)}", _MAX_ACCOUNT)


def cluster_name(desired: Desired) -> str:
    """What the environment's cluster is called in its project, which a branch's environment shares with others."""
    key = desired.cluster_name
    return f"{desired.name}-{key}" if desired.environment.template else key


def base_name(desired: Desired) -> str:
    """What the network, addresses, keys and zones of the environment are called, or begin with."""
    return f"slipway-{desired.name}"


def secret_id(desired: Desired, team: str, name: str) -> str:
    """What a team's secret is called in Secret Manager (1 to 255 characters, which our names keep)."""
    del desired
    return f"{team}-{name}"


def derive(desired: Desired) -> Contract:
    """The contract as far as the environment file knows it."""
    environment = desired.environment
    google, cluster = environment.google, environment.clusters[desired.cluster_name]
    return Contract(
        version=VERSION,
        environment=desired.name,
        project=google.project,
        location=cluster.location,
        cluster_id=f"projects/{google.project}/locations/{cluster.location}/clusters/{cluster_name(desired)}",
        endpoint=None,
        certificate_authority=None,
        exec_plugin=EXEC_PLUGIN,
        registries={key: registry_path(desired, key) for key in environment.registries},
        buckets={key: bucket_name(desired, key) for key in environment.buckets},
        workload_pool=f"{google.project}.svc.id.goog",
        deployers={team: deployer(desired, team) for team in desired.teams},
        gateway=entrance(desired),
    )


def parse(published: str | Mapping[str, Any], expected: Contract, *, planned: bool = False) -> Contract:
    """The published contract, as text or as a stack's output.

    With `planned`, names that the platform's next update will add (a team, a registry, a bucket, the gateway) are taken
    from `expected`: a preview runs before that update. Raises FailedError that names what does not match what the
    environment file says.
    """
    where = f"the contract of environment `{expected.environment}` ({OBJECT})"
    contract = _read(published, where)
    for name in ("environment", "project", "location", "cluster_id"):
        if getattr(contract, name) != getattr(expected, name):
            says = f"`{getattr(contract, name)}`, the environment file `{getattr(expected, name)}`"
            raise FailedError(f"{where} says {name} is {says}; update the platform stack first")
    added = ("registries", "buckets", "deployers")
    if planned:
        both = {name: {**getattr(expected, name), **getattr(contract, name)} for name in added}
        return dataclasses.replace(contract, **both, gateway=expected.gateway)
    if contract.gateway != expected.gateway:
        raise FailedError(f"{where} has another gateway than the environment file; update the platform stack first")
    for name in added:
        if lacking := sorted(getattr(expected, name).keys() - getattr(contract, name).keys()):
            raise FailedError(f"{where} has no {name} {', '.join(lacking)}; update the platform stack first")
    return contract


def _read(published: str | Mapping[str, Any], where: str) -> Contract:
    """The contract as it was published, whatever it says."""
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
    values: dict[str, Any] = {name: found[name] for name in names}
    values["gateway"] = _entrance(found["gateway"], where)
    return Contract(**values)


def _entrance(value: Mapping[str, Any] | None, where: str) -> Entrance | None:
    names = {field.name for field in dataclasses.fields(Entrance)}
    if value is None:
        return None
    missing = sorted(names - value.keys())
    if missing:
        raise FailedError(f"{where} lacks gateway.{missing[0]}; publish it again by an update of the platform stack")
    return Entrance(**{name: value[name] for name in names})
