"""Makes tools be there: installed, cached, downloaded against a pinned digest, or built."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.errors import FailedError
from slipway.tools import build, cache, download, modules, pins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from slipway.progress import Progress
    from slipway.tools.pins import Tool


def ensure(
    names: Iterable[str], progress: Progress, *, cache: Path | None = None, pinned: Path = pins.FOLDER
) -> dict[str, Path]:
    """Make tools be there, and return where each is.

    For each tool, in this order: one that is installed, at or above the pin, where pins.toml says so; the cache; the
    vendor's release against its pinned sha256; a build with Go. An interruption anywhere leaves nothing half made.
    When everything is in the cache this takes milliseconds.

    Args:
        names: as in tools/pins.toml; `pins.ENGINE`, `pins.CLUSTER`, `pins.CRDS` and `pins.ADDONS` are the groups.
        progress: told what is fetched or built.
        cache: the folder that keeps tools; by default `slipway.tools.cache.root()`.
        pinned: the folder of pins.toml and of the Go modules.

    Raises:
        FailedError: a digest is wrong, Go is missing or too old, a build fails, the cache cannot be written.
    """
    return _Run(progress, cache, pinned).ensure(list(names))


class _Run:
    """One call of `ensure`."""

    def __init__(self, progress: Progress, folder: Path | None, pinned: Path) -> None:
        self.progress = progress
        self.cache = folder or cache.root()
        self.pinned = pinned

    def ensure(self, names: list[str]) -> dict[str, Path]:
        known = pins.load(self.pinned)
        if unknown := [name for name in names if name not in known]:
            raise FailedError(f"no tool is called {unknown[0]}; tools/pins.toml has {', '.join(known)}")
        found: dict[str, Path] = {}
        missing: list[Tool] = []
        for name in names:
            tool = known[name]
            if tool.on_path and (installed := _installed(tool)) is not None:
                self.progress.say(f"using {installed}, which is installed")
                found[name] = installed
            elif cache.has(tool, self.cache):
                found[name] = cache.result(tool, self.cache)
            else:
                missing.append(tool)
        for module in dict.fromkeys(tool.module for tool in missing):
            with cache.locked(module, self.cache, self.progress):
                # another process may have made some while this one waited for the lock
                self._make([t for t in missing if t.module == module and not cache.has(t, self.cache)])
        return found | {tool.name: cache.result(tool, self.cache) for tool in missing}

    def _make(self, tools: list[Tool]) -> None:
        """Copy, fetch or build what is missing; the lock is held."""
        files = [tool for tool in tools if tool.files]
        fetched = [tool for tool in tools if tool.download is not None and tool.download.sha256]
        for tool in files:
            self._copy(tool)
        got = {tool.name for number, tool in enumerate(fetched, 1) if self._fetch(tool, number, len(fetched))}
        rest = [tool for tool in tools if not tool.files and tool.name not in got]
        if rest:
            self._build(rest)

    def _copy(self, tool: Tool) -> None:
        with (
            self.progress.step(f"fetching {tool.name} {tool.version}"),
            cache.placing(tool, self.cache) as place,
        ):
            modules.copy(tool.source, tool.files, self.pinned / tool.module, place)

    def _fetch(self, tool: Tool, number: int, total: int) -> bool:
        """Say whether the vendor's release is now in the cache."""
        if tool.download is None:
            return False
        try:
            with (
                self.progress.step(f"downloading {tool.name} {tool.version}", number, total) as step,
                cache.placing(tool, self.cache) as place,
            ):
                archive = place / ".download"
                download.fetch(tool.download, archive, step)
                if tool.download.member:
                    download.unpack(archive, tool.download.member, place)
                    archive.unlink()
                else:
                    archive.rename(place / tool.name)
                (place / tool.name).chmod(0o755)
        except download.UnreachableError as error:
            self.progress.say(f"{tool.name} is built instead: {error}")
            return False
        return True

    def _build(self, tools: Sequence[Tool]) -> None:
        """Build tools of one module in one call of go."""
        names = ", ".join(tool.name for tool in tools)
        module = self.pinned / tools[0].module
        build.check_go(names)
        with contextlib.ExitStack() as stack:
            count = f"{len(tools)} tools at once: " if len(tools) > 1 else ""
            step = stack.enter_context(self.progress.step(f"building {count}{names}"))
            places = {tool.name: stack.enter_context(cache.placing(tool, self.cache)) for tool in tools}
            build.build(tools, module, places, step)


def _installed(tool: Tool) -> Path | None:
    """Return the tool on PATH, when it says that it is at or above the pin."""
    path = shutil.which(tool.name)
    if path is None:
        return None
    try:
        answer = subprocess.run([path, "version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(path) if _numbers(answer.stdout) >= _numbers(tool.version) else None


def _numbers(version: str) -> tuple[int, ...]:
    """Read `v3.255.0` as (3, 255, 0); what is no version, and an unfinished one (3.256.0-alpha), counts as nothing."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", version.strip())
    return tuple(map(int, match.groups())) if match else ()
