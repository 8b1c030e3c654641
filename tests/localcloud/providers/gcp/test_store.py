"""The store between processes and runs, drift behind Pulumi's back, and the admin commands."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.providers.gcp import __main__ as admin
from localcloud.providers.gcp.store import LOCAL_DIR_VARIABLE, Store, local_dir
from localcloud.providers.model import DiffKind
from tests.support.gcp import ACCOUNT, BUCKET, CLUSTER, FIREWALL, NETWORK, OBJECT, POOL, SUBNETWORK, Cloud

_WRITER = """
import sys
from pathlib import Path
from localcloud.providers.gcp.store import Store
store = Store(Path(sys.argv[1]))
for number in range(25):
    with store.transaction() as records:
        counter = records.get("counter", "it") or {"value": 0}
        records.put("counter", "it", {"value": counter["value"] + 1})
"""


def test_two_processes_at_once(tmp_path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert Store(tmp_path).get("counter", "it") == {"value": 50}


def test_many_threads_at_once(cloud: Cloud) -> None:
    cloud.create(NETWORK)

    def make(number: int) -> None:
        cloud.create(SUBNETWORK, name=f"sub-{number}", ipCidrRange=f"10.{number}.0.0/20", secondaryIpRanges=[])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(make, range(40)))
    assert len(cloud.store.all(SUBNETWORK)) == 40


def test_a_refused_create_leaves_nothing(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK)
    before = cloud.store.all()
    with pytest.raises(Exception, match="conflicts with"):
        cloud.create(SUBNETWORK, name="two")
    assert cloud.store.all() == before


def test_it_survives(cloud: Cloud) -> None:
    inputs, state = cloud.create(BUCKET)
    assert Cloud(cloud.local).read(BUCKET, inputs, state)


def test_drift_shows_the_property_and_is_repaired(cloud: Cloud) -> None:
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT, CLUSTER)
    inputs, state = cloud.create(POOL)
    cloud.store.change(
        POOL, state.id, {"nodeCount": 5, "nodeConfig.labels": {"by": "hand"}, "management.autoRepair": False}
    )
    drifted = cloud.read(POOL, inputs, state)
    assert drifted is not None
    assert drifted.inputs is not None
    assert drifted.outputs["nodeCount"] == 5
    assert drifted.inputs["nodeCount"] == 5
    diff = cloud.diff(POOL, inputs, drifted)
    assert diff.detailed == {"nodeCount": DiffKind.UPDATE}  # labels and management are computed: not given, kept
    repaired = cloud.update(POOL, inputs, drifted)
    assert repaired.outputs["nodeCount"] == 1
    assert not cloud.diff(POOL, inputs, repaired).detailed


def test_drift_of_a_field_that_was_not_given(cloud: Cloud) -> None:
    cloud.create(NETWORK)
    inputs, state = cloud.create(FIREWALL)
    cloud.store.change(FIREWALL, state.id, {"disabled": True, "sourceRanges": ["0.0.0.0/0"]})
    drifted = cloud.read(FIREWALL, inputs, state)
    assert drifted is not None
    assert drifted.inputs is not None
    assert drifted.inputs["disabled"] is True
    assert set(cloud.diff(FIREWALL, inputs, drifted).detailed) == {"disabled", "sourceRanges[0]"}
    assert not cloud.diff(FIREWALL, inputs, cloud.update(FIREWALL, inputs, drifted)).detailed


def test_drift_of_an_objects_content(cloud: Cloud) -> None:
    cloud.create(BUCKET)
    inputs, state = cloud.create(OBJECT)
    cloud.store.change(OBJECT, state.id, {"content": "changed"})
    drifted = cloud.read(OBJECT, inputs, state)
    assert drifted is not None
    assert drifted.outputs["md5hash"] != state.outputs["md5hash"]
    assert list(cloud.diff(OBJECT, inputs, drifted).detailed) == ["content"]


def test_what_is_gone_is_read_as_gone_and_cannot_be_updated(cloud: Cloud) -> None:
    inputs, state = cloud.create(NETWORK)
    assert cloud.store.delete(NETWORK, state.id)
    assert not cloud.store.delete(NETWORK, state.id)
    assert cloud.read(NETWORK, inputs, state) is None
    with pytest.raises(Exception, match=r"Error updating Network .* 404: .* was not found"):
        cloud.update(NETWORK, inputs, state, mtu=1500)


def test_local_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(LOCAL_DIR_VARIABLE, str(tmp_path))
    assert local_dir() == tmp_path
    monkeypatch.delenv(LOCAL_DIR_VARIABLE)
    assert local_dir() == Path.cwd() / ".slipway/local"


def test_admin(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(LOCAL_DIR_VARIABLE, str(cloud.local))
    made = cloud.build()
    assert admin.main(["list", "Bucket"]) == 0
    assert capsys.readouterr().out == f"{BUCKET}\tdemo-models\n"
    assert admin.main(["set", "Bucket", "demo-models", 'labels={"a": "b"}', "storageClass=NEARLINE"]) == 0
    assert admin.main(["get", BUCKET, "demo-models"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["labels"], record["storageClass"]) == ({"a": "b"}, "NEARLINE")
    assert admin.main(["set", "Bucket", "demo-models", "labels=null"]) == 0
    assert "labels" not in (cloud.store.get(BUCKET, "demo-models") or {})
    assert admin.main(["repair"]) == 0
    assert admin.main(["delete", "Cluster", made[CLUSTER][1].id]) == 0
    assert cloud.read(POOL, *made[POOL]) is None
    assert admin.main(["delete", "Bucket", "nothing"]) == 1
    assert admin.main(["get", "Buckets", "x"]) == 1
    assert admin.main(["set", "Bucket", "demo-models", "labels"]) == 1
    assert "unknown type 'Buckets'" in capsys.readouterr().err
    assert admin.main(["clear"]) == 0
    assert not cloud.store.all()
