"""A work directory and a state of one command's own, gone with it.

What is looked up, or only planned, happens here: whatever kills the command, no real state has heard of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Generator

    from slipway.engine.workspace import Workspace


@contextlib.contextmanager
def scratch(workspace: Workspace) -> Generator[Workspace]:
    """`workspace` with an empty state in a temporary folder; its secrets are under a passphrase that nobody knows."""
    with tempfile.TemporaryDirectory(prefix="slipway-") as name:
        yield elsewhere(workspace, Path(name), secrets.token_hex())


def elsewhere(workspace: Workspace, folder: Path, passphrase: str) -> Workspace:
    """`workspace` with its state and its stack settings below `folder` (made if need be), under `passphrase`."""
    work, state = folder / "work", folder / "state"
    for directory in (work / "stacks", state):
        directory.mkdir(parents=True, exist_ok=True)
    (work / "Pulumi.yaml").write_text(yaml.safe_dump(_project(workspace)), encoding="utf-8")
    variables = {
        **workspace.variables,
        # without the side files that a kill can cut to nothing (docs/traps.md)
        "PULUMI_BACKEND_URL": f"file://{state}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
    }
    return dataclasses.replace(workspace, directory=work, secrets_provider="passphrase", variables=variables)


def _project(workspace: Workspace) -> dict[str, Any]:
    """The project of `workspace` with its plugins' paths made absolute: they count from the file's folder."""
    project: dict[str, Any] = yaml.safe_load((workspace.directory / "Pulumi.yaml").read_text(encoding="utf-8"))
    plugins: dict[str, list[dict[str, Any]]] = project.get("plugins") or {}
    for plugin in plugins.get("providers") or []:
        if "path" in plugin:
            plugin["path"] = str((workspace.directory / plugin["path"]).resolve())
    return {**project, "runtime": "python", "stackConfigDir": "stacks"}
