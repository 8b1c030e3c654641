"""What an environment wants: its file, the teams' manifests and its overlays, merged to plain frozen values.

Raised here is everything that only shows when the two meet: a registry that the environment does not have, a pod that
fits no node, a canary that its number of pods cannot keep.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slipway import checking, exposure, hardening, pods, pools, quotas, sign_in, traffic
from slipway.errors import Problem, Refused
from slipway.repository import tags_in
from slipway.rollouts.compile import plan
from slipway.rollouts.traffic import layer
from slipway.rollouts.weights import by_replicas
from slipway.schema.artifacts import Image, Model, image, model
from slipway.schema.base import WrongAtError
from slipway.schema.reading import near
from slipway.schema.rollout import Canary
from slipway.tools import images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.repository import EnvironmentFile, Manifest, Repository
    from slipway.schema.environment import Environment
    from slipway.schema.manifest import Service

MODELS: Final = "models"
"""The bucket that model artifacts are looked for in."""
_MAX_BUCKET: Final = 63


@dataclass(frozen=True)
class WantedService:
    """One service as this environment wants it. `spec` has the overlay merged in."""

    team: str
    spec: Service
    image: Image
    model: Model | None

    @property
    def name(self) -> str:
        """The service's name, also that of its objects."""
        return self.spec.name

    @property
    def key(self) -> str:
        """TEAM/NAME."""
        return f"{self.team}/{self.name}"

    @property
    def sidecars(self) -> dict[str, Image]:
        """The image of each sidecar."""
        return {name: image(sidecar.image) for name, sidecar in self.spec.sidecars.items()}

    @property
    def release(self) -> str:
        """The release as a table shows it."""
        version = f"model {self.model.version}" if self.model else ""
        return ", ".join(part for part in (self.image.short, version) if part)


@dataclass(frozen=True)
class Desired:
    """One environment with its services, by team."""

    name: str
    environment: Environment
    services: tuple[WantedService, ...]

    @property
    def teams(self) -> list[str]:
        """Teams with a service here, sorted."""
        return sorted({service.team for service in self.services})

    def team(self, name: str) -> list[WantedService]:
        """The services of one team, by name."""
        return [service for service in self.services if service.team == name]

    @property
    def cluster_name(self) -> str:
        """The key of the environment's one cluster."""
        return next(iter(self.environment.clusters))

    @property
    def stacks(self) -> list[str]:
        """Stacks in the order in which they depend on each other; teams come last and may run together."""
        return [f"{self.name}.{layer}" for layer in ("platform", "cluster", *self.teams)]


def desired(repository: Repository, name: str) -> Desired:
    """What environment `name` wants. Raises Refused with every problem."""
    file = repository.environment(name)
    problems = [
        *hardening.refusals(file),
        *pools.problems(file),
        *_overlays(file, repository),
        *_buckets(file),
        *images.refusals(file),
    ]
    if problems:
        raise Refused(problems)
    file = dataclasses.replace(file, value=hardening.filled(file.value))
    services: list[WantedService] = []
    problems += exposure.problems(repository, file)
    for manifest in repository.manifests.values():
        service = _merged(manifest, file.value)
        problems += [*_service(service, manifest, file), *_sides(service, repository)]
        problems += checking.problems(service, manifest, file)
        services.append(service)
    if not problems:  # of services that are right in themselves
        problems += [*quotas.refusals(file, services), *sign_in.refusals(file, services)]
    if problems:
        raise Refused(problems)
    return Desired(name, file.value, tuple(sorted(services, key=lambda service: service.key)))


def _merged(manifest: Manifest, environment: Environment) -> WantedService:
    overlay = environment.services.get(manifest.key)
    spec = manifest.value
    if overlay is not None:
        changes = {field: value for field in ("scaling", "resources", "rollout") if (value := getattr(overlay, field))}
        spec = spec.model_copy(update=changes)
    release = spec.release
    return WantedService(manifest.team, spec, image(release.image), model(release.model) if release.model else None)


def _overlays(file: EnvironmentFile, repository: Repository) -> Iterator[Problem]:
    for key in file.value.services:
        if key not in repository.manifests:
            remedy = near(key, list(repository.manifests))
            yield file.document.problem(("services", key), f"an overlay for `{key}`, which no team has", remedy)


def _buckets(file: EnvironmentFile) -> Iterator[Problem]:
    """Bucket names are global, so the project is in them (Cloud Storage documentation, "Bucket naming guidelines")."""
    for key in file.value.buckets:
        name = f"{file.value.google.project}-{file.name}-{key}"
        if len(name) > _MAX_BUCKET:
            what = f"the bucket would be called `{name}`, which has {len(name)} characters"
            yield file.document.problem(("buckets", key), what, f"shorten `{key}`: Google takes {_MAX_BUCKET} in all")


def _sides(service: WantedService, repository: Repository) -> Iterator[Problem]:
    """A canary or preview has a Service of its own, beside those of the team's other services."""
    for side in plan(service.spec).sides:
        other = repository.manifests.get(f"{service.key}-{side}")
        if other:
            what = f"the {service.spec.rollout.strategy} of `{service.name}` makes a Service `{other.value.name}`"
            yield other.document.problem(("name",), what, "give this service another name")


def _service(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    environment, say = file.value, manifest.document.problem
    if not environment.stand_ins:
        yield from tags_in(manifest)
    yield from pods.problems(service, manifest, file)
    if service.model and MODELS not in environment.buckets:
        what = f"environment `{file.name}` has no bucket `{MODELS}` to take the model from"
        yield say(("release", "model"), what, f"add `{MODELS}: {{}}` to buckets in {file.document.file}")
    if refused := list(traffic.problems(service, manifest, file)):
        yield from refused
    elif layer(service.spec, environment) == "replicas":
        yield from _canary(service, manifest, file)


def _canary(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    """Whether the number of pods can keep the weights; said where this environment overlays one of the two."""
    if not isinstance(service.spec.rollout, Canary):
        return
    try:
        by_replicas(service.spec.rollout, service.spec.scaling.min)
    except WrongAtError as error:
        what, _, remedy = str(error).partition("; ")
        overlay = ("services", service.key)
        if (*overlay, "rollout") in file.document.lines:
            yield file.document.problem((*overlay, "rollout", *error.path), what, remedy)
        elif (*overlay, "scaling") in file.document.lines:
            asked = f"{manifest.document.file}:{manifest.document.line(('rollout', *error.path))}"
            yield file.document.problem((*overlay, "scaling", "min"), f"{what} ({asked})", remedy)
        else:
            yield manifest.document.problem(("rollout", *error.path), what, remedy)
