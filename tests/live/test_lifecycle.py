"""The life of an environment, as Pulumi tests its own providers: from nothing, through changes and drift, to nothing.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.controlplane.layout import ORDER
from tests.support.controlplane import until

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

STACKS = ["local.platform", "local.cluster", "local.growth", "local.search"]
FRAUD, RANKING, LOCAL = "manifests/growth/fraud.yaml", "manifests/search/ranking.yaml", "environments/local.yaml"
PER_ZONE = "clusters.main.pools.general.nodes.per_zone"
BUCKET, REGISTRY = "gcp:storage/bucket:Bucket", "gcp:artifactregistry/repository:Repository"
SERVICE = "gcp:projects/service:Service"
RING, KEY = "gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"
FRAUD_PATH = "/apis/apps/v1/namespaces/growth/deployments/fraud"
WANTED = {
    "growth/churn": ("canary", 4),
    "growth/fraud": ("rolling", 3),
    "search/ranking": ("rolling", 2),
    "search/scorer": ("recreate", 1),
}


class Memory:
    """What one step leaves for a later one to compare with."""

    def __init__(self) -> None:
        self.empty: dict[str, tuple[str, int]] = {}
        self.planned: set[str] = set()
        self.live: dict[str, tuple[str, int]] = {}


@pytest.fixture(scope="module")
def memory() -> Memory:
    return Memory()


def steps(done: Done) -> list[dict[str, Any]]:
    """What a command did or would do, over all stacks."""
    stacks = done.json["stacks"] if isinstance(done.json, dict) else done.json
    return [step for stack in stacks for step in stack["steps"]]


def changed(done: Done) -> dict[str, tuple[str, list[str]]]:
    """Operation and changed properties by the name of the resource; without components and providers."""
    found: dict[str, tuple[str, list[str]]] = {}
    for step in steps(done):
        kind = step["urn"].split("::")[2].rpartition("$")[2]
        if not kind.startswith(("slipway:", "pulumi:")):
            found[step["urn"].rpartition("::")[2]] = (
                step["operation"],
                [change["path"] for change in step["changes"]],
            )
    return found


def operations(done: Done) -> dict[str, str]:
    """Operation by the name of the resource."""
    return {name: operation for name, (operation, _) in changed(done).items()}


def zones(clone: Clone) -> list[str]:
    nodes = clone.kube.api.call("GET", "/api/v1/nodes")["items"]
    return sorted(node["metadata"]["labels"]["topology.kubernetes.io/zone"][-1] for node in nodes)


def live_image(clone: Clone) -> str:
    return clone.kube.get("growth", "apps/v1", "deployments", "fraud")["spec"]["template"]["spec"]["containers"][0][
        "image"
    ]


def recorded(clone: Clone) -> dict[str, Any]:
    """What the states hold, by URN; each save encrypts secrets anew and orders resources as they happen to end."""

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return "secret" if "ciphertext" in value else {key: plain(item) for key, item in value.items()}
        return value

    resources = [resource for stack in STACKS for resource in clone.state(stack)["resources"]]
    return {one["urn"]: (one.get("id"), plain(one.get("inputs")), plain(one.get("outputs"))) for one in resources}


def steady(clone: Clone) -> dict[str, tuple[str, int]]:
    """Objects that nobody but us should touch once everything runs: their uid and generation say whether one did."""
    return {name: seen for name, seen in clone.objects().items() if not name.startswith(("Node", "APIService"))}


def test_a_preview_of_nothing_is_right_and_starts_nothing(clone: Clone, memory: Memory) -> None:
    done = clone.slipway("preview", "local", "--json")
    assert [stack["stack"] for stack in done.json] == STACKS
    assert not any(stack["error"] for stack in done.json)
    memory.planned = {step["urn"] for step in steps(done)}
    assert {step["operation"] for step in steps(done)} == {"create"}
    declared = clone.slipway("inventory", "local", "--json").json
    assert {item["urn"] for item in declared} <= memory.planned
    assert not clone.processes()
    assert not clone.store.all()


def test_up_makes_what_was_previewed_and_says_how_it_is(clone: Clone, memory: Memory) -> None:
    clone.slipway("cluster", "start", "--quiet")
    memory.empty = clone.objects()
    done = clone.slipway("up", "local")
    table = {line.split()[0]: line.split() for line in done.out.splitlines() if line.startswith(("growth/", "search/"))}
    for service, (strategy, pods) in WANTED.items():
        assert table[service][1:3] == ["local", strategy]
        ready = table[service].index(f"{pods}/{pods}")
        assert table[service][ready + 1].removesuffix(":") == "healthy", "and why a smoke test was not run"
    assert "Next:" in done.out
    assert zones(clone) == ["a", "b", "c"]
    made = {item["urn"] for stack in STACKS for item in clone.state(stack)["resources"]}
    assert memory.planned <= made


def test_status_is_what_the_cluster_says(clone: Clone) -> None:
    said = {one["service"]: one for one in clone.slipway("status", "local", "--json").json}
    assert {name: (one["strategy"], one["ready"]) for name, one in said.items()} == WANTED
    for key, one in said.items():
        team, _, name = key.partition("/")
        kind = ("argoproj.io/v1alpha1", "rollouts") if one["strategy"] == "canary" else ("apps/v1", "deployments")
        live = clone.kube.get(team, *kind, name)
        assert live["status"]["availableReplicas"] == one["ready"] == one["wanted"]
        image = live["spec"]["template"]["spec"]["containers"][0]["image"]
        assert image.startswith(f"europe-west4-docker.pkg.dev/slipway-local/ml/{name}@sha256:")
        assert image.rpartition("@")[2] == one["release"]["image"].rpartition("@")[2]


def test_a_stopped_cluster_keeps_everything_and_a_second_up_changes_nothing(clone: Clone, memory: Memory) -> None:
    before, states = steady(clone), recorded(clone)
    assert clone.slipway("cluster", "status").out.count("running") == len(ORDER)
    clone.slipway("cluster", "stop")
    assert not clone.processes()
    assert clone.slipway("cluster", "status", code=1).out.count("stopped") == len(ORDER)

    done = clone.slipway("up", "local")
    assert "Nothing changed: everything was as wanted already." in done.out
    assert done.out.count("healthy") == 4
    assert steady(clone) == before
    assert recorded(clone) == states
    memory.live = before


def test_refresh_finds_what_there_is(clone: Clone) -> None:
    assert not changed(clone.slipway("refresh", "local", "--json"))
    assert "Nothing would change." in clone.slipway("preview", "local").out


def test_the_plain_cli_works_on_the_same_stacks(clone: Clone, memory: Memory) -> None:
    listed = clone.pulumi("stack ls --json").out
    assert all(f'"{stack}"' in listed for stack in STACKS)
    contract = clone.pulumi("stack output contract --json -s local.growth").out
    assert '"cluster_id": "projects/slipway-local/locations/europe-west4/clusters/main"' in contract
    exported = clone.local / "exported.json"
    clone.pulumi(f"stack export -s local.growth --file {exported}")
    clone.pulumi(f"stack import -s local.growth --file {exported}")
    exported.unlink()
    again = clone.slipway("preview", "local", "--stack", "local.growth")
    assert "Nothing would change." in again.out
    assert steady(clone) == memory.live


def test_edits_change_what_they_say_and_nothing_else(clone: Clone) -> None:
    clone.edit(FRAUD, {"release.image": f"ml/fraud:2.2.0@sha256:{'5' * 64}"})
    clone.edit(RANKING, {"scaling.min": 4})
    clone.edit(LOCAL, {PER_ZONE: 2})
    preview = clone.slipway("preview", "local", "--json")
    planned = changed(preview)
    assert operations(preview) == dict.fromkeys(
        ("main-general-pool", "fraud-deployment", "ranking-deployment"), "update"
    )
    assert planned["main-general-pool"][1] == ["nodeCount"]
    assert planned["ranking-deployment"][1] == ["spec.replicas"]
    assert "spec.template.spec.containers[0].image" in planned["fraud-deployment"][1]

    done = clone.slipway("up", "local", "--json")
    assert operations(done) == operations(preview)
    assert {one["service"]: one["ready"] for one in done.json["services"]} == {
        **{name: pods for name, (_, pods) in WANTED.items()},
        "search/ranking": 4,
    }
    assert zones(clone) == ["a", "a", "b", "b", "c", "c"]
    assert live_image(clone).endswith("5" * 64)


def test_drift_is_found_and_repaired(clone: Clone) -> None:
    """Four people: one changes an image with kubectl, one deletes a Service, two use Google's console."""
    api, store = clone.kube.api, clone.store
    patch: dict[str, Any] = {
        "spec": {"template": {"spec": {"containers": [{"name": "service", "image": "somebody/elses:1"}]}}}
    }
    api.call("PATCH", f"{FRAUD_PATH}?fieldManager=kubectl-set", patch, kind="application/strategic-merge-patch+json")
    api.call("DELETE", "/api/v1/namespaces/search/services/ranking")
    store.change(BUCKET, "slipway-local-local-models", {"versioning.enabled": False})
    (registry,) = (one for one in store.all(REGISTRY) if one[1].endswith("/ml"))
    assert store.delete(*registry)
    clone.edit(LOCAL, {PER_ZONE: 1})

    assert clone.slipway("status", "local", "growth/fraud", "--json", code=1).json[0]["state"] == "other release"
    found = changed(clone.slipway("refresh", "local", "--json"))
    assert {"fraud-deployment", "ranking-service", "bucket-models-bucket", "registry-ml-repository"} <= set(found)
    assert operations(clone.slipway("preview", "local", "--json")) == {
        "fraud-deployment": "update",
        "ranking-service": "create",
        "bucket-models-bucket": "update",
        "registry-ml-repository": "create",
        "main-general-pool": "update",
    }
    done = clone.slipway("up", "local", "--json")
    assert {one["state"] for one in done.json["services"]} == {"healthy"}
    assert live_image(clone).endswith("5" * 64)
    assert clone.kube.get("search", "v1", "services", "ranking")["spec"]["ports"][0]["targetPort"] == 8501
    assert (store.get(BUCKET, "slipway-local-local-models") or {})["versioning"]["enabled"] is True
    assert store.get(*registry)
    assert zones(clone) == ["a", "b", "c"]


def test_destroy_leaves_nothing(clone: Clone, memory: Memory) -> None:
    clone.slipway("destroy", "local", "--yes")
    until(lambda: set(clone.objects()) == set(memory.empty), 30)
    # APIs stay on, because others in the project may use them; Cloud KMS deletes neither rings nor keys.
    assert {token for token, _ in clone.store.all()} == {SERVICE, RING, KEY}
    assert clone.pulumi("stack ls --json").out.strip() == "[]"
    assert not clone.locks()


def test_up_after_a_destroy_takes_the_kept_keys_over(clone: Clone, memory: Memory) -> None:
    kept = {identity: record for identity, record in clone.store.all().items() if identity[0] in {RING, KEY}}
    assert kept
    done = clone.slipway("up", "local", "--json")
    assert "took over the keys and secrets" in done.err
    assert {one["state"] for one in done.json["services"]} == {"healthy"}
    assert {identity: clone.store.all()[identity] for identity in kept} == kept
    assert not any(changed(clone.slipway("preview", "local", "--json")))
    test_destroy_leaves_nothing(clone, memory)


def test_stop_and_remove_leaves_no_process_and_no_file(clone: Clone) -> None:
    clone.slipway("cluster", "stop", "--remove")
    assert not clone.processes()
    assert not clone.local.exists()
    assert "no local environment" in clone.slipway("cluster", "stop").out
    assert clone.slipway("cluster", "status", code=1).out.count("stopped") == len(ORDER)
