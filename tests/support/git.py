"""A Git repository of a test's own: no user's settings, and commits of any age."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Git:
    """The repository at `root`."""

    root: Path

    def run(self, *arguments: str, when: dt.datetime | None = None) -> str:
        """Run git; raises AssertionError with what it said when it fails."""
        stamp = (when or dt.datetime.now(dt.UTC)).isoformat()
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        command = ["git", "-C", str(self.root), *arguments]
        variables = {**os.environ, **people, **dates, **alone}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=variables)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def start(self) -> Git:
        """Make it, with a first commit on `main`."""
        self.root.mkdir(exist_ok=True)
        self.run("init", "--quiet", "--initial-branch=main")
        self.run("commit", "--quiet", "--allow-empty", "-m", "first")
        return self

    def branch(self, name: str, when: dt.datetime | None = None) -> None:
        """A branch from `main` with a commit of its own, made at `when`."""
        self.run("branch", "--quiet", "--force", name, "main")
        tree = self.run("rev-parse", "main^{tree}").strip()
        commit = self.run("commit-tree", tree, "-p", "main", "-m", name, when=when).strip()
        self.run("update-ref", f"refs/heads/{name}", commit)


_WHO = {"NAME": "Test", "EMAIL": "test@example.com"}
