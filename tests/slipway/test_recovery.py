"""What a killed engine leaves behind: creations without an end, and locks."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from slipway.engine import locks
from slipway.engine.recovery import pending, settled
from slipway.engine.workspace import Workspace

ACME = {"project": "acme", "region": "europe-west4"}
P = {"project": "acme", "name": "it", "location": "europe-west4", "region": "europe-west4"}


def creating(kind: str, inputs: Any) -> dict[str, Any]:
    resource = {"urn": f"urn:pulumi:dev.platform::slipway::{kind}::it", "type": kind, "inputs": inputs}
    return {"type": "creating", "resource": resource}


IDS = [
    ("gcp:compute/network:Network", P, "projects/acme/global/networks/it"),
    ("gcp:compute/subnetwork:Subnetwork", P, "projects/acme/regions/europe-west4/subnetworks/it"),
    ("gcp:compute/router:Router", P, "projects/acme/regions/europe-west4/routers/it"),
    ("gcp:compute/routerNat:RouterNat", {**P, "router": "projects/acme/regions/r/routers/one"}, "acme/europe-west4/one/it"),
    ("gcp:container/cluster:Cluster", P, "projects/acme/locations/europe-west4/clusters/it"),
    ("gcp:container/nodePool:NodePool", {**P, "cluster": "main"}, "projects/acme/locations/europe-west4/clusters/main/nodePools/it"),
    ("gcp:artifactregistry/repository:Repository", {**P, "repositoryId": "ml"}, "projects/acme/locations/europe-west4/repositories/ml"),
    ("gcp:storage/bucket:Bucket", P, "it"),
    ("gcp:storage/bucketObject:BucketObject", {"bucket": "acme-dev", "name": "contract/v2.json"}, "acme-dev-contract/v2.json"),
    ("gcp:serviceaccount/account:Account", {"accountId": "deploy-a"}, "projects/acme/serviceAccounts/deploy-a@acme.iam.gserviceaccount.com"),
    ("gcp:projects/iAMMember:IAMMember", {"role": "roles/a", "member": "group:b"}, "acme roles/a group:b"),
    ("gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": "c", "role": "roles/a", "member": "group:b"}, "b/c roles/a group:b"),
    ("gcp:storage/bucket:Bucket", {"name": "it", "project": None}, "it"),
    ("gcp:compute/network:Network", {"name": "it", "project": None}, "projects/acme/global/networks/it"),
    ("kubernetes:core/v1:Service", {"metadata": {"name": "a", "namespace": "growth"}}, "growth/a"),
    ("kubernetes:core/v1:Namespace", {"metadata": {"name": "growth"}}, "growth"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "inputs", "identity"), IDS)
def test_a_creation_goes_into_the_state_with_the_id_that_it_must_have(kind: str, inputs: Any, identity: str) -> None:
    operation = creating(kind, inputs)
    deployment = {"manifest": {"version": "v3"}, "resources": [{"urn": "other"}], "pending_operations": [operation]}
    found, taken = settled(deployment, ACME)
    assert taken == [operation["resource"]["urn"]]
    assert found["manifest"] == {"version": "v3"}
    assert found["pending_operations"] == []
    assert [resource["urn"] for resource in found["resources"]] == ["other", *taken]
    added = found["resources"][-1]
    assert (added["id"], added["type"], added["inputs"]) == (identity, kind, inputs)
    expected = {**inputs, "detectMd5hash": "different hash"} if kind.endswith(":BucketObject") else {}
    assert added["outputs"] == expected
    assert deployment["pending_operations"] == [operation]
    assert deployment["resources"] == [{"urn": "other"}]


@pytest.mark.parametrize(
    "operation",
    [
        creating("gcp:compute/network:Network", {}),
        creating("gcp:compute/network:Network", None),
        creating("gcp:unknown/thing:Thing", P),
        creating("kubernetes:core/v1:Service", {"metadata": {"generateName": "a-"}}),
        creating("kubernetes:core/v1:Service", {"metadata": None}),
        {**creating("gcp:storage/bucket:Bucket", P), "type": "deleting"},
        {**creating("gcp:storage/bucket:Bucket", P), "type": "updating"},
    ],
    ids=["no-name", "no-inputs", "unknown-type", "generated", "no-metadata", "deleting", "updating"],
)
def test_what_cannot_be_looked_up_only_goes(operation: dict[str, Any]) -> None:
    assert settled({"pending_operations": [operation]}, ACME) == ({"resources": [], "pending_operations": []}, [])


def test_what_the_state_has_already_is_not_taken_twice() -> None:
    operation = creating("gcp:storage/bucket:Bucket", P)
    known = {"urn": operation["resource"]["urn"], "id": "it"}
    found, taken = settled({"resources": [known], "pending_operations": [operation, operation]}, ACME)
    assert (found["resources"], taken) == ([known], [])
    assert len(settled({"pending_operations": [operation, operation]}, ACME)[1]) == 1


def test_pending() -> None:
    assert pending({"pending_operations": [creating("gcp:storage/bucket:Bucket", P)]})
    assert not pending({"pending_operations": None})
    assert not pending({})


STACK = "local.growth"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(
        tmp_path, tmp_path, Path("pulumi"), "passphrase", {"PULUMI_BACKEND_URL": f"file://{tmp_path}/state"}
    )


def lock(workspace: Workspace, content: str, stack: str = STACK) -> Path:
    """A lock where Pulumi's self-managed backend writes it."""
    path = workspace.root / "state/.pulumi/locks/organization/slipway" / stack / "0b0c.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def owned_by(pid: int, host: str = "") -> str:
    return json.dumps({"pid": pid, "username": "me", "hostname": host or socket.gethostname(), "timestamp": "2026"})


def dead() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_dead_process_is_released(workspace: Workspace) -> None:
    pid = dead()
    path = lock(workspace, owned_by(pid))
    told = locks.release_stale(workspace, STACK)
    assert told == [f"{STACK}: released the lock of process {pid}, which ended without doing so"]
    assert not path.exists()
    assert locks.release_stale(workspace, STACK) == []


def test_a_number_that_is_another_program_s_by_now_holds_nothing(workspace: Workspace) -> None:
    path = lock(workspace, owned_by(os.getpid()))
    assert locks.release_stale(workspace, STACK)
    assert not path.exists()


def engine(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A process that is called `pulumi`."""
    (tmp_path / "pulumi").symlink_to("/bin/sleep")
    return subprocess.Popen([str(tmp_path / "pulumi"), "60"])


def test_the_lock_of_a_living_engine_is_kept_until_it_ends(workspace: Workspace, tmp_path: Path) -> None:
    process = engine(tmp_path)
    try:
        path = lock(workspace, owned_by(process.pid))
        assert psutil.Process(process.pid).name() == "pulumi"
        assert locks.release_stale(workspace, STACK) == []
        assert path.exists()
    finally:
        process.kill()
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert locks.release_stale(workspace, STACK)  # ended, though nobody has asked for its exit code yet
    process.wait()


@pytest.mark.parametrize(
    "content",
    [owned_by(1, "another-host"), "", "{", "[]", "null", "{}", '{"pid": null}', '{"pid": "x"}'],
    ids=["foreign", "empty", "half", "list", "null", "nothing", "no-pid", "odd-pid"],
)
def test_a_lock_that_is_not_ours_to_judge_is_kept(workspace: Workspace, content: str) -> None:
    path = lock(workspace, content)
    assert locks.release_stale(workspace, STACK) == []
    assert path.exists()


def test_locks_of_other_stacks_are_left_alone(workspace: Workspace) -> None:
    path = lock(workspace, owned_by(dead()), "local.search")
    assert locks.release_stale(workspace, STACK) == []
    assert path.exists()


def test_other_backends_have_locks_of_their_own_kind(tmp_path: Path) -> None:
    elsewhere = Workspace(tmp_path, tmp_path, Path("pulumi"), "passphrase", {"PULUMI_BACKEND_URL": "gs://bucket"})
    assert locks.release_stale(elsewhere, STACK) == []
