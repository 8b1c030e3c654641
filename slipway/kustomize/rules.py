"""What a team's own objects may be: kinds that it may manage, in its own namespace, with images that cannot move. Pure.

What pods may do is the namespace's to say: Pod Security admission refuses there what breaks its profile. The kinds are
those of infra/kubernetes/team_rights.py: another one the team's deployer could not make.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from slipway.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from slipway.kustomize.rendering import Rendered

WORKLOADS: Final = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
"""Kinds that roll out, and that are waited for."""
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "v1": frozenset({"ConfigMap", "Service", "ServiceAccount"}),
    "apps/v1": frozenset({"Deployment", "StatefulSet", "DaemonSet"}),
    "autoscaling/v2": frozenset({"HorizontalPodAutoscaler"}),
    "batch/v1": frozenset({"Job", "CronJob"}),
    "networking.k8s.io/v1": frozenset({"NetworkPolicy"}),
    "policy/v1": frozenset({"PodDisruptionBudget"}),
    "argoproj.io/v1alpha1": frozenset({"Rollout"}),
    "gateway.networking.k8s.io/v1": frozenset({"HTTPRoute"}),
    "networking.gke.io/v1": frozenset({"GCPBackendPolicy", "HealthCheckPolicy"}),
    "networking.istio.io/v1": frozenset({"VirtualService"}),
    "secrets-store.csi.x-k8s.io/v1": frozenset({"SecretProviderClass"}),
}
_DIGEST: Final = re.compile(r".+@sha256:[0-9a-f]{64}")
_WHY: Final = {
    "Secret": ("a Secret in Git is read by all who read Git", "keep it in Secret Manager (docs/exposure.md)"),
    "Namespace": ("the team's namespace is the platform's", "remove it"),
    "PersistentVolumeClaim": (
        "a claim of its own outlives nothing that is checked here",
        "use volumeClaimTemplates of a StatefulSet",
    ),
}


def problems(
    team: str, objects: Sequence[Rendered], root: Path, taken: Mapping[str, str], *, tags: bool
) -> Iterator[Problem]:
    """What of a directory's objects the team may not have. `taken` are names of its services, with their files.

    With `tags` images may be named by a tag: on stand-ins.
    """
    seen: set[tuple[str, str]] = set()
    for item in objects:
        said = list(_object(team, item, taken))
        if not said and not tags:
            said = list(_images(item))
        if not said and (item.kind, item.name) in seen:
            said = [("name:", f"there are two of the name {item.name}", "give one of the two another name")]
        seen.add((item.kind, item.name))
        for needle, what, remedy in said:
            yield Problem(
                item.file, _line(root / item.file, item, needle), f"{item.kind} `{item.name}`: {what}", remedy
            )


def _object(team: str, item: Rendered, taken: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Text to look for, what is wrong, what would be right."""
    version, metadata = str(item.value.get("apiVersion", "")), item.metadata
    if item.kind in _WHY:
        what, remedy = _WHY[item.kind]
        yield f"kind: {item.kind}", what, remedy
    elif item.kind not in KINDS.get(version, frozenset()):
        right = next((known for known, kinds in KINDS.items() if item.kind in kinds), "")
        what = f"a team cannot have `{version}` {item.kind} of its own"
        remedy = f"use apiVersion {right}" if right else "ask the platform team: it is not the namespace's"
        yield f"kind: {item.kind}", what, remedy
    elif metadata.get("namespace", team) != team:
        what = f"namespace `{metadata['namespace']}`, and the team's is `{team}`"
        yield "namespace:", what, "remove the namespace: it is set to the team's"
    elif "generateName" in metadata or not item.name:
        yield "metadata:", "it has no name, so it could never be found again", "give it a name"
    elif item.kind in {*WORKLOADS, "Service"} and item.name in taken:
        what = f"the name is that of a service of the team already, in {taken[item.name]}"
        yield f"name: {item.name}", what, "give one of the two another name"
    elif item.kind == "Service" and item.value.get("spec", {}).get("type", "ClusterIP") != "ClusterIP":
        what = f"type {item.value['spec']['type']} opens a way in from outside, which the team's quota refuses"
        yield "type:", what, "use ClusterIP, and an HTTPRoute of the environment's gateway"


def _images(item: Rendered) -> Iterator[tuple[str, str, str]]:
    for image in images(item.value):
        if not _DIGEST.fullmatch(image):
            what = f"image `{image}` is named by a tag, which can move"
            yield image, what, "add the digest: NAME:TAG@sha256:<64 hex digits>"


def images(value: Any) -> Iterator[str]:
    """The images of all containers in an object, wherever its kind keeps its pods."""
    if isinstance(value, dict):
        for key, below in cast("dict[str, Any]", value).items():
            if key in {"containers", "initContainers", "ephemeralContainers"} and isinstance(below, list):
                for each in cast("list[Any]", below):
                    if isinstance(each, dict):
                        yield str(cast("dict[str, Any]", each).get("image", ""))
            else:
                yield from images(below)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from images(each)


def _line(path: Path, item: Rendered, needle: str) -> int:
    """The line of `needle` in the part of a file that is the object's; 0 where Kustomize has made it of something else.

    A prefix or a transformer changes names: then the first line that has the text is told.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    kinds = [number for number, line in enumerate(lines) if line.strip() == f"kind: {item.kind}"]
    start = next((at for at in kinds if any(f"name: {item.name}" in line for line in _document(lines, at))), 0)
    first = max((number for number in range(start) if lines[number].startswith("---")), default=0)
    found = (number for number, line in enumerate(lines) if number >= first and needle in line)
    return next(found, -1) + 1


def _document(lines: Sequence[str], at: int) -> Sequence[str]:
    """The lines of the document that line `at` is in."""
    first = max((number for number in range(at) if lines[number].startswith("---")), default=0)
    last = next((number for number in range(at, len(lines)) if lines[number].startswith("---")), len(lines))
    return lines[first:last]
