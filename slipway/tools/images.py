"""What tools/images.toml says: the images that the platform itself runs in a cluster, each by its digest."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from slipway.errors import FailedError
from slipway.rollouts.traffic import weighted
from slipway.tools import pins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.schema.environment import Environment

ROLLOUTS: Final = "argo-rollouts"
GATEWAY_PLUGIN: Final = "rollouts-gateway-plugin"
_WHAT: Final = {
    ROLLOUTS: "the Rollouts controller",
    GATEWAY_PLUGIN: "its plugin for weights at the gateway (gateway.weights)",
}
PYTHON: Final = "python"
"""What the platform's own steps in services' pods run in (slipway/podsteps)."""
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Pinned:
    """One image. `remote` is the public registry that it comes from, as `registries.*.remote` names it."""

    name: str
    version: str
    remote: str
    path: str
    tag: str
    digest: str
    """`sha256:...`; empty when nobody has written it yet."""

    @property
    def suffix(self) -> str:
        """What follows the path in a pull: the digest. The tag without one, which no account takes (`needed`)."""
        return f"@{self.digest}" if self.digest else f":{self.tag}"


def pinned(name: str, folder: Path | None = None) -> Pinned:
    """The pin of image `name`. Raises FailedError for a file that is missing or broken, or a digest that is none."""
    path = (folder or pins.FOLDER) / "images.toml"
    try:
        table = cast("dict[str, str]", tomllib.loads(path.read_text(encoding="utf-8"))[name])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise FailedError(f"{path}: cannot be read ({error}); restore the file with git") from error
    digest, version = table["digest"], table["version"]
    if digest and not _DIGEST.fullmatch(digest):
        raise FailedError(f"{path}: {name}: `{digest}` is no digest; run tools/pin.py, which writes the registry's")
    return Pinned(name, version, table["remote"], table["path"], table["tag"].format(version=version), digest)


def needed(image: Pinned) -> None:
    """Raise FailedError, with the way to mend it, for an image without a digest: no account is to run what may move."""
    if image.digest:
        return
    what = f"tools/images.toml has no digest of {image.path}:{image.tag}, and a tag can move"
    raise FailedError(f"{what}; run tools/pin.py where the registry can be reached, review and commit what it writes")


def cache(environment: Environment, image: Pinned) -> str | None:
    """The environment's registry that `image` is pulled through; None without one."""
    found = (key for key, registry in environment.registries.items() if registry.remote == image.remote)
    return next(found, None)


def used(environment: Environment) -> list[Pinned]:
    """The platform's own images in a cluster of this environment."""
    return [pinned(name) for name in (ROLLOUTS, *((GATEWAY_PLUGIN,) if weighted(environment) else ()))]


def refusals(file: EnvironmentFile) -> Iterator[Problem]:
    """An environment that the platform's own images cannot be pulled in."""
    for image in used(file.value):
        if cache(file.value, image) is None:
            what = f"environment `{file.name}` has no cache of {image.remote}, which {_WHAT[image.name]} is pulled from"
            yield file.document.problem(("registries",), what, f"add `{image.remote}: {{remote: {image.remote}}}`")
