"""`slipway bootstrap` on stand-ins: repeatable, killed at any point, and over what exists already.

One story on environment `dev`, which is no local one: its tests run in order. No cluster is started.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.gcp.store import Store
from tests.support.controlplane import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environment import Clone, Running

pytestmark = pytest.mark.live

COMMAND = ("bootstrap", "dev", "--offline")
BUCKET, STATE = "gcp:storage/bucket:Bucket", "acme-ml-dev-slipway-state"
FOREVER = 600
ORDER = ("apis-iam", "federation-pool", "state-ring-slipway", "state-bucket")
"""Resources at which a run is killed, none of which needs a later one. The engine makes many at once: a run holds what
is after its own, or a slow machine would have made it before the kill."""


def folder(clone: Clone) -> Path:
    return clone.root / ".slipway" / "dev"


def temporary(clone: Clone) -> Path:
    """Where the state is until the bucket is there."""
    return folder(clone) / "bootstrap"


def left(clone: Clone) -> Path:
    """A copy of that, as the last killed run left it."""
    return clone.root.parent / "left"


def cloud(clone: Clone) -> dict[Any, Any]:
    return Store(folder(clone) / "gcp").all()


def state(base: Path) -> dict[str, Any]:
    path = base / "state" / ".pulumi" / "stacks" / "slipway" / "dev.bootstrap.json"
    return dict(json.loads(path.read_text())["checkpoint"]["latest"]) if path.exists() else {}


def real(base: Path) -> dict[str, str]:
    """What the state says exists in the cloud: URN -> id."""
    items = state(base).get("resources") or []
    return {i["urn"]: i["id"] for i in items if i["custom"] and not i["type"].startswith("pulumi:")}


def killed(clone: Clone, name: str, when: str) -> Running:
    """Kill the command, engine and plugins while a resource is made: before the API has heard of it, or after."""
    later = [(one, "before") for one in ORDER[ORDER.index(name) + 1 :]]
    rules = [
        {"method": "Create", "name": one, "when": at, "action": "delay", "seconds": FOREVER}
        for one, at in [(name, when), *later]
    ]
    running = clone.start(*COMMAND, SLIPWAY_FAULTS=json.dumps(rules))

    def under_way() -> bool:
        assert running.runs, f"ended before {name} was made:\n{running.told}"
        try:
            pending = state(temporary(clone)).get("pending_operations") or []
        except ValueError:  # it is just being written
            return False
        return any(item["resource"]["urn"].endswith(f"::{name}") for item in pending)

    until(under_way, 300)
    running.kill()
    return running


def test_a_dry_run_makes_nothing(clone: Clone) -> None:
    done = clone.slipway(*COMMAND, "--dry-run")
    assert "dev.bootstrap: 49 to create" in done.out
    assert "would write stacks/Pulumi.dev.platform.yaml" in done.out
    assert cloud(clone) == {}
    assert not temporary(clone).exists()
    assert state(folder(clone)) == {}


@pytest.mark.parametrize(("name", "when"), list(zip(ORDER, ("after", "before", "after", "after"), strict=True)))
def test_killed_while_something_is_made(clone: Clone, name: str, when: str) -> None:
    running = killed(clone, name, when)
    assert "already exists" not in running.told
    assert real(temporary(clone))
    assert real(folder(clone)) == {}, "the state's own backend has heard of nothing yet"
    shutil.rmtree(left(clone), ignore_errors=True)
    shutil.copytree(temporary(clone), left(clone))


def test_the_next_run_goes_on_and_moves_the_state(clone: Clone) -> None:
    done = clone.slipway(*COMMAND)
    assert "already exists" not in str(done)
    assert not temporary(clone).exists()
    assert len(real(folder(clone))) == 49
    assert len(cloud(clone)) == 49
    assert not state(folder(clone)).get("pending_operations")


def test_again_changes_nothing(clone: Clone) -> None:
    before = cloud(clone)
    done = clone.slipway(*COMMAND)
    assert "Nothing changed: everything was as wanted already." in done.out
    assert cloud(clone) == before


def test_killed_between_the_move_and_its_end(clone: Clone) -> None:
    """The state is in both places: the backend's counts, whatever the folder says."""
    before = real(folder(clone))
    shutil.copytree(left(clone), temporary(clone))
    done = clone.slipway(*COMMAND, "--json").json
    assert (done["adopted"], done["changes"]) == ([], {})
    assert not temporary(clone).exists()
    assert real(folder(clone)) == before


def test_every_state_is_lost_and_everything_is_taken_over(clone: Clone) -> None:
    """Also a key ring, which cannot be deleted, and a bucket: made again each would be refused with 409."""
    before, records = real(folder(clone)), cloud(clone)
    shutil.rmtree(folder(clone) / "state")
    planned = clone.slipway(*COMMAND, "--dry-run")
    assert "49 resources exist already and would be taken into the state" in planned.out
    assert "Nothing would change." in planned.out
    done = clone.slipway(*COMMAND, "--json").json
    assert sorted(done["adopted"]) == sorted(before)
    assert done["changes"] == {}
    assert real(folder(clone)) == before
    assert cloud(clone) == records


def test_what_somebody_changed_by_hand_is_brought_back(clone: Clone) -> None:
    Store(folder(clone) / "gcp").change(BUCKET, STATE, {"versioning": {"enabled": False}})
    done = clone.slipway(*COMMAND)
    assert "dev.bootstrap: 1 updated" in done.out
    assert cloud(clone)[BUCKET, STATE]["versioning"] == {"enabled": True}


def test_another_repository_is_bound_in_place(clone: Clone) -> None:
    clone.edit("environments/dev.yaml", {"forge.github": "acme/other", "forge.repository_id": "42"})
    done = clone.slipway(*COMMAND)
    assert "dev.bootstrap: 2 updated" in done.out
    providers = [values for (kind, _), values in cloud(clone).items() if kind.endswith("WorkloadIdentityPoolProvider")]
    assert len(providers) == 2
    for values in providers:
        assert "assertion.repository == 'acme/other'" in values["attributeCondition"]
        assert "assertion.repository_id == '42'" in values["attributeCondition"]
    clone.restore("environments/dev.yaml")


def test_a_rehearsal_leaves_the_clone_alone(clone: Clone) -> None:
    assert not (clone.root / "stacks").exists()
    assert "`local` runs on stand-ins and needs no foundations" in clone.slipway("bootstrap", "local", code=1).err


def test_its_state_is_in_the_environment_s_backup(clone: Clone, tmp_path: Path) -> None:
    file = tmp_path / "dev.json"
    clone.slipway("state", "backup", "dev", "--offline", "--to", str(file))
    assert list(json.loads(file.read_text())["stacks"]) == ["dev.bootstrap"]
    before = real(folder(clone))
    shutil.rmtree(folder(clone) / "state")
    done = clone.slipway("state", "restore", "dev", str(file), "--offline")
    assert "dev.bootstrap: the present state is lost" in done.out
    assert real(folder(clone)) == before
