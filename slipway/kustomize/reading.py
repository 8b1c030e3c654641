"""The Kustomize directories of a repository: `manifests/TEAM/NAME/` with a kustomization file in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.errors import Problem, Refused
from slipway.kustomize import folder as folders
from slipway.kustomize import rules
from slipway.kustomize.rendering import rendered
from slipway.kustomize.wanted import WantedDirectory
from slipway.schema.base import dns_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Directory:
    """A directory that is a service of `team` as it is. `file` is its kustomization file, as people name it."""

    team: str
    name: str
    folder: Path
    file: str

    @property
    def key(self) -> str:
        """TEAM/NAME."""
        return f"{self.team}/{self.name}"


def is_one(path: Path) -> bool:
    """Whether `path` is a Kustomize directory."""
    return path.is_dir() and any((path / name).is_file() for name in folders.NAMES)


def found(root: Path, problems: list[Problem]) -> Iterator[Directory]:
    """The directories of all teams. What they refer to is checked; what they render to is not."""
    parents = sorted((root / "manifests").iterdir()) if (root / "manifests").is_dir() else []
    for parent in parents:
        for path in sorted(parent.iterdir()) if parent.is_dir() and not parent.name.startswith(".") else []:
            if path.name.startswith(".") or not is_one(path):
                continue
            file = next(path / name for name in folders.NAMES if (path / name).is_file())
            shown = file.relative_to(root).as_posix()
            try:
                dns_label(path.name)
            except ValueError as error:
                what, _, remedy = f"folder name {error}".partition("; ")
                problems.append(Problem(shown, 0, what, remedy))
                continue
            said = list(folders.problems(path, root))
            problems += said
            if not said:
                yield Directory(parent.name, path.name, path, shown)


def wanted(
    directories: Sequence[Directory], root: Path, taken: Mapping[str, str], problems: list[Problem], *, tags: bool
) -> list[WantedDirectory]:
    """What the directories render to. `taken` is the file of each service and job, by TEAM/NAME.

    With `tags` images may be named by a tag: on stand-ins.
    """
    made: list[WantedDirectory] = []
    for each in directories:
        try:
            objects = rendered(each.folder, root, each.file)
        except Refused as refused:
            problems += refused.problems
            continue
        own = {key.partition("/")[2]: file for key, file in taken.items() if key.startswith(f"{each.team}/")}
        problems += rules.problems(each.team, objects, root, own, tags=tags)
        made.append(WantedDirectory(each.team, each.name, each.file, tuple(objects)))
    return made
