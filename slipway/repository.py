"""Reads a whole Slipway repository: its environments and its teams' manifests.

Layout: `environments/NAME.yaml`, `manifests/TEAM/NAME.yaml`. Everything is read and checked before anything else
happens, so a run that starts has nothing left to trip over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from slipway import branches, source, templates
from slipway.errors import Problem, Refused
from slipway.files import EnvironmentFile, JobManifest, Manifest, Repository
from slipway.kustomize import reading as kustomize
from slipway.schema.base import dns_label
from slipway.schema.environment import Environment
from slipway.schema.job import JOBS, CronJob, Job
from slipway.schema.manifest import Service
from slipway.schema.reading import near, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slipway.source import Document

_SUFFIX = ".yaml"
_MAX_ENVIRONMENT = branches.MAX_NAME
"""A bucket's name has 63 characters, of which project and purpose may take 39."""
_MAX_TEAM = 23
"""The account `deploy-TEAM` that deploys a team's stack may have 30 characters."""
_REVIEWED = "reviewed"
"""A folder of `environments/` with lists of reviewed differences; see `slipway.reviewed`."""
_RESERVED_TEAMS = frozenset(
    {"platform", "cluster", "bootstrap", "default", "slipway", "slipway-gateway", "argo-rollouts"}
)
_RESERVED_STARTS = ("kube-", "gke-", "gmp-")


def find_root(start: Path | None = None) -> Path:
    """The repository that holds `start` (the working directory by default); raises Refused outside of one."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file() and (folder / "environments").is_dir():
            return folder
    what = "is in no Slipway repository (no Pulumi.yaml with environments/ beside it)"
    raise Refused([Problem(str(here), 0, what, "change into your clone and run the command again")])


def load(root: Path) -> Repository:
    """The repository at `root`. Raises Refused with every problem of every file."""
    problems: list[Problem] = []
    environments = dict(_environments(root, problems))
    every = dict(_manifests(root, problems))
    manifests = {key: each for key, each in every.items() if isinstance(each, Manifest)}
    jobs = {key: each for key, each in every.items() if isinstance(each, JobManifest)}
    directories = list(kustomize.found(root, problems))
    for each in directories:
        if other := every.get(each.key):
            what = f"the team has a service `{each.name}` already, in {other.document.file}"
            problems.append(Problem(each.file, 0, what, "give the folder another name"))
    problems += _branches_mapped_twice(environments)
    teams = {each.team for each in (*every.values(), *directories)}
    problems += templates.problems(environments, {team: f"manifests/{team}" for team in teams})
    if problems:
        raise Refused(problems)
    return Repository(root, environments, manifests, jobs, directories)


def _environments(root: Path, problems: list[Problem]) -> Iterator[tuple[str, EnvironmentFile]]:
    for path in _yaml_files(root / "environments", root, problems):
        name = path.name.removesuffix(_SUFFIX)
        try:
            document = source.read(path, root)
            value = validate(Environment, document)
            _short_enough(dns_label(name), _MAX_ENVIRONMENT, "buckets are named after project and environment")
        except Refused as refused:
            problems += refused.problems
        except ValueError as error:
            problems.append(_named(path, root, f"environment name {error}"))
        else:
            problems += _local_only(name, value, document)
            yield name, EnvironmentFile(name, value, document)


def _local_only(name: str, value: Environment, document: Document) -> Iterator[Problem]:
    if value.stand_ins and name != "local":
        yield document.problem(
            ("stand_ins",), f"environment `{name}` would run on stand-ins", "only `local` may; remove the key"
        )


def _manifest(team: str, document: Document) -> Manifest | JobManifest:
    """The manifest as what its `kind` says; an unknown or missing kind is told by the schema of a service."""
    kind = document.value.get("kind")
    if kind in JOBS:
        model = Job if kind == "Job" else CronJob
        return JobManifest(team, validate(model, document), document)
    if isinstance(kind, str) and kind != "Service":
        remedy = near(kind, ["Service", *JOBS])
        raise Refused([document.problem(("kind",), f"unknown kind `{' '.join(kind.split())[:60]}`", remedy)])
    return Manifest(team, validate(Service, document), document)


def _manifests(root: Path, problems: list[Problem]) -> Iterator[tuple[str, Manifest | JobManifest]]:
    seen: dict[str, str] = {}
    for folder in _folders(root / "manifests", root, problems):
        for path in _yaml_files(folder, root, problems):
            try:
                document = source.read(path, root)
                manifest = _manifest(folder.name, document)
            except Refused as refused:
                problems += refused.problems
                continue
            if manifest.key in seen:
                what = f"the team has a service or job `{manifest.value.name}` already, in {seen[manifest.key]}"
                problems.append(document.problem(("name",), what, "give one of the two another name"))
                continue
            seen[manifest.key] = document.file
            yield manifest.key, manifest


def _folders(parent: Path, root: Path, problems: list[Problem]) -> Iterator[Path]:
    for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
        if folder.name.startswith("."):
            continue
        if not folder.is_dir():
            problems.append(
                Problem(
                    folder.relative_to(root).as_posix(), 0, "is no team's folder", "put manifests into manifests/TEAM/"
                )
            )
            continue
        try:
            team_name(folder.name)
        except ValueError as error:
            problems.append(_named(folder, root, f"team name {error}"))
            continue
        yield folder


def _yaml_files(folder: Path, root: Path, problems: list[Problem]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or path == root / "environments" / _REVIEWED:
            continue
        if folder.parent == root / "manifests" and kustomize.is_one(path):
            continue
        if path.suffix != _SUFFIX or not path.is_file() or not os.access(path, os.R_OK):
            problems.append(
                Problem(
                    path.relative_to(root).as_posix(),
                    0,
                    "is no readable .yaml file",
                    "rename, move or remove it; everything here is deployed",
                )
            )
            continue
        yield path


def team_name(text: str) -> str:
    """A team's name: a stack, a namespace and an account are named after it. Raises ValueError."""
    if dns_label(text) in _RESERVED_TEAMS or text.startswith(_RESERVED_STARTS):
        raise ValueError(f"`{text}` is taken by the platform itself; give the team another name")
    return _short_enough(text, _MAX_TEAM, f"its account is `deploy-{text}`")


def _short_enough(text: str, most: int, why: str) -> str:
    if len(text) > most:
        raise ValueError(f"`{text}` has {len(text)} characters, and {why}; use at most {most}")
    return text


def _named(path: Path, root: Path, message: str) -> Problem:
    what, _, remedy = message.partition("; ")
    return Problem(path.relative_to(root).as_posix(), 0, what, remedy)


def _branches_mapped_twice(environments: Mapping[str, EnvironmentFile]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, file in environments.items():
        branch = file.value.branch
        if branch is None:
            continue
        if branch in seen:
            what = f"branch `{branch}` deploys to environment `{seen[branch]}` already"
            yield file.document.problem(("branch",), what, "name another branch: each has one environment")
        seen[branch] = name
