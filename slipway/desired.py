"""What an environment wants: its file, the teams' manifests and its overlays, merged to plain frozen values.

Raised here is everything that only shows when the two meet: a registry that the environment does not have, a pod that
fits no node, a canary that its number of pods cannot keep.
"""

from __future__ import annotations

import dataclasses
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from slipway import checking, exposure, hardening, models, pods, pools, quotas, sign_in, traffic, workloads
from slipway.errors import Problem, Refused
from slipway.kustomize import reading as kustomize
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

    from slipway.files import EnvironmentFile, JobManifest, Manifest, Repository
    from slipway.kustomize.wanted import WantedDirectory
    from slipway.schema.environment import Environment
    from slipway.schema.job import CronJob, Job
    from slipway.schema.manifest import Service

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
class WantedJob:
    """One job as this environment wants it. `pods` is what its pods are, as a service without traffic."""

    spec: Job | CronJob
    pods: WantedService

    @property
    def team(self) -> str:
        """Whose it is."""
        return self.pods.team

    @property
    def name(self) -> str:
        """The job's name, also that of its objects."""
        return self.spec.name

    @property
    def key(self) -> str:
        """TEAM/NAME."""
        return self.pods.key


@dataclass(frozen=True)
class Desired:
    """One environment with its services and jobs, by team."""

    name: str
    environment: Environment
    services: tuple[WantedService, ...]
    jobs: tuple[WantedJob, ...] = ()
    directories: tuple[WantedDirectory, ...] = ()

    @property
    def teams(self) -> list[str]:
        """Teams with a service, a job or a directory here, sorted."""
        return sorted({each.team for each in (*self.services, *self.jobs, *self.directories)})

    @property
    def pods(self) -> list[WantedService]:
        """Everything that has pods, by name: who reads secrets, takes images and models."""
        return sorted((*self.services, *(job.pods for job in self.jobs)), key=lambda each: each.key)

    def jobs_of(self, team: str) -> list[WantedJob]:
        """The jobs of one team, by name."""
        return [job for job in self.jobs if job.team == team]

    def directories_of(self, team: str) -> list[WantedDirectory]:
        """The Kustomize directories of one team, by name."""
        return [each for each in self.directories if each.team == team]

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
    jobs: list[WantedJob] = []
    for manifest in repository.jobs.values():
        job = WantedJob(manifest.value, _wanted(manifest.team, manifest.value.pods))
        problems += _pods(job.pods, manifest, file)
        jobs.append(job)
    tags = file.value.stand_ins
    directories = kustomize.wanted(repository.directories, repository.root, repository.files, problems, tags=tags)
    if not problems:  # of services that are right in themselves
        every = [*services, *(job.pods for job in jobs)]
        problems += [*quotas.refusals(file, every), *sign_in.refusals(file, services)]
    if problems:
        raise Refused(problems)
    by_key = operator.attrgetter("key")
    return Desired(
        name, file.value, tuple(sorted(services, key=by_key)), tuple(sorted(jobs, key=by_key)), tuple(directories)
    )


def _merged(manifest: Manifest, environment: Environment) -> WantedService:
    overlay = environment.services.get(manifest.key)
    spec = manifest.value
    if overlay is not None:
        changes = {field: value for field in ("scaling", "resources", "rollout") if (value := getattr(overlay, field))}
        spec = spec.model_copy(update=changes)
    return _wanted(manifest.team, spec)


def _wanted(team: str, spec: Service) -> WantedService:
    release = spec.release
    return WantedService(team, spec, image(release.image), model(release.model) if release.model else None)


def _overlays(file: EnvironmentFile, repository: Repository) -> Iterator[Problem]:
    for block, what in (("services", "an overlay"), ("answers", "an address")):
        for key in getattr(file.value, block):
            if key not in repository.manifests:
                remedy = near(key, list(repository.manifests))
                yield file.document.problem((block, key), f"{what} for `{key}`, which no team has", remedy)


def _buckets(file: EnvironmentFile) -> Iterator[Problem]:
    """Bucket names are global, so the project is in them (Cloud Storage documentation, "Bucket naming guidelines")."""
    for key in file.value.buckets:
        name = f"{file.value.google.project}-{file.name}-{key}"
        if len(name) > _MAX_BUCKET:
            what = f"the bucket would be called `{name}`, which has {len(name)} characters"
            yield file.document.problem(("buckets", key), what, f"shorten `{key}`: Google takes {_MAX_BUCKET} in all")


def _sides(service: WantedService, repository: Repository) -> Iterator[Problem]:
    """A canary or preview has a Service of its own, beside those of the team's other services."""
    compiled = plan(service.spec)
    for side in (*compiled.sides, *([compiled.peers] if compiled.peers else [])):
        other = repository.manifests.get(f"{service.key}-{side}")
        if other:
            by = service.spec.workload if side == compiled.peers else service.spec.rollout.strategy
            what = f"the {by} of `{service.name}` makes a Service `{other.value.name}`"
            yield other.document.problem(("name",), what, "give this service another name")


def _service(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    yield from _pods(service, manifest, file)
    if of_workload := list(workloads.problems(service, manifest, file)):
        yield from of_workload
    elif refused := list(traffic.problems(service, manifest, file)):
        yield from refused
    elif layer(service.spec, file.value) == "replicas":
        yield from _canary(service, manifest, file)


def _pods(pod: WantedService, manifest: Manifest | JobManifest, file: EnvironmentFile) -> Iterator[Problem]:
    """What is wrong with pods here, a job's as a service's: images, models, room."""
    if not file.value.stand_ins:
        yield from pods.tags(manifest)
    yield from pods.problems(pod, manifest, file)
    yield from models.problems(pod, manifest, file)


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
