"""Who may do what on the local cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localcloud.controlplane import credentials
from localcloud.controlplane.api import ApiError, Endpoint

if TYPE_CHECKING:
    from localcloud.controlplane import ControlPlane
    from tests.support.controlplane import Kube

pytestmark = pytest.mark.live


def as_user(kube: Kube, plane: ControlPlane, user: str) -> Endpoint:
    return replace(kube.api, token=credentials.tokens(plane.layout)[user])


def status(endpoint: Endpoint, path: str) -> int:
    try:
        endpoint.call("GET", path)
    except ApiError as error:
        return error.status
    return 200


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_right_token_nothing_is_answered(kube: Kube, token: str) -> None:
    assert status(replace(kube.api, token=token), "/readyz") == 401


@pytest.mark.parametrize(
    ("user", "path", "expected"),
    [
        ("localcloud:kwok", "/api/v1/nodes", 200),
        ("localcloud:kwok", "/api/v1/secrets", 403),
        ("localcloud:kwok", "/apis/apps/v1/deployments", 403),
        ("localcloud:rollouts-controller", "/apis/apps/v1/replicasets", 200),
        ("localcloud:rollouts-controller", "/api/v1/nodes", 403),
        ("system:kube-scheduler", "/api/v1/pods", 200),
        ("system:kube-scheduler", "/api/v1/secrets", 403),
        ("system:kube-controller-manager", "/api/v1/namespaces", 200),
    ],
)
def test_each_part_may_do_its_own_work_only(
    kube: Kube, control_plane: ControlPlane, user: str, path: str, expected: int
) -> None:
    assert status(as_user(kube, control_plane, user), path) == expected


def test_etcd_asks_for_a_client_certificate(control_plane: ControlPlane) -> None:
    (etcd,) = (part for part in control_plane.status() if part.name == "etcd")
    host, _, port = etcd.address.partition(":")
    pki = control_plane.layout.pki
    pair = (pki / "etcd-client.crt", pki / "etcd-client.key")
    assert Endpoint(host, int(port), pki / "etcd-ca.crt", client=pair).answers("/health")
    assert not Endpoint(host, int(port), pki / "etcd-ca.crt").answers("/health")


def test_a_pod_may_not_be_made_by_a_service_account(kube: Kube) -> None:
    namespace = kube.namespace("access")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    given = kube.api.call("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token", request)
    pod = replace(kube.api, token=given["status"]["token"])
    assert status(pod, f"/api/v1/namespaces/{namespace}/pods") == 403
