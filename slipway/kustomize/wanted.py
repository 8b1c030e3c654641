"""A Kustomize directory as an environment wants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway.kustomize.rules import WORKLOADS, images
from slipway.schema.artifacts import SHORT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.kustomize.rendering import Rendered

STRATEGY: Final = "kustomize"
"""What tables say where a service has its strategy: a directory's workloads have their own."""


@dataclass(frozen=True)
class WantedDirectory:
    """A directory of a team with what it renders to. `file` is its kustomization file."""

    team: str
    name: str
    file: str
    objects: tuple[Rendered, ...]

    @property
    def key(self) -> str:
        """TEAM/NAME."""
        return f"{self.team}/{self.name}"

    @property
    def workloads(self) -> list[Mapping[str, Any]]:
        """What rolls out."""
        return [each.value for each in self.objects if each.kind in WORKLOADS]

    @property
    def release(self) -> str:
        """The images of its workloads as a table shows them."""
        found = [_short(image) for each in self.workloads for image in images(each)]
        return ", ".join(dict.fromkeys(found))


def _short(image: str) -> str:
    name, _, digest = image.partition("@sha256:")
    return name.rpartition("/")[2] + (f"@{digest[:SHORT]}" if digest else "")
