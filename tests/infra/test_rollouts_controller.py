"""The Rollouts controller of a cluster: what it runs, as whom, and that it cannot be what somebody moved a tag to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from infra.kubernetes.rollouts_rules import CLUSTER, OWN
from localcloud.controlplane.rbac import RULES
from slipway import contract
from slipway.engine.recorder import UNKNOWN
from slipway.errors import FailedError
from slipway.rollouts.traffic import PLUGIN
from slipway.tools import images, pins
from stacks import cluster as stack
from tests.support.repositories import DEV

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repositories import Clone

STACK, NAME = "dev.cluster", "rollouts-controller"
DIGEST = f"sha256:{'ab' * 32}"
CACHE = "europe-west4-docker.pkg.dev/acme-dev/quay/argoproj/argo-rollouts"


def pin(monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    image = images.Pinned("argo-rollouts", "1.10.1", "quay", "argoproj/argo-rollouts", "v1.10.1", digest)
    monkeypatch.setattr(images, "pinned", lambda _name: image)


def container(inputs: Callable[[str, str], dict[str, Any]], of: str = STACK) -> dict[str, Any]:
    return dict(inputs(of, f"{NAME}-deployment")["spec"]["template"]["spec"]["containers"][0])


def test_by_digest_through_the_environment_s_own_cache(
    inputs: Callable[[str, str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, DIGEST)
    assert container(inputs)["image"] == f"{CACHE}@{DIGEST}"


def test_without_a_digest_a_preview_does_not_know_the_image(
    inputs: Callable[[str, str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, "")
    assert container(inputs)["image"] == UNKNOWN


@pytest.mark.parametrize("endpoint", ["34.90.1.2", "127.0.0.1:20001"])
def test_without_a_digest_an_update_is_refused_but_on_this_machine(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    wanted = clone.desired("dev")
    known = replace(contract.derive(wanted), endpoint=endpoint, certificate_authority="x")
    pin(monkeypatch, "")
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    monkeypatch.setattr(pulumi.log, "warn", lambda _text: None)
    if endpoint == "34.90.1.2":
        with pytest.raises(FailedError, match=r"no digest of argoproj/argo-rollouts:v1\.10\.1.*run tools/pin\.py"):
            stack.own_image(wanted, known, images.ROLLOUTS)
    else:
        found = stack.own_image(wanted, known, images.ROLLOUTS)
        assert found == f"{CACHE}:v1.10.1"
    pin(monkeypatch, DIGEST)
    assert stack.own_image(wanted, known, images.ROLLOUTS) == f"{CACHE}@{DIGEST}"


def test_it_is_of_the_release_whose_definitions_and_local_process_are_used() -> None:
    versions = pins.load()
    assert images.pinned(images.ROLLOUTS).version == versions["rollouts-controller"].version
    assert images.pinned(images.ROLLOUTS).version == versions["rollouts-crds"].version


@pytest.mark.parametrize("text", ["sha256:abc", "v1.10.1", "sha512:" + "a" * 128])
def test_a_pin_that_is_no_digest_is_refused(tmp_path: Any, text: str) -> None:
    source = (pins.FOLDER / "images.toml").read_text(encoding="utf-8")
    (tmp_path / "images.toml").write_text(source.replace('digest = ""', f'digest = "{text}"'))
    with pytest.raises(FailedError, match="is no digest"):
        images.pinned(images.ROLLOUTS, tmp_path)


def test_replicated_spread_and_restricted(inputs: Callable[[str, str], dict[str, Any]]) -> None:
    spec = inputs(STACK, f"{NAME}-deployment")["spec"]
    pod = spec["template"]["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert {each["topologyKey"] for each in pod["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container(inputs)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container(inputs)) >= {"livenessProbe", "readinessProbe", "resources"}
    labels = inputs(STACK, f"{NAME}-namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    budget = inputs(STACK, f"{NAME}-budget")["spec"]
    assert (budget["maxUnavailable"], budget["selector"]["matchLabels"]) == (1, spec["selector"]["matchLabels"])


def test_its_priority_has_the_quota_without_which_gke_admits_none(inputs: Callable[[str, str], dict[str, Any]]) -> None:
    priority = inputs(STACK, f"{NAME}-deployment")["spec"]["template"]["spec"]["priorityClassName"]
    quota = inputs(STACK, f"{NAME}-critical")["spec"]
    assert quota["scopeSelector"]["matchExpressions"][0]["values"] == [priority] == ["system-cluster-critical"]
    assert int(quota["hard"]["pods"]) >= 2 + 1, "a rolling update adds one"


def test_locally_the_same_objects_without_pods(
    declared: Callable[[str], Any], inputs: Callable[[str, str], dict[str, Any]]
) -> None:
    def mine(stack: str) -> set[str]:
        return {name for name in declared(stack) if name.startswith(NAME)}

    assert mine("local.cluster") == mine(STACK)
    assert inputs("local.cluster", f"{NAME}-deployment")["spec"]["replicas"] == 0


def test_with_weights_at_the_gateway_its_plugin_comes_in_an_image_of_its_own(
    clone: Clone, declared: Callable[[str], Any], inputs: Callable[[str, str], dict[str, Any]]
) -> None:
    without = inputs(STACK, f"{NAME}-deployment")["spec"]["template"]["spec"]
    assert f"{NAME}-config" not in declared(STACK)
    assert "initContainers" not in without
    clone.edit(DEV, "  quay: {remote: quay}", "  quay: {remote: quay}\n  ghcr: {remote: ghcr}")
    clone.edit(DEV, "branch:", "gateway: {domain: ml.example.com, weights: true}\nbranch:")
    pod = inputs(STACK, f"{NAME}-deployment")["spec"]["template"]["spec"]
    (copying,), (controller,) = pod["initContainers"], pod["containers"]
    assert copying["securityContext"] == controller["securityContext"]
    config = inputs(STACK, f"{NAME}-config")
    assert config["metadata"]["name"] == "argo-rollouts-config", "the controller looks for no other"
    (listed,) = yaml.safe_load(config["data"]["trafficRouterPlugins"])
    assert listed["name"] == PLUGIN
    _, source, folder = copying["command"]
    home = "/home/argo-rollouts/"  # the working directory of the controller's image
    assert listed["location"] == f"file://./{(folder + source.rpartition('/')[2]).removeprefix(home)}", "no download"
    mounted = {mount["mountPath"] for mount in controller["volumeMounts"]}
    assert folder.rstrip("/") in mounted & {mount["mountPath"] for mount in copying["volumeMounts"]}


def test_the_stand_in_of_the_plugin_is_of_the_release_that_it_plays() -> None:
    assert images.pinned(images.GATEWAY_PLUGIN).version == pins.load()["gateway-weights"].version


def test_it_reads_secrets_of_its_own_namespace_only() -> None:
    assert not any("secrets" in resources for _, resources, _ in CLUSTER)
    assert not any(verb in {"*", "create"} for group, _, verbs in OWN for verb in verbs if group == "")
    assert not any("*" in (group, *resources, *verbs) for group, resources, verbs in (*CLUSTER, *OWN))


def test_the_local_controller_has_these_rights_and_so_every_live_canary_shows_that_they_are_enough() -> None:
    alone = ("", ("secrets", "configmaps"), ("get", "list", "watch"))
    assert (*CLUSTER, alone) == RULES["rollouts-controller"]
    assert alone in OWN


def test_teams_deployers_may_ask_whether_it_is_available_and_nothing_else(
    inputs: Callable[[str, str], dict[str, Any]],
) -> None:
    assert inputs(STACK, f"{NAME}-readers")["rules"] == [
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["argo-rollouts"], "verbs": ["get"]}
    ]
    subjects = inputs(STACK, f"{NAME}-readers-binding")["subjects"]
    assert [subject["name"] for subject in subjects] == [
        "deploy-growth@acme-dev.iam.gserviceaccount.com",
        "deploy-search@acme-dev.iam.gserviceaccount.com",
    ]


def test_an_environment_without_a_cache_is_refused(clone: Clone) -> None:
    clone.edit(DEV, "  quay: {remote: quay}", "  quay: {remote: ghcr}")
    assert [(problem.file, problem.remedy) for problem in clone.problems()] == [(DEV, "add `quay: {remote: quay}`")]
