"""What the kustomization files of a directory may refer to: files of this repository, and nothing that runs or fetches.

Read before anything is rendered. Source: Kustomize documentation, "The Kustomization File" (fields), and its file
loader, which takes a repository's address wherever it takes a directory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from slipway import source
from slipway.errors import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from slipway.source import Document

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""As Kustomize looks for them (api/konfig, RecognizedKustomizationFileNames)."""
FILE: Final = NAMES[0]
_PATHS: Final = ("resources", "bases", "components", "crds", "configurations")
_REMOTE: Final = re.compile(
    r"[a-z+]+://|git@|[\w.-]+@[\w.-]+:|(www\.)?(github|gitlab|bitbucket)\.(com|org)|.*\?ref=|.*\.git(/|$)"
)
_REFUSED: Final = {
    "helmCharts": ("fetches a chart and runs helm", "commit what `helm template` renders and name it in resources"),
    "helmChartInflationGenerator": ("fetches a chart and runs helm", "commit what `helm template` renders"),
    "helmGlobals": ("is for charts that helm fetches", "remove it"),
    "generators": ("runs programs that make objects", "commit what they make and name it in resources"),
    "transformers": ("runs programs that change objects", "use patches, or commit what they make"),
    "validators": ("runs programs", "remove it: what a team may have is checked here"),
    "secretGenerator": ("puts secrets into Git", "keep them in Secret Manager (docs/exposure.md), read by the program"),
}


def problems(folder: Path, root: Path, seen: set[Path] | None = None) -> Iterator[Problem]:
    """Everything that the directory's kustomization files, and those that they build on, may not refer to."""
    seen = set() if seen is None else seen
    if folder.resolve() in seen:
        return
    seen.add(folder.resolve())
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if path is None:
        what = "is a directory without a kustomization.yaml"
        yield Problem(folder.relative_to(root).as_posix(), 0, what, "add one, or name the files in it one by one")
        return
    try:
        document = source.read(path, root)
    except Refused as refused:
        yield from refused.problems
        return
    for key, (what, remedy) in _REFUSED.items():
        if document.value.get(key):
            yield document.problem((key,), f"`{key}` {what}", remedy)
    for key in _PATHS:
        for index, item in enumerate(_list(document.value.get(key))):
            yield from _referred(document, (key, index), str(item), folder, root, seen)
    for index, item in enumerate(_list(document.value.get("patches"))):
        if isinstance(item, dict) and (named := cast("dict[str, Any]", item).get("path")):
            yield from _referred(document, ("patches", index), str(named), folder, root, seen)


def _referred(
    document: Document, key: tuple[str, int], item: str, folder: Path, root: Path, seen: set[Path]
) -> Iterator[Problem]:
    if _REMOTE.match(item):
        what = f"`{item}` is not in this repository, and what it is may change without anybody's review"
        yield document.problem(key, what, "copy it here and name its folder")
        return
    target = (folder / item).resolve()
    if not target.is_relative_to(root.resolve()):
        yield document.problem(key, f"`{item}` leads out of this repository", "copy it here and name its folder")
    elif not target.exists():
        yield document.problem(key, f"`{item}` does not exist", "correct the path, or remove it")
    elif target.is_dir():
        yield from problems(root.resolve() / target.relative_to(root.resolve()), root.resolve(), seen)


def _list(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list) else []
