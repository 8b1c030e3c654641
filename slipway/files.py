"""What people wrote: environments, manifests, directories, each with the file that it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slipway import branches, templates
from slipway.errors import Problem, Refused
from slipway.schema.reading import near

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from slipway.kustomize.reading import Directory
    from slipway.schema.environment import Environment
    from slipway.schema.job import CronJob, Job
    from slipway.schema.manifest import Service
    from slipway.source import Document


@dataclass(frozen=True)
class EnvironmentFile:
    """An environment with the document that it came from."""

    name: str
    value: Environment
    document: Document
    template: str | None = None
    """The template that made it; None for an environment with a file of its own."""

    @property
    def is_template(self) -> bool:
        """Whether this is a template itself: nothing is deployed to it, only to its branches' environments."""
        return self.value.template is not None and self.template is None

    def place(self, manifest: Manifest | JobManifest, key: str) -> tuple[Document, tuple[str, ...]]:
        """Where the block `key` of a service is written that counts here: this file's overlay, or its manifest."""
        overlay = ("services", manifest.key, key)
        return (self.document, overlay) if overlay in self.document.lines else (manifest.document, (key,))


@dataclass(frozen=True)
class Manifest:
    """A service of a team with the document that it came from."""

    team: str
    value: Service
    document: Document

    @property
    def key(self) -> str:
        """How overlays and people name the service: TEAM/NAME."""
        return f"{self.team}/{self.value.name}"


@dataclass(frozen=True)
class JobManifest:
    """A job of a team, run once or by a schedule, with the document that it came from."""

    team: str
    value: Job | CronJob
    document: Document

    @property
    def key(self) -> str:
        """How people name the job: TEAM/NAME. No service of the team has the name."""
        return f"{self.team}/{self.value.name}"


@dataclass(frozen=True)
class Repository:
    """Everything that people wrote, by name."""

    root: Path
    environments: Mapping[str, EnvironmentFile]
    manifests: Mapping[str, Manifest]
    jobs: Mapping[str, JobManifest] = field(default_factory=dict[str, JobManifest])
    directories: Sequence[Directory] = ()

    def environment(self, name: str) -> EnvironmentFile:
        """The environment called `name`, a branch's own included; raises Refused with those that exist."""
        file = self.environments.get(name)
        if file and not file.is_template:
            return file
        if file:
            example = f"{branches.prefix(templates.pattern(file))}x"
            what = f"`{name}` is the template of branches {templates.pattern(file)}"
            raise Refused([file.document.problem((), what, f"name a branch's environment, such as {example}")])
        for template in self.templates:
            if branches.makes(name, templates.pattern(template)):
                return self._instance(name, template)
        raise Refused([Problem("environments", 0, f"there is no environment `{name}`", near(name, self.names))])

    def of_branch(self, branch: str) -> EnvironmentFile:
        """The environment that `branch` deploys to; raises Refused with the branches that have one."""
        for file in self.environments.values():
            if file.value.branch == branch:
                return file
        for template in self.templates:
            if branches.matches(branch, pattern := templates.pattern(template)):
                file = self._instance(branches.name_of(branch, pattern), template)
                return replace(file, value=file.value.model_copy(update={"branch": branch}))
        named = [file.value.branch or templates.pattern(file) for file in self.environments.values()]
        what = f"branch `{branch}` deploys to no environment"
        raise Refused([Problem("environments", 0, what, near(branch, sorted(filter(None, named))))])

    @staticmethod
    def _instance(name: str, template: EnvironmentFile) -> EnvironmentFile:
        return EnvironmentFile(name, branches.instance(name, template.value), template.document, template.name)

    @property
    def templates(self) -> list[EnvironmentFile]:
        """Files that are templates."""
        return [file for file in self.environments.values() if file.is_template]

    @property
    def names(self) -> list[str]:
        """Every environment with a file, and for a template the one of its branch `.../x`: all there is to check."""
        return [
            f"{branches.prefix(templates.pattern(file))}x" if file.is_template else name
            for name, file in self.environments.items()
        ]

    @property
    def teams(self) -> list[str]:
        """Teams that have a manifest, sorted."""
        return sorted({each.team for each in (*self.manifests.values(), *self.jobs.values(), *self.directories)})

    @property
    def files(self) -> dict[str, str]:
        """The file of each service and job, by TEAM/NAME."""
        return {key: each.document.file for key, each in (*self.manifests.items(), *self.jobs.items())}
