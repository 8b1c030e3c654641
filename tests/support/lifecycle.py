"""The life of an environment with an account, rehearsed offline: the story that Pulumi tests its own providers by.

Preview, update, no change, refresh, export and import, an edit, what is refused, destroy, nothing left. A test module
holds one subclass with the environment's name: its tests run in order, each on what the one before left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.support.controlplane import until

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

FRAUD = "manifests/growth/fraud.yaml"
STAYS = {
    "gcp:kms/keyRing:KeyRing",
    "gcp:kms/cryptoKey:CryptoKey",
    "gcp:projects/service:Service",
    "gcp:secretmanager/secret:Secret",  # with the values that people put into it
}
"""Google deletes no key ring and no key (Cloud KMS documentation, "Destroy and restore key versions"), and an API that
is on may serve others of the project: it stays on."""
LAYERS = ("platform", "cluster", "growth", "search")


def steps(done: Done) -> list[dict[str, Any]]:
    """What a command did or would do, over all stacks."""
    stacks = done.json["stacks"] if isinstance(done.json, dict) else done.json
    assert not any(stack["error"] for stack in stacks), done
    return [step for stack in stacks for step in stack["steps"]]


def changed(done: Done) -> dict[str, tuple[str, list[str]]]:
    """Operation and changed properties by the name of the resource; without components and providers."""
    found: dict[str, tuple[str, list[str]]] = {}
    for step in steps(done):
        if not step["urn"].split("::")[2].rpartition("$")[2].startswith(("slipway:", "pulumi:")):
            paths = [change["path"] for change in step["changes"]]
            found[step["urn"].rpartition("::")[2]] = (step["operation"], paths)
    return found


class Lifecycle:
    """The story of `environment`."""

    environment: ClassVar[str]
    _seen: ClassVar[dict[str, Any]] = {}
    """What one step leaves for a later one to compare with."""

    @pytest.fixture
    def clone(self, clone: Clone) -> Clone:
        """The module's clone, and this environment in it."""
        return clone.at(self.environment)

    # -- words of the story -------------------------------------------------------------------------------------------

    def offline(self, clone: Clone, verb: str, *more: str, code: int | None = 0) -> Done:
        """Run a command on the environment, offline."""
        return clone.slipway(verb, self.environment, "--offline", *more, code=code)

    def stack(self, layer: str) -> str:
        """The name of a stack."""
        return f"{self.environment}.{layer}"

    def recorded(self, clone: Clone) -> dict[str, Any]:
        """What the states hold, by URN; each save encrypts secrets anew and orders resources as they happen to end."""

        def plain(value: Any) -> Any:
            if isinstance(value, list):
                return [plain(item) for item in value]
            if isinstance(value, dict):
                return "secret" if "ciphertext" in value else {key: plain(item) for key, item in value.items()}
            return value

        resources = [one for layer in LAYERS for one in clone.state(self.stack(layer)).get("resources") or []]
        return {one["urn"]: (one.get("id"), plain(one.get("inputs")), plain(one.get("outputs"))) for one in resources}

    # -- the story ----------------------------------------------------------------------------------------------------

    def test_a_first_preview_needs_no_account_and_starts_nothing(self, clone: Clone) -> None:
        done = self.offline(clone, "preview", "--json")
        assert [stack["stack"] for stack in done.json] == [self.stack(layer) for layer in LAYERS]
        self._seen["planned"] = {step["urn"] for step in steps(done)}
        assert {step["operation"] for step in steps(done)} == {"create"}
        assert done.err.count(f"{self.environment} on stand-ins: Google Cloud (a local store)") == 1
        assert not clone.processes()
        assert not clone.store.all()
        (pool,) = done.json[0]["pools"]
        assert pool["before"] is None
        assert pool["after"]["totals"]["nodes"][0] == 3 * pool["after"]["least"]

    def test_up_makes_what_was_previewed(self, clone: Clone) -> None:
        clone.slipway("cluster", "start", "-e", self.environment, "--quiet")
        self._seen["empty"] = clone.objects()
        done = self.offline(clone, "up", "--json")
        assert {one["state"] for one in done.json["services"]} == {"healthy"}
        assert {one["environment"] for one in done.json["services"]} == {self.environment}
        made = {one["urn"] for layer in LAYERS for one in clone.state(self.stack(layer))["resources"]}
        assert self._seen["planned"] <= made
        self._seen["recorded"] = self.recorded(clone)

    def test_nothing_changes_then(self, clone: Clone) -> None:
        assert steps(self.offline(clone, "preview", "--json")) == []
        assert steps(self.offline(clone, "up", "--json")) == []
        assert self.recorded(clone) == self._seen["recorded"]
        assert changed(self.offline(clone, "refresh", "--json")) == {}
        self._seen["recorded"] = self.recorded(clone)  # a refresh takes over what controllers have written

    def test_an_exported_state_imports_again(self, clone: Clone) -> None:
        file = clone.root / "exported.json"
        for layer in LAYERS:
            clone.pulumi(f"stack export -s {self.stack(layer)} --file {file}")
            clone.pulumi(f"stack import -s {self.stack(layer)} --file {file}")
        assert self.recorded(clone) == self._seen["recorded"]
        listed = {one["name"] for one in clone.json("stack ls --json")}
        assert listed == {self.stack(layer) for layer in LAYERS}

    def test_an_edit_changes_what_it_says(self, clone: Clone) -> None:
        clone.edit(FRAUD, {"release.image": f"ml/fraud:2.2.0@sha256:{'5' * 64}"})
        clone.edit(f"environments/{self.environment}.yaml", {"clusters.main.pools.general.nodes.max_per_zone": 9})
        preview = self.offline(clone, "preview", "--json")
        assert changed(preview)["main-general-pool"] == ("update", ["autoscaling.maxNodeCount"])
        (pool,) = preview.json[0]["pools"]
        assert pool["before"]["totals"]["nodes"][1] < pool["after"]["totals"]["nodes"][1] == 27
        assert {name: each[0] for name, each in changed(preview).items()} == {
            "main-general-pool": "update",
            "fraud-deployment": "update",
        }
        done = self.offline(clone, "up", "--json")
        assert changed(done).keys() == changed(preview).keys()
        assert {one["state"] for one in done.json["services"]} == {"healthy"}
        self._seen["recorded"] = self.recorded(clone)
        self._seen["store"] = clone.store.all()

    def test_a_cluster_is_not_replaced(self, clone: Clone) -> None:
        """Nor is anything else changed by the run that would: the bucket's edit of the same commit waits."""
        file = f"environments/{self.environment}.yaml"
        before = (clone.root / file).read_text()
        clone.edit(file, {"clusters.main.location": "europe-west4-a", "buckets.models.keep_old_versions": 3})
        said = "location: europe-west4 -> europe-west4-a would replace cluster `main` and all that runs in it; take"
        for verb in ("preview", "up"):
            done = self.offline(clone, verb, code=1)
            assert f"{file}:" in done.out
            assert said in done.out
            assert "marked for protection" not in done.out
        (clone.root / file).write_text(before)
        assert clone.store.all() == self._seen["store"]

    def test_destroy_is_refused_first(self, clone: Clone) -> None:
        file = f"environments/{self.environment}.yaml"
        done = self.offline(clone, "destroy", "--yes", code=1)
        way = f"run slipway up {self.environment} --offline, then destroy"
        protected = "clusters.main.deletion_protection is true, so nothing was destroyed"
        assert f"{protected}; write deletion_protection: false, {way}" in done.err
        assert "buckets.models.protect is true" in done.err
        plain = clone.pulumi(f"destroy --yes -s {self.stack('platform')}", code=None)
        assert plain.code, "the plain CLI refuses, too: the engine itself protects the cluster"
        assert "cannot be deleted" in plain.out + plain.err, plain
        clone.edit(file, {"clusters.main.deletion_protection": False, "buckets.models.protect": False})
        done = self.offline(clone, "destroy", "--yes", code=1)
        assert f"is false here but not yet applied, so nothing was destroyed; {way}" in done.err
        assert clone.store.all().keys() == self._seen["store"].keys()

    def test_destroy_leaves_nothing(self, clone: Clone) -> None:
        self.offline(clone, "up", "-s", self.stack("platform"), "--quiet")
        self.offline(clone, "destroy", "--yes")
        until(lambda: set(clone.objects()) == set(self._seen["empty"]), 30)
        assert {kind for kind, _ in clone.store.all()} <= STAYS
        assert clone.json("stack ls --json") == []
        assert not clone.locks()
        clone.slipway("cluster", "stop", "--remove")
        assert not clone.processes()
        assert not (clone.root / ".slipway").exists()
