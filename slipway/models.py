"""The step before a service that fetches its model: its program, what it asks for, and where its image comes from."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from slipway.podsteps import model as program
from slipway.tools import images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, JobManifest, Manifest

BUCKET: Final = "models"
"""The bucket of an environment that model artifacts are looked for in."""
SCRIPT: Final = inspect.getsource(program)
"""The program, for `python -c`."""
CPU: Final = 100
MEMORY: Final = 128 * 2**20
"""Millicores and bytes that the step asks for; it reads and writes in pieces of 1 MiB."""


def problems(service: WantedService, manifest: Manifest | JobManifest, file: EnvironmentFile) -> Iterator[Problem]:
    """What an environment lacks that a model is fetched from, or by."""
    if not service.model:
        return
    path, image = ("release", "model"), images.pinned(images.PYTHON)
    if BUCKET not in file.value.buckets:
        what = f"environment `{file.name}` has no bucket `{BUCKET}` to take the model from"
        yield manifest.document.problem(path, what, f"add `{BUCKET}: {{}}` to buckets in {file.document.file}")
    if images.cache(file.value, image) is None:
        what = f"environment `{file.name}` has no cache of {image.remote}, which the step that copies models comes from"
        remedy = f"add `hub: {{remote: {image.remote}}}` to registries in {file.document.file}"
        yield manifest.document.problem(path, what, remedy)
