"""A team's Kustomize directory: rendered as it is, and held to what a team may have."""

# ruff: noqa: E501 - one case is one row, and its message stands in it as people read it

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.repositories import DIGEST

if TYPE_CHECKING:
    from tests.support.repositories import Clone

FOLDER = "manifests/growth/legacy"
FILE, WORKLOAD = f"{FOLDER}/kustomization.yaml", f"{FOLDER}/deployment.yaml"
KUSTOMIZATION = """\
resources: [deployment.yaml]
configMapGenerator:
  - name: limits
    literals: [above=0.9]
"""
DEPLOYMENT = f"""\
apiVersion: v1
kind: Service
metadata: {{name: legacy}}
spec: {{selector: {{app: legacy}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: legacy
spec:
  replicas: 2
  selector: {{matchLabels: {{app: legacy}}}}
  template:
    metadata: {{labels: {{app: legacy}}}}
    spec:
      containers:
        - name: main
          image: quay.io/acme/legacy@{DIGEST}
          envFrom: [{{configMapRef: {{name: limits}}}}]
"""


@pytest.fixture
def legacy(clone: Clone) -> Clone:
    clone.write(FILE, KUSTOMIZATION)
    clone.write(WORKLOAD, DEPLOYMENT)
    return clone


def test_it_is_rendered_as_it_is(legacy: Clone) -> None:
    (directory,) = legacy.desired("dev").directories
    assert (directory.key, directory.team, directory.file) == ("growth/legacy", "growth", FILE)
    kinds = {each.kind: each for each in directory.objects}
    assert sorted(kinds) == ["ConfigMap", "Deployment", "Service"]
    assert kinds["Deployment"].file == WORKLOAD
    assert kinds["Deployment"].value["spec"]["selector"] == {"matchLabels": {"app": "legacy"}}
    assert "annotations" not in kinds["Deployment"].value["metadata"], "what says where it came from is ours"
    assert kinds["ConfigMap"].value["data"] == {"above": "0.9"}
    reference = kinds["Deployment"].value["spec"]["template"]["spec"]["containers"][0]["envFrom"][0]
    assert reference["configMapRef"]["name"] == kinds["ConfigMap"].name != "limits"
    assert directory.release == "legacy@0123456789ab"


def test_a_base_of_this_repository_is_built_on(legacy: Clone) -> None:
    legacy.write("manifests/growth/.base/kustomization.yaml", "resources: [map.yaml]\n")
    legacy.write("manifests/growth/.base/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\n")
    legacy.write(FILE, "resources: [deployment.yaml, ../.base]\nnamePrefix: old-\n")
    (directory,) = legacy.desired("dev").directories
    found = {each.kind: each for each in directory.objects}
    assert found["ConfigMap"].name == "old-words"
    assert found["ConfigMap"].file == "manifests/growth/.base/map.yaml"


REMOTE = (
    "is not in this repository, and what it is may change without anybody's review; copy it here and name its folder"
)
# id, the kustomization file, what is told
FOLDERS = [
    ("remote-https", "resources:\n  - https://github.com/acme/base?ref=v1\n", f"{FILE}:2: `https://github.com/acme/base?ref=v1` {REMOTE}"),
    ("remote-ssh", "resources: [git@github.com:acme/base]\n", f"{FILE}:1: `git@github.com:acme/base` {REMOTE}"),
    ("remote-short", "bases: [github.com/acme/base]\n", f"{FILE}:1: `github.com/acme/base` {REMOTE}"),
    ("component", "components: [https://acme.test/c]\n", f"{FILE}:1: `https://acme.test/c` {REMOTE}"),
    ("outside", "resources: [../../../../base]\n", f"{FILE}:1: `../../../../base` leads out of this repository; copy it here and name its folder"),
    ("missing", "resources: [gone.yaml]\n", f"{FILE}:1: `gone.yaml` does not exist; correct the path, or remove it"),
    ("helm", "resources: []\nhelmCharts: [{name: redis, repo: 'https://x.test'}]\n", f"{FILE}:2: `helmCharts` fetches a chart and runs helm; commit what `helm template` renders and name it in resources"),
    ("plugin", "transformers: [t.yaml]\n", f"{FILE}:1: `transformers` runs programs that change objects; use patches, or commit what they make"),
    ("secrets", "secretGenerator: [{name: s, literals: [a=b]}]\n", f"{FILE}:1: `secretGenerator` puts secrets into Git; keep them in Secret Manager (docs/exposure.md), read by the program"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in FOLDERS], ids=[row[0] for row in FOLDERS])
def test_what_it_refers_to_is_in_this_repository(legacy: Clone, text: str, expected: str) -> None:
    legacy.write(FILE, text)
    assert [str(problem) for problem in legacy.problems()] == [expected]


# id, what is replaced in deployment.yaml, by what, what is told
OBJECTS = [
    ("cluster-scoped", "kind: Service\n", "kind: ClusterRole\n", "2: ClusterRole `legacy`: a team cannot have `v1` ClusterRole of its own; ask the platform team: it is not the namespace's"),
    ("secret", "kind: Service\n", "kind: Secret\n", "2: Secret `legacy`: a Secret in Git is read by all who read Git; keep it in Secret Manager (docs/exposure.md)"),
    ("old-version", "apps/v1", "apps/v1beta1", "7: Deployment `legacy`: a team cannot have `apps/v1beta1` Deployment of its own; use apiVersion apps/v1"),
    ("namespace", "metadata:\n  name: legacy\n", "metadata:\n  name: legacy\n  namespace: search\n", "10: Deployment `legacy`: namespace `search`, and the team's is `growth`; remove the namespace: it is set to the team's"),
    ("taken", "metadata:\n  name: legacy\n", "metadata:\n  name: churn\n", "9: Deployment `churn`: the name is that of a service of the team already, in manifests/growth/churn.yaml; give one of the two another name"),
    ("open", "spec: {selector: {app: legacy}", "spec: {type: LoadBalancer, selector: {app: legacy}", "4: Service `legacy`: type LoadBalancer opens a way in from outside, which the team's quota refuses; use ClusterIP, and an HTTPRoute of the environment's gateway"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in OBJECTS], ids=[row[0] for row in OBJECTS])
def test_what_a_team_may_not_have_is_refused(legacy: Clone, old: str, new: str, expected: str) -> None:
    legacy.edit(WORKLOAD, old, new)
    assert [str(problem) for problem in legacy.problems()] == [f"{WORKLOAD}:{expected}"]


def test_a_tag_is_refused_but_on_stand_ins(legacy: Clone) -> None:
    legacy.edit(WORKLOAD, f"legacy@{DIGEST}", "legacy:2")
    (found,) = legacy.problems()
    said = "Deployment `legacy`: image `quay.io/acme/legacy:2` is named by a tag, which can move"
    assert str(found) == f"{WORKLOAD}:18: {said}; add the digest: NAME:TAG@sha256:<64 hex digits>"
    assert legacy.desired("local").directories


def test_a_directory_and_a_service_have_different_names(legacy: Clone) -> None:
    legacy.write("manifests/growth/fraud/kustomization.yaml", "resources: []\n")
    said = "the team has a service `fraud` already, in manifests/growth/fraud.yaml; give the folder another name"
    assert f"manifests/growth/fraud/kustomization.yaml: {said}" in [str(problem) for problem in legacy.problems()]


def test_a_folder_without_a_kustomization_is_told_as_before(clone: Clone) -> None:
    clone.write("manifests/growth/notes/readme.txt", "x")
    (found,) = clone.problems()
    assert str(found).startswith("manifests/growth/notes: is no readable .yaml file")
