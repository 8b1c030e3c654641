"""Branches of a Git repository with the time of their last commit: what says whether a branch's environment is due.

Nothing is remembered between runs. What a branch is worth is asked of Git each time, and an answer that cannot be
right (no repository, no such remote, a remote without any branch) is an error, never "all branches are gone".
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from typing import TYPE_CHECKING, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SECONDS: Final = 300.0
"""A fetch that takes longer hangs."""
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
"""Nobody is there to be asked for a password."""


def of_remote(root: Path, remote: str, patterns: Sequence[str]) -> dict[str, dt.datetime]:
    """The branches of `remote` that match any of `patterns`, as they are there now: they are fetched first.

    Fetching updates `refs/remotes/REMOTE/` of these branches, as any `git fetch --prune` does, and nothing else.
    Raises FailedError when that is not possible, or when the remote has no branch at all.
    """
    if remote.startswith("-") or remote not in _git(root, "remote").splitlines():
        raise FailedError(f"this repository has no remote `{remote}`: name one of `git remote` by --remote")
    if not _git(root, "ls-remote", "--heads", remote).strip():
        raise FailedError(
            f"remote `{remote}` has no branch at all, so nothing can be told from it; is it the right one?"
        )
    shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
    refs = [f"+refs/heads/{each}:refs/remotes/{remote}/{each}" for each in patterns]
    _git(root, "fetch", "--quiet", "--no-tags", "--prune", *(["--depth=1"] if shallow else []), remote, *refs)
    return _heads(root, f"refs/remotes/{remote}/", patterns)


def known_here(root: Path, remote: str, patterns: Sequence[str]) -> dict[str, dt.datetime]:
    """The branches of this clone that match any of `patterns`, and those of `remote` as they were fetched last."""
    found = _heads(root, f"refs/remotes/{remote}/", patterns)
    for branch, when in _heads(root, "refs/heads/", patterns).items():
        found[branch] = max(when, found.get(branch, when))
    return found


def _heads(root: Path, below: str, patterns: Sequence[str]) -> dict[str, dt.datetime]:
    """Branches below a namespace of refs. The committer's date is when the commit was made as it is (rebased, too)."""
    places = [f"{below}{each.removesuffix('*')}" for each in patterns]
    lines = _git(root, "for-each-ref", "--format=%(refname) %(committerdate:unix)", *places).splitlines()
    parts = [line.rpartition(" ") for line in lines]
    return {name.removeprefix(below): dt.datetime.fromtimestamp(int(when), dt.UTC) for name, _, when in parts}


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, env={**os.environ, **_QUIET})
    except FileNotFoundError:
        raise FailedError("git is not installed, and it knows which branches there are: install it") from None
    except subprocess.TimeoutExpired:
        raise FailedError(f"`git {arguments[0]}` did not end within {_SECONDS:.0f} s") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        fatal = [line for line in said if line.startswith(("fatal:", "error:"))]
        raise FailedError(f"`git {arguments[0]}` failed: {' '.join(fatal or said) or f'exit {done.returncode}'}")
    return done.stdout.decode("utf-8", "surrogateescape")
