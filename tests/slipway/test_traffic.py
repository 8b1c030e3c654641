"""Which layer carries a service's traffic, what a mesh makes possible, and what the controller is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from slipway.quotas import Need, most
from slipway.rollouts.compile import MATCH_ROUTE, MIRROR_ROUTE, plan
from slipway.rollouts.traffic import PLUGIN, PRIMARY, TABLE, Ability, Layer, layer, routed
from slipway.schema.manifest import Service
from tests.support.repositories import CHURN, DIGEST, PRODUCTION

if TYPE_CHECKING:
    from tests.support.repositories import Clone

CANARY = {"strategy": "canary", "steps": [{"weight": 5, "for": "5m"}]}
AB = {"strategy": "a-b", "until": "approved", "match": {"cookie": {"name": "group", "value": "b"}}}
SHADOW = {"strategy": "shadow", "for": "1h", "share": 20}
KEPT = {"expose": {"host": "a", "auth": "none", "affinity": "cookie"}}
EXPOSED = {"expose": {"host": "a", "auth": "none"}}
DOCS = Path(__file__).parents[2] / "docs" / "traffic.md"


def service(rollout: dict[str, Any], **more: Any) -> Service:
    fields = {"port": 8080, "probes": {"ready": "/ready"}, **more}
    release = {"image": f"ml/a@{DIGEST}"}
    return Service.model_validate({"kind": "Service", "name": "a", "release": release, "rollout": rollout, **fields})


@pytest.mark.parametrize(
    ("rollout", "more", "meshed", "wanted"),
    [
        (CANARY, {}, "mesh", "mesh"),
        (CANARY, {}, "no mesh", "replicas"),
        (CANARY, EXPOSED, "mesh", "replicas"),
        (CANARY, {"port": None, "probes": {}}, "mesh", "replicas"),
        (CANARY | {"traffic": "replicas"}, {}, "mesh", "replicas"),
        (CANARY | {"traffic": "mesh"}, {}, "no mesh", "mesh"),
        (AB, {}, "mesh", "mesh"),
        (SHADOW, {}, "mesh", "mesh"),
        (CANARY, EXPOSED, "weights", "gateway"),
        (CANARY, EXPOSED, "no mesh", "replicas"),
        (CANARY, KEPT, "weights", "replicas"),
        (CANARY | {"traffic": "replicas"}, EXPOSED, "weights", "replicas"),
        (CANARY, {}, "weights", "replicas"),
        (AB, KEPT, "weights", "gateway"),
        ({"strategy": "blue-green"}, EXPOSED, "weights", "replicas"),
        ({"strategy": "rolling"}, {}, "mesh", "replicas"),
        ({"strategy": "blue-green"}, {}, "mesh", "replicas"),
    ],
)
def test_the_layer(clone: Clone, rollout: dict[str, Any], more: dict[str, Any], meshed: str, wanted: Layer) -> None:
    block = {"mesh": "mesh: {}", "weights": "gateway: {domain: ml.example.com, weights: true}", "no mesh": ""}[meshed]
    clone.edit(PRODUCTION, "  quay:", "  ghcr: {remote: ghcr}\n  quay:")
    clone.edit(PRODUCTION, "branch:", f"{block}\nbranch:")
    assert layer(service(rollout, **more), clone.desired("production").environment) == wanted


def routing(rollout: dict[str, Any], carrier: Layer = "mesh") -> dict[str, Any]:
    spec = service(rollout)
    return routed(plan(spec), "growth", spec.name, carrier).strategy["canary"]["trafficRouting"]


def test_the_controller_is_told_the_route_and_which_routes_it_takes_away() -> None:
    own = {"istio": {"virtualService": {"name": "a", "routes": [PRIMARY]}}}
    assert routing(CANARY) == own
    assert routing(AB) == own | {"managedRoutes": [{"name": MATCH_ROUTE}]}
    assert routing(SHADOW) == own | {"managedRoutes": [{"name": MIRROR_ROUTE}]}
    compiled = plan(service(CANARY))
    assert routed(compiled, "growth", "a", "replicas") is compiled
    plugged = {"httpRoute": "a-canary", "namespace": "growth", "disableInProgressLabel": True}
    assert routing(CANARY, "gateway") == {"plugins": {PLUGIN: plugged}}


def test_a_mesh_keeps_weights_that_pods_cannot(clone: Clone) -> None:
    clone.edit(CHURN, "weight: 25", "weight: 5")
    assert clone.problems()
    for path in sorted((clone.root / "environments").glob("*.yaml")):
        path.write_text(path.read_text() + "mesh: {}\n")
    assert clone.problems() == []


def test_in_a_mesh_the_old_pods_all_stay_and_each_has_a_proxy() -> None:
    spec = service(CANARY, scaling={"min": 4})
    assert most(spec).pods == 5
    assert most(spec, "mesh", meshed=True) == Need(cpu=8 * 350, memory=8 * 640 * 2**20, pods=8)


def test_the_documentation_has_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for ability in get_args(Ability):
        cells = ["yes" if TABLE[each][ability].can else "no" for each in get_args(Layer)]
        assert f"| `{ability}` | {' | '.join(cells)} |" in text
    for row in TABLE.values():
        for cell in row.values():
            assert cell.why.partition(" (")[0] in text.replace("\n", " ")
