"""Builds tools from the pinned Go modules under tools/, several in one `go build`.

One call compiles each package once for all tools (kube-apiserver and the Rollouts controller share most of theirs);
what it compiled before an interruption stays in Go's own build cache, so the next run goes on from there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from slipway.progress import Step
    from slipway.tools.pins import Tool

OLDEST_GO = (1, 26)
_PACKAGE = re.compile(r"[\w.~-]+(/[\w.~-]+)*")


def check_go(wanted: str) -> None:
    """See that Go is there and new enough.

    Args:
        wanted: what it is needed for, for the message.

    Raises:
        FailedError: no `go` on PATH, or one before 1.26.
    """
    needed = ".".join(map(str, OLDEST_GO))
    if shutil.which("go") is None:
        raise FailedError(
            f"{wanted} has to be built and there is no go on PATH: install Go {needed} or newer (https://go.dev/dl), "
            "or run where the vendors' releases can be downloaded"
        )
    # GOTOOLCHAIN=local: else an old Go answers with the version it would like to fetch
    answer = subprocess.run(
        ["go", "env", "GOVERSION"],
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    match = re.match(r"go(\d+)\.(\d+)", answer.stdout.strip())
    if match is None or (int(match[1]), int(match[2])) < OLDEST_GO:
        found = answer.stdout.strip() or answer.stderr.strip() or "no answer"
        raise FailedError(f"{wanted} has to be built with Go {needed} or newer, but go on PATH is {found}: update it")


def build(tools: Sequence[Tool], module: Path, places: dict[str, Path], step: Step) -> None:
    """Build tools of one Go module.

    Args:
        tools: what to build; each has a `build` in that module.
        module: the folder of go.mod.
        places: by name, the folder in which each tool's executable is put.
        step: told which package is being compiled, and how many of how many.

    Raises:
        FailedError: the build fails; the message carries the compiler's last lines.
    """
    packages = {tool.name: tool.build.package for tool in tools if tool.build is not None}
    # -X of a package that a tool does not link is ignored, so one line of flags serves all
    ldflags = dict.fromkeys(pair for tool in tools if tool.build for pair in _pairs(tool.build.ldflags))
    # the linker drops debugging information anyhow (-s -w); not to make it saves a quarter of the compiler's time
    common = ["-mod=readonly", "-buildvcs=false", "-gcflags=all=-dwarf=false"]
    total = _count(module, list(packages.values()), common)
    out = next(iter(places.values())) / ".out"
    out.mkdir()
    command = ["go", "build", "-v", "-trimpath", *common, "-ldflags", " ".join(ldflags), "-o", f"{out}{os.sep}"]
    last: deque[str] = deque(maxlen=30)
    compiled = 0
    with subprocess.Popen(
        [*command, *packages.values()],
        cwd=module,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            for line in process.stderr or ():
                text = line.strip()
                if _PACKAGE.fullmatch(text):
                    compiled += 1
                    step.note(f"{text} ({compiled} of up to {total} packages)")
                elif text.startswith("go: downloading"):
                    step.note(text.removeprefix("go: "))
                else:
                    last.append(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise FailedError(
            f"go build of {', '.join(packages)} failed in {module}:\n  " + "\n  ".join(last or ["(it said nothing)"])
        )
    for name, package in packages.items():
        (out / _executable(package)).rename(places[name] / name)
    out.rmdir()


def _pairs(flags: Sequence[str]) -> list[str]:
    """Keep each `-X name=value` together, so that a pair given for several tools stands there once."""
    rest = iter(flags)
    return ["-s", "-w", *(f"{flag} {next(rest)}" if flag == "-X" else flag for flag in rest)]


def _executable(package: str) -> str:
    """Return what `go build -o folder/` calls a package's executable: a major version at the end does not count."""
    return re.sub(r"/v\d+$", "", package).rpartition("/")[2]


def _count(module: Path, packages: list[str], flags: list[str]) -> int:
    """Count the packages under a build, so that its progress has an end; 0 when that cannot be told."""
    answer = subprocess.run(
        ["go", "list", *flags, "-deps", *packages],
        cwd=module,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return len(answer.stdout.splitlines())


def _environment() -> dict[str, str]:
    # no C compiler is needed, and what is built does not depend on the machine's libc, as in the vendors' releases
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
