"""What tools/pins.toml says: which tools localcloud runs, at which version, and where they come from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import cast

from slipway.errors import FailedError

FOLDER = Path(__file__).resolve().parents[2] / "tools"
"""The folder of pins.toml and of the Go modules, in the clone."""

ENGINE = ("pulumi",)
"""What a Pulumi program needs to run."""

CLUSTER = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "rollouts-controller",
    "gateway-weights",
)
"""What the control plane runs; the last is a plugin of the one before it, and a stand-in (tools/kubernetes)."""

CRDS = ("rollouts-crds",)
"""The custom resource definitions of Argo Rollouts: a folder of YAML files, nothing to build."""

ADDONS = ("gateway-api-crds", "gke-gateway-crds", "secrets-store-crds", "istio-crds")
"""The custom resource definitions that GKE's add-ons bring into a cluster: what the stand-in of GKE applies."""

_OWN = "slipway.invalid/tools/"
"""Packages under tools/: their own sources are part of the pin."""

KUSTOMIZE = ("kustomize",)
"""What renders teams' Kustomize directories."""


@dataclass(frozen=True)
class Download:
    """A vendor's release for one platform."""

    url: str
    sha256: str
    """The digest of what the URL serves; empty when none is known, and then nothing is downloaded."""
    member: str = ""
    """The path of the tool inside the archive; empty when the URL serves the tool itself."""


@dataclass(frozen=True)
class Build:
    """How a tool is made from a Go module under tools/."""

    module: str
    package: str
    ldflags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tool:
    """One pinned tool."""

    name: str
    version: str
    on_path: bool = False
    """Whether an installed one, at or above the version, is used instead."""
    build: Build | None = None
    download: Download | None = None
    source: str = ""
    """For files: the Go module that carries them, as `path@version`."""
    files: tuple[str, ...] = ()
    """For files: their names inside that module."""
    module: str = field(default="kubernetes", repr=False)
    """The folder under tools/ whose go.mod and go.sum pin it; no part of `repr`, so that adding it kept every key."""
    key: str = field(default="", compare=False)
    """A digest of everything above and of the go.mod and go.sum it is built by: another pin, another key."""


def this_platform() -> str:
    """Return `os-arch` as Go names it, as in `linux-amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def load(folder: Path = FOLDER, *, target: str = "") -> dict[str, Tool]:
    """Read the pins of every tool.

    Args:
        folder: where pins.toml and the Go modules are.
        target: the platform, as in `linux-amd64`; by default this machine's.

    Raises:
        FailedError: the file is missing or is no TOML.
    """
    return dict(_load(folder, target or this_platform()))


@lru_cache(maxsize=8)
def _load(folder: Path, target: str) -> dict[str, Tool]:
    path = folder / "pins.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FailedError(f"{path}: cannot be read ({error.strerror}); run inside a complete clone") from error
    except tomllib.TOMLDecodeError as error:
        raise FailedError(f"{path}: {error}; restore the file with git") from error
    return {name: _tool(name, table, folder, target) for name, table in document.items()}


def _tool(name: str, table: dict[str, object], folder: Path, target: str) -> Tool:
    version = str(table["version"])
    build = _build(table.get("build"), version)
    tool = Tool(
        name=name,
        version=version,
        on_path=bool(table.get("on_path", False)),
        build=build,
        download=_download(table.get("download"), version, target),
        source=str(table.get("source", "")).format(version=version),
        files=tuple(str(file) for file in _list(table.get("files"))),
        module=build.module if build else str(table.get("module", "kubernetes")),
    )
    content = [repr(tool), target]
    module = folder / tool.module
    content += [(module / part).read_text(encoding="utf-8") for part in ("go.mod", "go.sum")]
    if build and build.package.startswith(_OWN):
        sources = sorted((folder / build.package.removeprefix(_OWN)).glob("*.go"))
        content += [source.read_text(encoding="utf-8") for source in sources]
    key = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    return dataclasses.replace(tool, key=key)


def _build(table: object, version: str) -> Build | None:
    if not isinstance(table, dict):
        return None
    block = cast("dict[str, object]", table)
    flags = tuple(str(flag).format(version=version) for flag in _list(block.get("ldflags")))
    return Build(module=str(block["module"]), package=str(block["package"]), ldflags=flags)


def _download(table: object, version: str, target: str) -> Download | None:
    block = cast("dict[str, object]", table) if isinstance(table, dict) else {}
    if not isinstance(block.get(target), dict):
        return None
    found = cast("dict[str, object]", block[target])
    return Download(
        url=str(found["url"]).format(version=version),
        sha256=str(found.get("sha256", "")),
        member=str(found.get("member", "")).format(version=version),
    )


def _list(value: object) -> list[object]:
    return list(cast("list[object]", value)) if isinstance(value, list) else []
