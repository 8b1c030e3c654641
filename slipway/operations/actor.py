"""Who runs this command, and from which commit: what a history can say truthfully, and nothing else.

Sources: GitHub Actions, "Variables reference" (GITHUB_ACTOR, GITHUB_RUN_ID); GitLab, "Predefined CI/CD variables
reference" (GITLAB_USER_EMAIL, CI_PIPELINE_ID).
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CI: Final = (("GITHUB_ACTOR", "GITHUB_RUN_ID", "run"), ("GITLAB_USER_EMAIL", "CI_PIPELINE_ID", "pipeline"))
_SECONDS: Final = 20.0


def by(root: Path, variables: Mapping[str, str] = os.environ) -> str | None:
    """The person: CI's actor with the run, or Git's user.email; None when neither is known."""
    for actor, run, word in _CI:
        if name := variables.get(actor):
            return f"{name} ({word} {variables[run]})" if variables.get(run) else name
    return git(root, "config", "user.email") or None


def commit(root: Path, file: str) -> str | None:
    """The commit that is checked out, with `+` when `file` has changes that are not in it; None outside of Git."""
    found = git(root, "rev-parse", "--short=12", "HEAD")
    if not found:
        return None
    return f"{found}+" if git(root, "status", "--porcelain", "--", file, "environments") else found


def git(root: Path, *arguments: str) -> str:
    """What git answers, trimmed; empty when it fails, is not there, or `root` is no repository of its own."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
