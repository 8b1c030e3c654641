"""Rehearsals of docs/recovery.md: a state is lost while everything still exists, and is found again.

One story on one environment: its tests run in order.
"""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.controlplane import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Clone

pytestmark = pytest.mark.live

STACKS = ["local.platform", "local.cluster", "local.growth", "local.search"]
FRAUD = "manifests/growth/fraud.yaml"
PLANTED = "planted-4711-secret"


def cloud(clone: Clone) -> dict[Any, Any]:
    """Every record of the played Google, as it is."""
    return clone.store.all()


def lose(clone: Clone, *stacks: str) -> None:
    """Remove states with all that the backend keeps of them; of all stacks without any: the whole folder."""
    state = clone.local / "state"
    if not stacks:
        shutil.rmtree(state)
    for stack in stacks:
        for path in state.rglob(f"*{stack}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    assert not any(clone.state(stack) for stack in stacks or STACKS)


def shape(clone: Clone) -> dict[str, Any]:
    """What the states say of which resource is where, under what, and protected or not."""
    found: dict[str, Any] = {}
    for stack in STACKS:
        for item in clone.state(stack)["resources"]:
            provider = item.get("provider", "").rsplit("::", 1)[0]
            identity = "" if item["type"].startswith("pulumi:providers:") else item.get("id", "")
            found[item["urn"]] = (identity, item.get("parent", ""), provider, item.get("protect", False))
    return found


def manager(clone: Clone, stack: str, name: str) -> str:
    """Who owns the fields of an object, as the state says it."""
    item = next(item for item in clone.state(stack)["resources"] if item["urn"].endswith(f"::{name}"))
    return str(item["outputs"]["__fieldManager"])


def untouched(before: dict[str, tuple[str, int]], after: dict[str, tuple[str, int]]) -> None:
    """No object was made anew, and none got another specification."""
    ours = {name for name in before if not name.startswith(("Pod ", "EndpointSlice ", "Endpoints ", "ReplicaSet "))}
    assert {name: after.get(name) for name in ours} == {name: before[name] for name in ours}


@pytest.fixture(scope="module")
def known(deployed: Clone) -> dict[str, Any]:
    """What there was before anything was lost."""
    return {
        "cloud": cloud(deployed),
        "objects": deployed.objects(),
        "shape": shape(deployed),
    }


def test_nothing_is_lost_and_nothing_is_found(deployed: Clone, known: dict[str, Any]) -> None:
    done = deployed.slipway("state", "recover", "local")
    assert "Nothing would change: states and cloud agree." in done.out
    assert shape(deployed) == known["shape"]


def test_all_states_are_lost(deployed: Clone, known: dict[str, Any]) -> None:
    lose(deployed)
    planned = deployed.slipway("state", "recover", "local", "--dry-run")
    assert "Nothing was written." in planned.out
    assert not any(deployed.state(stack) for stack in STACKS), "a dry run writes no state"

    done = deployed.slipway("state", "recover", "local", "--json").json
    assert [one["stack"] for one in done["stacks"]] == STACKS
    for one in done["stacks"]:
        assert (one["absent"], one["unclear"], one["still"]) == ({}, {}, {})
    real = {urn for urn, (identity, *_) in known["shape"].items() if identity}
    assert {urn for one in done["stacks"] for urn in one["found"]} == real
    assert shape(deployed) == known["shape"]


def test_up_after_the_recovery_changes_nothing(deployed: Clone, known: dict[str, Any]) -> None:
    done = deployed.slipway("up", "local")
    assert "Nothing changed: everything was as wanted already." in done.out
    assert done.out.count("healthy") == 4
    assert cloud(deployed) == known["cloud"], "no resource was made anew, or written at all"
    untouched(known["objects"], deployed.objects())


def test_secrets_of_a_recovered_state_are_encrypted(deployed: Clone) -> None:
    """The provider marks the bucket object's content secret; in the file it is no text that anybody can read."""
    items = deployed.state("local.platform")["resources"]
    item = next(item for item in items if item["type"] == "gcp:storage/bucketObject:BucketObject")
    assert "ciphertext" in item["inputs"]["content"]
    assert "ciphertext" in item["outputs"]["content"]


@pytest.mark.parametrize("stack", ["local.platform", "local.growth"])
def test_one_state_is_lost_and_the_recovery_is_killed(deployed: Clone, known: dict[str, Any], stack: str) -> None:
    lose(deployed, stack)
    running = deployed.start("state", "recover", "local")
    until(lambda: f"looking up {stack} ..." in running.told, 60)
    time.sleep(1.5)
    running.kill()
    assert not deployed.state(stack), "it was killed before anything was written"
    done = deployed.slipway("state", "recover", "local")
    assert f"{stack}: " in done.out
    assert "Nothing would change: states and cloud agree." in done.out
    assert shape(deployed) == known["shape"]
    assert cloud(deployed) == known["cloud"]
    untouched(known["objects"], deployed.objects())


def test_what_does_not_exist_any_more_is_told_and_made_again(deployed: Clone, known: dict[str, Any]) -> None:
    deployed.kube.delete("growth", "policy/v1", "poddisruptionbudgets", "fraud")
    lose(deployed, "local.growth")
    done = deployed.slipway("state", "recover", "local")
    assert "does not exist: PodDisruptionBudget fraud-budget (growth/fraud)" in done.out
    assert "local.growth: 1 to create" in done.out
    assert "local.growth: 1 created" in deployed.slipway("up", "local").out
    assert shape(deployed) == known["shape"]


def test_a_field_that_goes_after_a_recovery_goes_in_the_cluster(deployed: Clone) -> None:
    """Under another field manager the API server would keep it for the manager of the lost state."""

    def container() -> dict[str, Any]:
        pod = deployed.kube.get("growth", "apps/v1", "deployments", "fraud")["spec"]["template"]["spec"]
        return dict(pod["containers"][0])

    deployed.edit(FRAUD, {"probes.live": "/livez"})
    deployed.slipway("up", "local", "--stack", "local.growth")
    assert "livenessProbe" in container()
    before = manager(deployed, "local.growth", "fraud-deployment")
    lose(deployed, "local.growth")
    deployed.slipway("state", "recover", "local", "--quiet")
    assert manager(deployed, "local.growth", "fraud-deployment") == before
    deployed.edit(FRAUD, {"probes.live": None})
    deployed.slipway("up", "local", "--stack", "local.growth")
    assert "livenessProbe" not in container()
    deployed.restore(FRAUD)
    deployed.slipway("up", "local", "--stack", "local.growth")


def backup(clone: Clone, file: Path) -> dict[str, Any]:
    clone.slipway("state", "backup", "local", "--to", str(file))
    return dict(json.loads(file.read_text()))


def test_backup_then_changes_then_the_state_is_lost_then_restore(deployed: Clone, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    kept = backup(deployed, file)
    assert sorted(kept["stacks"]) == sorted(STACKS)
    assert "exists; name a new file" in deployed.slipway("state", "backup", "local", "--to", str(file), code=1).err

    deployed.edit(FRAUD, {"scaling": {"min": 4, "max": 8}})
    deployed.slipway("up", "local", "--stack", "local.growth")
    refused = deployed.slipway("state", "restore", "local", str(file), code=1)
    assert "local.growth was updated after this backup was made" in refused.err
    before = shape(deployed)

    lose(deployed)
    done = deployed.slipway("state", "restore", "local", str(file))
    assert done.out.count("the present state is lost") == 4
    assert shape(deployed) == before
    deployed.slipway("refresh", "local")
    after = deployed.slipway("up", "local")
    assert "replaced" not in after.out
    assert "Nothing would change." in deployed.slipway("preview", "local").out


def test_going_back_over_a_newer_state_says_what_is_forgotten_and_keeps_it(deployed: Clone, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    backup(deployed, file)
    extra: dict[str, Any] = yaml.safe_load((deployed.root / FRAUD).read_text())
    extra = {key: value for key, value in extra.items() if key not in {"expose", "secrets"}}  # the other service's
    (deployed.root / "manifests" / "growth" / "extra.yaml").write_text(yaml.safe_dump({**extra, "name": "extra"}))
    deployed.slipway("up", "local", "--stack", "local.growth")
    with_extra = deployed.state("local.growth")["resources"]
    done = deployed.slipway("state", "restore", "local", str(file), "--stack", "local.growth", "--yes")
    assert "would be forgotten: Deployment extra-deployment" in done.out
    assert "Restored 1 of 1 states." in done.out
    assert not any("extra" in item["urn"] for item in deployed.state("local.growth")["resources"])

    replaced = next((deployed.root / ".slipway" / "backups" / "local").glob("*-before-restore.json"))
    deployed.slipway("state", "restore", "local", str(replaced), "--yes")
    assert {i["urn"] for i in deployed.state("local.growth")["resources"]} == {i["urn"] for i in with_extra}
    assert "Nothing would change." in deployed.slipway("preview", "local").out


def test_a_backup_that_was_changed_or_is_another_environment_s_is_refused(deployed: Clone, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    backup(deployed, file)
    before = shape(deployed)
    file.write_text(file.read_text().replace("deploy-growth", "deploy-x"))
    assert "is not what was backed up" in deployed.slipway("state", "restore", "local", str(file), "--yes", code=1).err
    assert shape(deployed) == before


def test_a_planted_secret_is_in_no_backup(deployed: Clone, tmp_path: Path) -> None:
    """A value that the provider marks secret: the content of the published contract, with a word planted in it."""
    deployed.store.change(
        "gcp:storage/bucketObject:BucketObject",
        next(i for (t, i) in cloud(deployed) if t.endswith(":BucketObject")),
        {"content": PLANTED},
    )
    deployed.slipway("refresh", "local", "--stack", "local.platform")
    state = json.dumps(deployed.state("local.platform"))
    file = tmp_path / "kept.json"
    backup(deployed, file)
    assert PLANTED not in state
    assert PLANTED not in file.read_text()
    deployed.slipway("up", "local", "--stack", "local.platform")
