"""A cluster of the user's own in place of the built-in one: it is used, said so, and never started or stopped."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from localcloud.controlplane import ControlPlane, readiness
from slipway.progress import NullProgress
from tests.support.controlplane import Kube

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.support.environment import Clone

pytestmark = pytest.mark.live


@pytest.fixture
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Generator[ControlPlane]:
    """A cluster that somebody else runs, with nodes of its own and without a Rollouts controller."""
    plane = ControlPlane(tmp_path_factory.mktemp("theirs"))
    try:
        plane.start(NullProgress())
        Kube(readiness.api(plane.layout)).nodes({"zone-a": 1, "zone-b": 1})
        yield plane
    finally:
        plane.stop()


def _without_canaries(clone: Clone) -> None:
    """Nobody would step them there: leave team search, which has none."""
    shutil.rmtree(clone.root / "manifests" / "growth")
    path = clone.root / "environments" / "local.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if key != "services"}))


def test_a_cluster_of_ones_own(clone: Clone, theirs: ControlPlane) -> None:
    _without_canaries(clone)
    api, config = readiness.api(theirs.layout), str(theirs.kubeconfig())
    nodes = {node["metadata"]["name"] for node in api.call("GET", "/api/v1/nodes")["items"]}
    parts = [(part.name, part.pid, part.since) for part in theirs.status()]

    done = clone.slipway("up", "local", "--kubeconfig", config)
    assert f"using the cluster of {config}" in done.err
    assert done.out.count("healthy") == 2
    assert not clone.processes(), "nothing was started"
    assert Kube(api).get("search", "apps/v1", "deployments", "ranking")["status"]["availableReplicas"] == 2
    assert {node["metadata"]["name"] for node in api.call("GET", "/api/v1/nodes")["items"]} == nodes
    assert clone.slipway("cluster", "kubeconfig").out.strip() == config
    assert f"Using the cluster of {config}." in clone.slipway("cluster", "status").out

    clone.slipway("cluster", "stop", "--remove")
    assert [(part.name, part.pid, part.since) for part in theirs.status()] == parts
    assert theirs.healthy()
    assert Kube(api).get("search", "apps/v1", "deployments", "ranking")["status"]["availableReplicas"] == 2
    assert not clone.local.exists()
