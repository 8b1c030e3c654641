"""A team's Kustomize directory as a service: made as it is, released, broken and mended, and gone with its folder.

One story on one environment, in order.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.controlplane import until
from tests.support.watching import is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone, Done

pytestmark = pytest.mark.live

FOLDER = "manifests/growth/legacy"
UP = ("up", "local", "--stack", "local.growth", "--json")
BY_LEGACY = "app=legacy"
KUSTOMIZATION = """\
resources: [objects.yaml]
configMapGenerator:
  - name: limits
    literals: [above={limit}]
"""
OBJECTS = """\
apiVersion: v1
kind: Service
metadata: {{name: legacy}}
spec: {{selector: {{app: legacy}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: legacy}}
spec:
  replicas: 2
  progressDeadlineSeconds: {deadline}
  selector: {{matchLabels: {{app: legacy}}}}
  template:
    metadata: {{labels: {{app: legacy}}}}
    spec:
      securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
      containers:
        - name: main
          image: quay.io/acme/legacy@sha256:{digest}
          env: [{{name: LOCALCLOUD_FAULT, value: "{fault}"}}]
          envFrom: [{{configMapRef: {{name: limits}}}}]
          resources: {{requests: {{cpu: 50m, memory: 64Mi}}, limits: {{memory: 64Mi}}}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
"""


def write(clone: Clone, digit: str, *, limit: str = "0.9", fault: str = "", deadline: int = 600) -> None:
    folder = clone.root / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "kustomization.yaml").write_text(KUSTOMIZATION.format(limit=limit))
    (folder / "objects.yaml").write_text(OBJECTS.format(digest=digit * 64, fault=fault, deadline=deadline))


def state(done: Done) -> tuple[str, str]:
    listed: Any = done.json["services"] if isinstance(done.json, dict) else done.json
    found = next(each for each in listed if each["service"] == "growth/legacy")
    return found["state"], found["message"]


def runs(clone: Clone) -> list[str]:
    return sorted(
        pod["spec"]["containers"][0]["image"][-1] for pod in clone.kube.pods("growth", BY_LEGACY) if is_ready(pod)
    )


def test_it_is_made_as_it_is(clone: Clone) -> None:
    write(clone, "1")
    clone.slipway("up", "local", "--quiet")
    assert state(clone.slipway("status", "local", "--json")) == ("healthy", "")
    assert runs(clone) == ["1", "1"]
    made = clone.kube.get("growth", "apps/v1", "deployments", "legacy")
    assert made["metadata"]["labels"]["slipway.dev/kustomization"] == "legacy"
    assert made["spec"]["selector"] == {"matchLabels": {"app": "legacy"}}
    assert made["spec"]["template"]["metadata"]["labels"] == {"app": "legacy"}
    again = clone.slipway(*UP)
    assert not any(set(stack["counts"]) - {"same"} for stack in again.json["stacks"]), "nothing to change"


def test_it_is_released_and_goes_back(clone: Clone) -> None:
    uid = clone.kube.get("growth", "apps/v1", "deployments", "legacy")["metadata"]["uid"]
    for digit, limit in (("2", "0.8"), ("1", "0.9")):
        write(clone, digit, limit=limit)
        assert state(clone.slipway(*UP)) == ("healthy", "")
        assert runs(clone) == [digit] * 2
        listed = clone.kube.api.call("GET", "/api/v1/namespaces/growth/configmaps")["items"]
        assert {item["data"]["above"] for item in listed if item["metadata"]["name"].startswith("limits-")} >= {limit}
    assert clone.kube.get("growth", "apps/v1", "deployments", "legacy")["metadata"]["uid"] == uid


def test_one_that_crashes_fails_and_is_mended_by_git(clone: Clone) -> None:
    write(clone, "3", fault="crash", deadline=2)
    said, message = state(clone.slipway(*UP, code=1))
    assert said == "failed"
    assert message.startswith("Deployment legacy: no progress within its deadline")
    assert runs(clone) == ["1", "1"]
    write(clone, "1")
    assert state(clone.slipway(*UP)) == ("healthy", "")


def test_what_a_team_may_not_have_is_refused_before_anything_happens(clone: Clone) -> None:
    path = clone.root / FOLDER / "objects.yaml"
    path.write_text(path.read_text() + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n")
    refused = clone.slipway("validate", code=1)
    assert (
        f"{FOLDER}/objects.yaml:26: Secret `s`: a Secret in Git is read by all who read Git"
        in refused.out + refused.err
    )
    write(clone, "1")


def test_it_goes_with_its_folder(clone: Clone) -> None:
    shutil.rmtree(clone.root / FOLDER)
    clone.slipway(*UP)
    until(lambda: not clone.kube.pods("growth", BY_LEGACY), 60)
