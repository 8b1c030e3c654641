"""What only the engine can show: encrypted state, faults and what heals them, refusals as a user sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi import automation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.engine import Engine

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

SECRET = "correct-horse-battery"


def config_map(kubeconfig: str, namespace: str, **data: Any) -> Callable[[], None]:
    def program() -> None:
        provider = k8s.Provider("k", kubeconfig=kubeconfig, cluster_identifier="test")
        opts = pulumi.ResourceOptions(provider=provider)
        k8s.core.v1.ConfigMap("one", metadata={"namespace": namespace, "name": "one"}, data=data, opts=opts)

    return program


def test_secrets_are_encrypted_in_state_and_absent_from_output(
    engine: Callable[..., Engine], kubeconfig: str, namespace: str
) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(provider=k8s.Provider("k", kubeconfig=kubeconfig))
        hidden, meta = pulumi.Output.secret(SECRET), {"namespace": namespace}
        plain = k8s.core.v1.Secret("plain", metadata=meta, string_data={"a": SECRET}, opts=opts)
        k8s.core.v1.ConfigMap("marked", metadata=meta, data={"a": hidden, "b": "open"}, opts=opts)
        pod = {
            "containers": [{"name": "c", "image": "c:1", "env": [{"name": "A", "value": hidden}], "command": ["no"]}]
        }
        waiting = {**meta, "annotations": {"pulumi.com/timeoutSeconds": "1"}}
        spec = {**pod, "nodeSelector": {"no": "where"}}
        k8s.core.v1.Pod("late", metadata=waiting, spec=spec, opts=opts)
        pulumi.export("data", plain.data)

    stack = engine("secrets", "kubernetes", PULUMI_CONFIG_PASSPHRASE="another")
    stack.preview(program)
    with pytest.raises(automation.CommandError) as failure:
        stack.up(program)
    assert "timed out waiting to be Ready" in str(failure.value)
    resources = {item["urn"].rsplit("::", 1)[1]: item for item in stack.resources(program)}
    marked = resources["marked"]["outputs"]
    assert marked["data"]["b"] == marked["__inputs"]["data"]["b"] == "open"
    assert isinstance(marked["data"]["a"], dict)
    assert resources["late"]["initErrors"]
    state = stack.state()
    for hidden in (SECRET, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5"):  # and in base64
        assert hidden not in state
        assert hidden not in "".join(stack.output)
        assert hidden not in str(failure.value)


def test_a_crash_after_the_creation_is_healed_by_an_import_of_what_is_pending(
    engine: Callable[..., Engine], kubeconfig: str, namespace: str
) -> None:
    """The plugin refuses to create what exists, so a creation that nobody recorded has to be taken in first."""
    rules = [{"method": "Create", "name": "one", "when": "after", "action": "crash", "call": 1}]
    stack, program = engine("crash", "kubernetes"), config_map(kubeconfig, namespace, a="1")
    faults = stack.folder / "faults.json"
    faults.write_text(json.dumps(rules))
    stack.variables["SLIPWAY_FAULTS"] = f"@{faults}"
    with pytest.raises(automation.CommandError):
        stack.up(program)
    faults.write_text("[]")
    with pytest.raises(automation.CommandError, match="already exists"):
        stack.up(program)

    stack.up(adopting(kubeconfig, namespace))
    assert stack.unchanged(adopting(kubeconfig, namespace))


def adopting(kubeconfig: str, namespace: str) -> Callable[[], None]:
    def program() -> None:
        provider = k8s.Provider("k", kubeconfig=kubeconfig, cluster_identifier="test", upsert_existing_objects=True)
        opts = pulumi.ResourceOptions(provider=provider)
        meta = {"namespace": namespace, "name": "one"}
        k8s.core.v1.ConfigMap("one", metadata=meta, data={"a": "1"}, opts=opts)

    return program


def test_injected_failures_are_reported_and_the_next_update_goes_on(
    engine: Callable[..., Engine], kubeconfig: str, namespace: str
) -> None:
    stack, program = engine("fail", "kubernetes"), config_map(kubeconfig, namespace, a="1")
    faults = stack.folder / "faults.json"
    rule = {"method": "Create", "name": "one", "action": "fail", "message": "injected: the server is not amused"}
    faults.write_text(json.dumps([rule]))
    stack.variables["SLIPWAY_FAULTS"] = f"@{faults}"
    with pytest.raises(automation.CommandError, match="the server is not amused"):
        stack.up(program)
    faults.write_text(json.dumps([{"method": "Create", "action": "delay", "seconds": 0.2}]))
    stack.up(program)
    # the API server's address changes, its identity does not: nothing is replaced
    moved = kubeconfig.replace("127.0.0.1", "localhost")
    planned = stack.preview(config_map(moved, namespace, a="1"))
    assert {step.operation for step in planned.values()} == {"update"}
    assert list(planned) == ["pulumi:providers:kubernetes::k"]


def test_an_unreachable_cluster_is_an_error_and_can_be_forgotten(
    engine: Callable[..., Engine], kubeconfig: str, namespace: str
) -> None:
    stack = engine("gone", "kubernetes")
    stack.up(config_map(kubeconfig, namespace, a="1"))
    nowhere = json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c"}}],
            "current-context": "c",
        }
    )
    lost = config_map(nowhere, namespace, a="2")
    with pytest.raises(automation.CommandError, match="configured Kubernetes cluster is unreachable"):
        stack.up(lost)
    with pytest.raises(automation.CommandError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        stack.stack(lost).refresh()
    stack.variables["PULUMI_K8S_DELETE_UNREACHABLE"] = "true"
    stack.stack(lost).refresh()
    assert "ConfigMap" not in json.dumps(stack.resources(lost))
