"""What services ask of the traffic layers of an environment, and what these can do (slipway/rollouts/traffic.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from slipway.rollouts.traffic import TABLE, layer, needed, weighted
from slipway.schema.rollout import ABTest, Canary, Shadow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slipway.desired import WantedService
    from slipway.errors import Problem
    from slipway.files import EnvironmentFile, Manifest
    from slipway.rollouts.traffic import Layer
    from slipway.schema.manifest import Service

_ASKS: Final = {
    "header": "an a-b test by a header",
    "cookie": "an a-b test by a cookie",
    "mirror": "a shadow",
    "weights": "a canary",
}
_CARRIES: Final = {"replicas": "pods alone", "gateway": "the gateway", "mesh": "the mesh"}
_PAST: Final = "GKE's gateway sends straight to pods, past the routes of a mesh"


def problems(service: WantedService, manifest: Manifest, file: EnvironmentFile) -> Iterator[Problem]:
    """Layers that the environment or the service does not have, and strategies that a layer cannot carry."""
    spec = service.spec
    if not isinstance(spec.rollout, Canary | ABTest | Shadow):
        return
    document, path = file.place(manifest, "rollout")
    carrier = layer(spec, file.value)
    where = "strategy" if spec.rollout.traffic == "auto" else "traffic"
    cell = TABLE[carrier][needed(spec)]
    if cell.can:
        if found := _not_there(spec, file, carrier):
            yield document.problem((*path, where), *found)
    else:
        what = f"{_ASKS[needed(spec)]} cannot be carried by {_CARRIES[carrier]}: {cell.why}"
        yield document.problem((*path, "strategy"), what, _right(spec, file))


def _not_there(spec: Service, file: EnvironmentFile, carrier: Layer) -> tuple[str, str] | None:
    """Why the layer does not carry this service's traffic at all, and what would be right."""
    if carrier == "replicas":
        return None
    said = f"`traffic: {carrier}`"
    if carrier == "gateway":
        return _not_at_gateway(said, spec, file)
    if spec.port is None:
        return f"{said}, and the service has no port: nobody calls it", "set `port`, or use canary with traffic: auto"
    if spec.expose:
        return f"{said}, and the service is exposed: {_PAST}", "use canary with traffic: auto, or do not expose it"
    if file.value.mesh is None:
        what = f"{said}, and environment `{file.name}` has no mesh"
        return what, f"add `mesh: {{}}` to {file.document.file} (docs/traffic.md), or use canary with traffic: auto"
    return None


def _not_at_gateway(said: str, spec: Service, file: EnvironmentFile) -> tuple[str, str] | None:
    if spec.expose is None:
        what = f"{said}, and the service is not exposed: a gateway carries what comes from outside of the cluster"
        return what, "use canary with traffic: auto, or expose it"
    if file.value.gateway is None:
        return None  # said where the service asks for its host
    if not weighted(file.value):
        what = f"{said}, and the gateway of environment `{file.name}` takes no weights"
        return what, f"set `gateway.weights: true` in {file.document.file} (docs/traffic.md), or traffic: auto"
    if isinstance(spec.rollout, Canary) and spec.expose.affinity != "none":
        what = f"{said}, and `affinity: {spec.expose.affinity}` cannot be kept: {TABLE['gateway']['sticky'].why}"
        return what, "use traffic: auto (numbers of pods), or remove `affinity`"
    return None


def _right(spec: Service, file: EnvironmentFile) -> str:
    """What would carry the strategy of a service here, where pods cannot."""
    if spec.expose:
        return f"use canary or blue-green; a mesh would not help what is exposed, for {_PAST}"
    if file.value.mesh is None:
        return f"add `mesh: {{}}` to {file.document.file} (docs/traffic.md), or use canary or blue-green"
    return "set `port`, or use canary or blue-green"
