"""What a pod of a service asks for, and whether the environment has it: images in its registries, room on a node.

Source of the sum: Kubernetes documentation, "Sidecar Containers", section on resource sharing: containers that run side
by side add up; an init container that ends counts only where it asks for more than all that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway import fitting, models, units
from slipway.files import Manifest
from slipway.schema.artifacts import image
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, JobManifest
    from slipway.schema.artifacts import Image
    from slipway.schema.manifest import Service
    from slipway.source import KeyPath

_BUCKET_CPU: Final = 250
_BUCKET_MEMORY: Final = 256 * 2**20
"""Millicores and bytes that GKE adds to a pod that mounts a bucket, and that count as ours do.

Source: GKE documentation, "Configure the Cloud Storage FUSE CSI driver sidecar container", defaults.
"""


def asks(spec: Service) -> tuple[int, int]:
    """Millicores and bytes that our own containers of one pod ask for together; the model's step runs before them."""
    every = [spec.resources, *(sidecar.resources for sidecar in spec.sidecars.values())]
    cpu, memory = sum(units.millicores(each.cpu) for each in every), sum(units.octets(each.memory) for each in every)
    return (max(cpu, models.CPU), max(memory, models.MEMORY)) if spec.release.model else (cpu, memory)


def counts(spec: Service) -> tuple[int, int]:
    """Millicores and bytes of one pod with what GKE adds to it: what the scheduler and a quota count."""
    cpu, memory = asks(spec)
    return (cpu + _BUCKET_CPU, memory + _BUCKET_MEMORY) if spec.release.model else (cpu, memory)


def problems(service: WantedService, manifest: Manifest | JobManifest, file: EnvironmentFile) -> Iterator[Problem]:
    """What of the service's pods this environment cannot have."""
    yield from _pullable(service.image, ("release", "image"), manifest, file)
    for name, beside in service.sidecars.items():
        yield from _pullable(beside, ("sidecars", name, "image"), manifest, file)
    yield from _fits(service, manifest, file)


def _pullable(
    image: Image, path: KeyPath, manifest: Manifest | JobManifest, file: EnvironmentFile
) -> Iterator[Problem]:
    registries = file.value.registries
    if image.registry not in registries:
        what = f"environment `{file.name}` has no registry `{image.registry}`"
        yield manifest.document.problem(path, what, near(image.registry, list(registries)))
    elif (kind := registries[image.registry].format) != "docker":
        what = f"registry `{image.registry}` of environment `{file.name}` has format {kind}, which is no image's"
        yield manifest.document.problem(path, what, "name one with format docker")


def _fits(service: WantedService, manifest: Manifest | JobManifest, file: EnvironmentFile) -> Iterator[Problem]:
    """Whether one pod fits at least one node of the environment; said where this environment overlays the block."""
    document, path = file.place(manifest, "resources")
    more = asks(service.spec) if service.spec.sidecars else None
    for below, what, remedy in fitting.refusals(service.spec.resources, file, more):
        yield document.problem((*path, *below), what, remedy)


def tags(manifest: Manifest | JobManifest) -> Iterator[Problem]:
    """Images named by tag: refused wherever it counts (everywhere but `local`)."""
    beside = manifest.value.sidecars if isinstance(manifest, Manifest) else {}
    sidecars = {("sidecars", name, "image"): each.image for name, each in beside.items()}
    for path, reference in {("release", "image"): manifest.value.release.image, **sidecars}.items():
        if image(reference).digest is None:
            what = f"image `{reference}` is named by a tag, which can move"
            yield manifest.document.problem(path, what, "add the digest: NAME:TAG@sha256:<64 hex digits>")
