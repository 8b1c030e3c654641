"""Which change in Git makes an operation last: file, line, from what to what, and the commit that had it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slipway import source
from slipway.errors import Refused
from slipway.operations.actor import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from slipway.operations.live import Revision
    from slipway.source import Document

_COMMITS: Final = 20
"""Commits that are looked at: each is one call of git."""


@dataclass(frozen=True)
class Change:
    """One value of a manifest to change. `commit` had the new one; None when this clone's history does not know."""

    file: str
    line: int
    key: str
    now: str
    then: str
    commit: str | None = None

    def __str__(self) -> str:
        known = f" (as in commit {self.commit})" if self.commit else ""
        return f"{self.file}:{self.line}: {self.key}: {self.now} -> {self.then}{known}"


def release(revision: Revision, registries: Mapping[str, str]) -> dict[str, str]:
    """The `release:` of a revision as far as its template shows it: no tag, for pods are given the digest."""
    said = {"image": _written(revision.image, registries)}
    container = revision.template["spec"]["containers"][0]
    has = {name: str(each.get("value", "")) for name, each in _env(container).items()}
    if has.get("MODEL_NAME"):
        said["model"] = f"{has['MODEL_NAME']}/{has.get('MODEL_VERSION', '?')}@{has.get('MODEL_DIGEST', '?')}"
    return said


def changes(root: Path, document: Document, revision: Revision, registries: Mapping[str, str]) -> list[Change]:
    """What to change in the manifest's `release:` so that Git has what `revision` runs; empty when it has."""
    found: list[Change] = []
    for key, then in release(revision, registries).items():
        now = str(document.value.get("release", {}).get(key, ""))
        mark = then.rpartition("@")[2]
        if not now or mark in now:
            continue
        commit, text = _had(root, document.file, key, mark)
        found.append(
            Change(document.file, document.line(("release", key)), f"release.{key}", now, text or then, commit)
        )
    return found


def differences(target: Revision, other: Revision) -> list[str]:
    """Names of what else the two templates have differently: variables by name, other parts of the pod by key."""
    one, two = target.template["spec"], other.template["spec"]
    left, right = one["containers"][0], two["containers"][0]
    env, theirs = _env(left), _env(right)
    models = {name for name in {*env, *theirs} if name.startswith("MODEL_")}
    found = [f"env {name}" for name in sorted({*env, *theirs} - models) if env.get(name) != theirs.get(name)]
    skipped = {"env", "image"}
    found += [key for key in sorted({*left, *right} - skipped) if left.get(key) != right.get(key)]
    found += [key for key in sorted({*one, *two} - {"containers"}) if one.get(key) != two.get(key)]
    if one["containers"][1:] != two["containers"][1:]:
        found.append("sidecars")
    return found


def _env(container: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    listed: list[dict[str, Any]] = container.get("env") or []
    return {each["name"]: each for each in listed}


def _written(image: str, registries: Mapping[str, str]) -> str:
    """The image as a manifest writes it: the environment's registry by its key."""
    for key, path in registries.items():
        if image.startswith(f"{path}/"):
            return f"{key}/{image.removeprefix(f'{path}/')}"
    return image


def _had(root: Path, file: str, key: str, mark: str) -> tuple[str | None, str | None]:
    """The newest commit whose `file` has `mark` in release.KEY, and the value there."""
    if not mark:
        return None, None
    listed = git(root, "log", f"-{_COMMITS}", "--format=%h", f"-S{mark}", "--", file).split()
    # the commit that took it away is listed as well: what was before it had it
    for commit in [each for one in listed for each in (one, f"{one}~1")]:
        text = git(root, "show", f"{commit}:./{file}")
        if mark not in text:
            continue
        try:
            value = source.parse(text, file).value.get("release", {}).get(key)
        except Refused:
            continue
        if isinstance(value, str) and mark in value:
            return git(root, "rev-parse", "--short", commit) or commit, value
    return None, None
