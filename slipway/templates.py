"""What has to hold for a template (`environments/feature.yaml`) so that its branches' environments can come and go.

Each stands beside others in one project and is destroyed with its branch, by nobody who watches: so nothing of it may
have a name that another one has, and nothing may refuse to be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway import profiles
from slipway.branches import MAX_CLUSTER, checked_pattern, makes, matches, prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from slipway.errors import Problem
    from slipway.files import EnvironmentFile
    from slipway.schema.storage import Registry


def problems(files: Mapping[str, EnvironmentFile], teams: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the templates among `files`, and between them and the rest. `teams`: folder by name."""
    templates = {name: file for name, file in files.items() if file.value.template}
    for name, file in templates.items():
        path = ("template", "branches")
        try:
            checked_pattern(pattern(file))
        except ValueError as error:
            what, _, remedy = str(error).partition("; ")
            yield file.document.problem(path, what, remedy)
            continue
        yield from _removable(file)
        yield from _registries(file, files)
        yield from _cluster(file)
        yield from _others(file, files)
        for team, folder in teams.items():
            if team.startswith(prefix(pattern(file))):
                what = (
                    f"a branch's deployers are called `deploy-{prefix(pattern(file))}...`, and so is that of {folder}"
                )
                yield file.document.problem(path, what, "choose another pattern, or rename the team")
        for other in list(templates)[: list(templates).index(name)]:
            ours, theirs = prefix(pattern(file)), prefix(pattern(templates[other]))
            if ours.startswith(theirs) or theirs.startswith(ours):
                both = f"`{pattern(file)}` and `{pattern(templates[other])}` of `{other}`"
                yield file.document.problem(path, f"{both} can make the same name", "tell the two apart by more")


def pattern(file: EnvironmentFile) -> str:
    """The pattern of a template."""
    return file.value.template.branches if file.value.template else ""


def _others(file: EnvironmentFile, files: Mapping[str, EnvironmentFile]) -> Iterator[Problem]:
    """Environments with files of their own keep their names and their branches to themselves."""
    mine = pattern(file)
    for name, other in files.items():
        if name != file.name and makes(name, mine):
            what = f"`{mine}` of `{file.name}` can make an environment called `{name}`, too"
            yield other.document.problem((), what, "rename this file")
        if other.value.branch and matches(other.value.branch, mine):
            what = f"branch `{other.value.branch}` also matches `{mine}` of `{file.name}`"
            yield other.document.problem(("branch",), what, "name a branch that does not: each has one environment")
        if other is not file and other.value.google.project == file.value.google.project:
            for cluster in other.value.clusters:
                if cluster.startswith(prefix(mine)):
                    what = f"clusters of `{mine}` in this project are called `{prefix(mine)}...`, too"
                    yield other.document.problem(("clusters", cluster), what, "give this cluster another name")


def _removable(file: EnvironmentFile) -> Iterator[Problem]:
    why = "would outlive its branch"
    profile = profiles.profile(file.value.profile)
    if profile.etcd_key or profile.data_keys:
        # Cloud KMS documentation, "Cloud KMS resources": key rings and keys cannot be deleted, nor made again
        what = f"profile `{profile.name}` makes keys, which can neither be deleted nor be made again under their names"
        yield file.document.problem(
            ("profile",), what, "write profile: baseline: a branch's environment comes and goes"
        )
    for name, cluster in file.value.clusters.items():
        if cluster.deletion_protection:
            what = f"cluster `{name}` refuses to be deleted, so a branch's environment {why}"
            yield file.document.problem(
                ("clusters", name, "deletion_protection"), what, "add deletion_protection: false"
            )
        if cluster.backup:  # Backup for GKE documentation, "Delete a backup plan": not while it has backups
            what = f"a backup plan is not deleted while it has backups, so a branch's environment {why}"
            yield file.document.problem(("clusters", name, "backup"), what, "remove the backup")
    for name, bucket in file.value.buckets.items():
        if bucket.existing:
            continue
        if bucket.protect:
            what = f"bucket `{name}` refuses to be deleted while it holds anything, so a branch's environment {why}"
            yield file.document.problem(
                ("buckets", name, "protect"), what, "add protect: false, or use an existing one"
            )
        if bucket.retention:
            what = (
                f"objects of bucket `{name}` cannot be deleted for {bucket.retention}, so a branch's environment {why}"
            )
            yield file.document.problem(("buckets", name, "retention"), what, "remove the retention")


def _registries(file: EnvironmentFile, files: Mapping[str, EnvironmentFile]) -> Iterator[Problem]:
    """A registry's name is unique in project and region: it is the owner's, and every branch's environment uses it."""
    google = file.value.google
    owned: dict[str, Registry] = {}
    for other in files.values():
        if (other.value.google.project, other.value.google.region) == (google.project, google.region):
            owned |= {name: registry for name, registry in other.value.registries.items() if not registry.shared}
    for name, registry in file.value.registries.items():
        where = ("registries", name)
        if not registry.shared:
            what = f"each branch's environment would make the registry `{name}` of project {google.project}"
            yield file.document.problem(
                where, what, "write {shared: true} and let the project's own environment make it"
            )
        elif name not in owned:
            what = f"no environment in {google.region} of project {google.project} makes the registry `{name}`"
            yield file.document.problem(where, what, "add it to the one whose project that is")
        elif owned[name].format != registry.format:
            what = f"the shared registry `{name}` has format {owned[name].format}"
            yield file.document.problem((*where, "format"), what, "write the same here")


def _cluster(file: EnvironmentFile) -> Iterator[Problem]:
    for name in file.value.clusters:
        if len(name) > MAX_CLUSTER:
            what = f"a branch's cluster is called ENVIRONMENT-{name}, and Google takes 40 characters"
            yield file.document.problem(("clusters", name), what, f"use at most {MAX_CLUSTER} for the cluster itself")
