"""What GKE's add-ons bring into a cluster, in a real API server: served when on, gone when off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.controlplane import readiness
from localcloud.controlplane.api import ApiError
from localcloud.providers.gcp import __main__ as admin
from localcloud.providers.gcp import addons
from tests.support.controlplane import Kube
from tests.support.gcp import ACCOUNT, CLUSTER, NETWORK, SUBNETWORK, Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.controlplane import ControlPlane

pytestmark = pytest.mark.live

ON: dict[str, Any] = {
    "gatewayApiConfig": {"channel": "CHANNEL_STANDARD"},
    "secretManagerConfig": {"enabled": True},
}
HTTP_ROUTES = "/apis/gateway.networking.k8s.io/v1/httproutes"
SECRETS = "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses"


@pytest.fixture
def live(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Cloud]:
    """A cloud that leads to the real control plane; no cluster of it is left, nor what add-ons brought."""
    local = tmp_path / "local"
    local.mkdir()
    (local / "cluster.json").symlink_to(control_plane.layout.cluster)
    cloud = Cloud(local)
    cloud.build(NETWORK, SUBNETWORK, ACCOUNT)
    yield cloud
    for token, identity in cloud.store.all(CLUSTER):
        admin.delete(cloud.store, token, identity)


@pytest.fixture
def calls(control_plane: ControlPlane) -> Kube:
    return Kube(readiness.api(control_plane.layout))


def _route(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name},
        "spec": {"rules": [{"backendRefs": [{"name": "app", "port": 80}]}]},
    }


def test_add_ons_are_served_while_they_are_on(live: Cloud, calls: Kube) -> None:
    inputs, state = live.create(CLUSTER, **ON)
    for path in (
        HTTP_ROUTES,
        SECRETS,
        "/apis/gateway.networking.k8s.io/v1/gateways",
        "/apis/gateway.networking.k8s.io/v1beta1/referencegrants",
        "/apis/networking.gke.io/v1/gcpbackendpolicies",
        "/apis/networking.gke.io/v1/gcpgatewaypolicies",
        "/apis/networking.gke.io/v1/healthcheckpolicies",
        f"/apis/storage.k8s.io/v1/csidrivers/{addons.SECRETS_DRIVER}",
    ):
        assert calls.api.answers(path), path
    found = calls.api.call("GET", "/apis/gateway.networking.k8s.io/v1/gatewayclasses")["items"]
    assert {item["metadata"]["name"]: item["spec"]["controllerName"] for item in found} == dict.fromkeys(
        addons.CLASSES, addons.CONTROLLER
    )
    calls.namespace("addons")
    calls.api.apply("/apis/gateway.networking.k8s.io/v1/namespaces/addons/httproutes", _route("kept"))
    # the schema is the published one: a port out of range is refused
    wrong = _route("wrong")
    wrong["spec"]["rules"][0]["backendRefs"][0]["port"] = 99999
    with pytest.raises(ApiError, match="should be less than or equal to 65535"):
        calls.api.apply("/apis/gateway.networking.k8s.io/v1/namespaces/addons/httproutes", wrong)
    # one off, the other stays; an update that changes neither keeps what there is
    state = live.update(CLUSTER, inputs, state, secretManagerConfig={"enabled": False})
    assert not calls.api.answers(SECRETS)
    assert not calls.api.answers(f"/apis/storage.k8s.io/v1/csidrivers/{addons.SECRETS_DRIVER}")
    assert calls.api.answers("/apis/gateway.networking.k8s.io/v1/namespaces/addons/httproutes/kept")
    live.update(CLUSTER, inputs, state, gatewayApiConfig={"channel": "CHANNEL_DISABLED"})
    assert not calls.api.answers(HTTP_ROUTES)
    assert not calls.api.answers("/apis/networking.gke.io/v1/gcpbackendpolicies")
    assert any("add-on gateway-api: turned off" in line for line in live.logged)


def test_on_again_right_after_off(live: Cloud, calls: Kube) -> None:
    inputs, state = live.create(CLUSTER, **ON)
    off = live.update(CLUSTER, inputs, state, gatewayApiConfig={"channel": "CHANNEL_DISABLED"})
    live.update(CLUSTER, inputs, off, **ON)
    assert calls.api.call("GET", HTTP_ROUTES)["items"] == []


def test_a_cluster_takes_its_add_ons_along_unless_another_has_them(live: Cloud, calls: Kube) -> None:
    inputs, state = live.create(CLUSTER, **ON)
    second = {"masterIpv4CidrBlock": "172.16.1.0/28", "enablePrivateNodes": True, "enablePrivateEndpoint": True}
    ranges = [
        {"rangeName": "pods", "ipCidrRange": "10.12.0.0/14"},
        {"rangeName": "services", "ipCidrRange": "10.16.0.0/20"},
    ]
    live.create(SUBNETWORK, name="second", ipCidrRange="10.1.0.0/20", secondaryIpRanges=ranges)
    other, there = live.create(
        CLUSTER,
        name="second",
        subnetwork="second",
        gatewayApiConfig=ON["gatewayApiConfig"],
        privateClusterConfig=second,
    )
    live.delete(CLUSTER, inputs, state)
    assert calls.api.answers(HTTP_ROUTES)
    assert not calls.api.answers(SECRETS)
    live.delete(CLUSTER, other, there)
    assert not calls.api.answers(HTTP_ROUTES)


def test_what_somebody_deletes_is_repaired(live: Cloud, calls: Kube, monkeypatch: pytest.MonkeyPatch) -> None:
    live.create(CLUSTER, **ON)
    calls.api.call("DELETE", "/apis/gateway.networking.k8s.io/v1/gatewayclasses/gke-l7-rilb")
    monkeypatch.setenv("SLIPWAY_LOCAL_DIR", str(live.local))
    assert admin.main(["repair"]) == 0
    assert calls.api.answers("/apis/gateway.networking.k8s.io/v1/gatewayclasses/gke-l7-rilb")
