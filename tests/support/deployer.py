"""Commands with the rights of a team's deployer, on the local control plane, where people are its admin.

A ServiceAccount plays the deployer: it is bound to the very roles that the `cluster` stack binds the deployer to.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    from localcloud.controlplane.api import Endpoint
    from tests.support.environment import Clone

_NAME: Final = "plays-the-deployer"
_RBAC: Final = "/apis/rbac.authorization.k8s.io/v1"


@contextlib.contextmanager
def as_deployer(clone: Clone, team: str) -> Generator[None]:
    """Let the commands within find the deployer's credential. `slipway up` puts the admin's back."""
    file = clone.plane.layout.credential
    own = file.read_text()
    file.write_text(json.dumps({"user": _NAME, "token": _token(clone.kube.api, team)}))
    try:
        yield
    finally:
        file.write_text(own)


def _token(api: Endpoint, team: str) -> str:
    accounts = f"/api/v1/namespaces/{team}/serviceaccounts"
    if _NAME not in {each["metadata"]["name"] for each in api.call("GET", accounts)["items"]}:
        api.call("POST", accounts, {"metadata": {"name": _NAME}})
        for namespace, name in ((team, "deployer"), ("argo-rollouts", "readers")):
            _bind(api, namespace, name, team)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": None}}
    return str(api.call("POST", f"{accounts}/{_NAME}/token", request)["status"]["token"])


def _bind(api: Endpoint, namespace: str, name: str, team: str) -> None:
    """Bind it to what a binding of the stack's binds the deployer to."""
    bindings = f"{_RBAC}/namespaces/{namespace}/rolebindings"
    found = api.call("GET", f"{bindings}/{name}")
    assert any(f"deploy-{team}" in each["name"] for each in found["subjects"]), found["subjects"]
    subject: dict[str, Any] = {"kind": "ServiceAccount", "name": _NAME, "namespace": team}
    api.call("POST", bindings, {"metadata": {"name": _NAME}, "roleRef": found["roleRef"], "subjects": [subject]})
