"""Sidecars and volumes in the pod: started in order, as walled in as the service, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.pods import counts
from slipway.quotas import most
from tests.support.repositories import CHURN, DEV, DIGEST, FRAUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

STACK = "dev.growth"
SIDECARS = f"""\
port: 8080
volumes:
  cache: {{path: /cache, size: 2Gi}}
  spool: {{path: /spool, size: 1Gi}}
sidecars:
  proxy:
    image: ml/proxy:2@{DIGEST}
    args: [--listen]
    port: 9000
    probes: {{ready: /ready}}
    env: {{MODE: quiet}}
  shipper: {{image: ml/shipper@{DIGEST}, before: false, volumes: [spool], resources: {{cpu: "1", memory: 1Gi}}}}
"""


@pytest.fixture
def pod(clone: Clone, declared: Declare) -> dict[str, Any]:
    clone.edit(FRAUD, "port: 8080\n", SIDECARS)
    return dict(declared(STACK)["fraud-deployment"].inputs["spec"]["template"]["spec"])


def test_one_starts_before_the_service_and_goes_on_running(pod: dict[str, Any]) -> None:
    (proxy,) = pod["initContainers"]
    assert (proxy["name"], proxy["restartPolicy"]) == ("proxy", "Always")
    assert proxy["image"].endswith(f"/acme-dev/ml/proxy@{DIGEST}")
    assert (proxy["args"], proxy["ports"]) == (["--listen"], [{"containerPort": 9000, "protocol": "TCP"}])
    assert proxy["env"] == [{"name": "MODE", "value": "quiet"}]
    assert proxy["startupProbe"]["httpGet"]["port"] == 9000
    assert proxy["resources"] == {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}


def test_one_runs_beside_it_and_the_service_comes_first(pod: dict[str, Any]) -> None:
    service, shipper = pod["containers"]
    assert service["name"] == "service"
    assert shipper["name"] == "shipper"
    assert "restartPolicy" not in shipper
    assert {each["name"]: each["mountPath"] for each in shipper["volumeMounts"]} == {
        "tmp-shipper": "/tmp",  # noqa: S108 - its own emptyDir
        "spool": "/spool",
    }


def test_each_is_walled_in_as_the_service_is(pod: dict[str, Any]) -> None:
    every = [*pod["containers"], *pod["initContainers"]]
    assert [each["securityContext"] for each in every] == [every[0]["securityContext"]] * 3
    assert every[0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_volumes_are_limited(pod: dict[str, Any]) -> None:
    found = {each["name"]: each for each in pod["volumes"]}
    assert found["cache"] == {"name": "cache", "emptyDir": {"sizeLimit": "2Gi"}}
    assert found["tmp-proxy"] == {"name": "tmp-proxy", "emptyDir": {}}
    mounts = {each["name"]: each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    assert (mounts["cache"], mounts["spool"]) == ("/cache", "/spool")


def test_what_they_ask_for_counts(clone: Clone) -> None:
    clone.edit(FRAUD, "port: 8080\n", SIDECARS)
    spec = {each.name: each.spec for each in clone.desired("dev").services}["fraud"]
    assert counts(spec) == (250 + 50 + 1000, (512 + 64 + 1024) * 2**20)
    need = most(spec)
    assert (need.cpu, need.pods) == (4 * 1300, 4)


def test_a_pod_that_fits_no_node_with_its_sidecars_is_refused(clone: Clone) -> None:
    side = f"sidecars: {{big: {{image: ml/big@{DIGEST}, resources: {{cpu: '3.8', memory: 1Gi}}}}}}"
    clone.edit(CHURN, "port: 8080", f"port: 8080\n{side}")
    (problem,) = [each for each in clone.problems() if "`dev`" in str(each)]
    assert "a pod asks for 4050m CPU and 1536Mi with its sidecars, more than any node" in str(problem)
    assert DEV not in str(problem)
