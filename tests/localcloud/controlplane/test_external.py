"""A cluster of the user's own in place of the embedded one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from localcloud.controlplane import ControlPlane, use_embedded, use_external
from localcloud.controlplane.layout import Layout, read_json
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable

PLUGIN = Path(__file__).resolve().parents[3] / "localcloud" / "bin" / "gke-gcloud-auth-plugin"


def config(**changes: Any) -> dict[str, Any]:
    cluster = {"server": "https://192.0.2.7:6443", "certificate-authority-data": "YQ=="}
    return {
        "current-context": "mine",
        "contexts": [{"name": "mine", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {**cluster, **changes.get("cluster", {})}}],
        "users": [{"name": "u", "user": changes.get("user", {"token": "t"})}],
    }


@pytest.fixture
def given(tmp_path: Path) -> Callable[..., Path]:
    def write(**changes: Any) -> Path:
        path = tmp_path / "config"
        path.write_text(yaml.safe_dump(config(**changes)))
        return path

    return write


def test_it_is_recorded_and_nothing_is_started(tmp_path: Path, given: Callable[..., Path]) -> None:
    root = tmp_path / "local"
    use_external(root, given())
    cluster = read_json(root / "cluster.json")
    assert cluster["kind"] == "external"
    assert cluster["endpoint"] == "192.0.2.7:6443"
    assert cluster["certificateAuthority"] == "YQ=="
    plane = ControlPlane(root)
    plane.start()
    assert plane.status() == []
    assert plane.kubeconfig() == tmp_path / "config"
    assert not plane.start_rollouts()
    assert not Layout(root).state.exists()
    use_embedded(root)
    assert not plane.is_external


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"token": "t"}, {"token": "t"}),
        (
            {"client-certificate-data": "Yw==", "client-key-data": "aw=="},
            {"clientCertificateData": "c", "clientKeyData": "k"},
        ),
        (
            {
                "exec": {
                    "command": "sh",
                    "args": ["-c", 'echo "{\\"status\\":{\\"token\\":\\"$T\\"}}"'],
                    "env": [{"name": "T", "value": "x"}],
                }
            },
            None,
        ),
    ],
)
def test_the_plugin_hands_its_credential_on(
    tmp_path: Path, given: Callable[..., Path], user: dict[str, Any], expected: dict[str, str] | None
) -> None:
    use_external(tmp_path / "local", given(user=user))
    answer = subprocess.run(
        [PLUGIN],
        env={"SLIPWAY_LOCAL_DIR": str(tmp_path / "local"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout)["status"] == (expected or {"token": "x"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cluster": {"server": "http://192.0.2.7"}}, "no https address"),
        ({"cluster": {"server": "https://192.0.2.7/k8s/clusters/1"}}, "path"),
        ({"cluster": {"insecure-skip-tls-verify": True}}, "insecure-skip-tls-verify"),
        ({"user": {}}, "no token"),
        ({"user": {"client-certificate": "gone.crt"}}, r"gone\.crt cannot be read"),
    ],
)
def test_what_cannot_be_handed_on_is_refused(
    tmp_path: Path, given: Callable[..., Path], changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(FailedError, match=told):
        use_external(tmp_path / "local", given(**changes))
    assert not (tmp_path / "local" / "cluster.json").exists()


def test_a_wrong_context_and_a_wrong_file_are_named(tmp_path: Path, given: Callable[..., Path]) -> None:
    with pytest.raises(FailedError, match=r"no context 'other' among its contexts \(mine\)"):
        use_external(tmp_path / "local", given(), "other")
    with pytest.raises(FailedError, match="no kubeconfig can be read"):
        use_external(tmp_path / "local", tmp_path / "nowhere")


def test_there_is_no_kubeconfig_before_the_first_start(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="slipway cluster start"):
        ControlPlane(tmp_path / "local").kubeconfig()
