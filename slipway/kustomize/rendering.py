"""Renders a Kustomize directory to objects, each with the file that it came from.

Source: Kustomize documentation, "buildMetadata" (originAnnotations) and `kustomize build`. What fetches or runs
anything was refused before (slipway.kustomize.folder); here nothing of the kind is found on PATH either.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from slipway.errors import Problem, Refused
from slipway.progress import NullProgress
from slipway.tools import KUSTOMIZE, ensure

_SECONDS: Final = 60
_ORIGIN: Final = "config.kubernetes.io/origin"


@dataclass(frozen=True)
class Rendered:
    """An object, and the file of the repository that it came from (the directory's own where a generator made it)."""

    value: dict[str, Any]
    file: str

    @property
    def kind(self) -> str:
        """The object's kind."""
        return str(self.value.get("kind", ""))

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.metadata.get("name", ""))

    @property
    def metadata(self) -> dict[str, Any]:
        """The object's metadata."""
        return self.value.get("metadata", {})


def rendered(folder: Path, root: Path, file: str) -> list[Rendered]:
    """The objects of the directory `folder`, in Kustomize's order. `file` is its kustomization file, for messages.

    Raises Refused with Kustomize's words when it cannot be rendered, and FailedError when there is no Kustomize.
    """
    tool = ensure(KUSTOMIZE, NullProgress())["kustomize"]
    with tempfile.TemporaryDirectory(prefix="slipway-kustomize-") as scratch:
        above = Path(os.path.relpath(folder.resolve(), Path(scratch).resolve())).as_posix()
        # one on top, that asks where each object came from: the directory itself is rendered as it is
        overlay = {"resources": [above], "buildMetadata": ["originAnnotations"]}
        (Path(scratch) / "kustomization.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
        done = subprocess.run(
            [str(tool), "build", scratch],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={"PATH": scratch, "HOME": scratch},
        )
        if done.returncode:
            said = " ".join(done.stderr.replace(scratch, "").removeprefix("Error: ").split())
            raise Refused([Problem(file, 0, f"cannot be rendered: {said}", "correct what `kustomize build` says")])
        found: list[Any] = list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))
        return [_with_origin(item, Path(scratch), root.resolve(), file) for item in found if item]


def _with_origin(item: dict[str, Any], scratch: Path, root: Path, file: str) -> Rendered:
    metadata: dict[str, Any] = item.get("metadata") or {}
    annotations: dict[str, str] = metadata.get("annotations") or {}
    said: Any = yaml.safe_load(annotations.pop(_ORIGIN, "{}"))
    if not annotations:
        metadata.pop("annotations", None)
    if path := said.get("path"):
        full = (scratch / str(path)).resolve()
        if full.is_relative_to(root):
            return Rendered(item, full.relative_to(root).as_posix())
    return Rendered(item, file)
