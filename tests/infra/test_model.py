"""The step that fetches a model, in the pod: what it is called with, what it may, and what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway import models
from slipway.pods import counts
from tests.support.repositories import CHURN, DEV, DIGEST, FRAUD

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

MODEL = f"  model: fraud/7@{DIGEST}\n"
SIDECAR = f"sidecars: {{proxy: {{image: ml/proxy@{DIGEST}}}}}\n"


def with_model(clone: Clone, more: str = "") -> None:
    """Give `fraud`, which has none, a model."""
    text = (clone.root / FRAUD).read_text()
    image = next(line for line in text.splitlines() if line.strip().startswith("image:"))
    clone.edit(FRAUD, f"{image}\n", f"{image}\n{MODEL}")
    if more:
        clone.edit(FRAUD, "port: 8080\n", f"port: 8080\n{more}")


@pytest.fixture
def pod(clone: Clone, declared: Declare) -> dict[str, Any]:
    with_model(clone, SIDECAR)
    return dict(declared("dev.growth")["fraud-deployment"].inputs["spec"]["template"]["spec"])


def test_the_step_comes_first_and_has_the_same_walls(pod: dict[str, Any]) -> None:
    step, proxy = pod["initContainers"]
    assert (step["name"], proxy["name"]) == ("model", "proxy")
    assert "restartPolicy" not in step, "it ends, and the service waits for that"
    assert step["command"] == ["python", "-I", "-B", "-c", models.SCRIPT]
    assert step["args"] == ["/bucket/fraud/7", "/models/fraud/7", DIGEST]
    assert step["securityContext"] == pod["containers"][0]["securityContext"]
    assert "/acme-dev/hub/library/python" in step["image"]


def test_the_service_sees_the_copy_and_never_the_bucket(pod: dict[str, Any]) -> None:
    volumes = {each["name"]: each for each in pod["volumes"]}
    assert volumes["model"]["emptyDir"] == {}
    assert volumes["models"]["csi"]["driver"] == "gcsfuse.csi.storage.gke.io"
    step, service = pod["initContainers"][0], pod["containers"][0]
    assert {each["name"]: each["mountPath"] for each in step["volumeMounts"]} == {
        "tmp": "/tmp", "models": "/bucket", "model": "/models",  # noqa: S108 - the pod's own emptyDir
    }  # fmt: skip
    mounts = {each["name"]: each for each in service["volumeMounts"]}
    assert mounts["model"] == {"name": "model", "mountPath": "/models", "readOnly": True}
    assert "models" not in mounts


def test_kubernetes_replaces_nothing_in_the_program() -> None:
    """In commands and arguments `$(NAME)` is a variable (Kubernetes API reference, Container)."""
    assert "$(" not in models.SCRIPT


def test_the_step_counts_where_it_asks_for_more_than_the_service(clone: Clone) -> None:
    with_model(clone)
    spec = {each.name: each.spec for each in clone.desired("dev").services}["fraud"]
    small = spec.model_copy(update={"resources": spec.resources.model_copy(update={"cpu": "50m", "memory": "64Mi"})})
    bucket = (250, 256 << 20)
    assert counts(small) == (100 + bucket[0], (128 << 20) + bucket[1])
    assert counts(spec) == (250 + bucket[0], (512 << 20) + bucket[1])


def test_what_lacks_is_said_where_the_model_is_named(clone: Clone) -> None:
    with_model(clone)
    clone.edit(DEV, "  hub: {remote: docker-hub}\n", "")
    (problem, *others) = [each for each in clone.problems() if each.file == FRAUD]
    assert others == []
    assert problem.what.startswith("environment `dev` has no cache of docker-hub")
    assert problem.remedy == f"add `hub: {{remote: docker-hub}}` to registries in {DEV}"
    assert [each.file for each in clone.problems()].count(CHURN) == 1, "it has a model, too"
