"""The provider's configuration: which cluster, how to get in, and when a change means another cluster."""

from __future__ import annotations

import json
import ssl
import sys
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.kubernetes import config, kubeconfig
from localcloud.providers.kubernetes.credentials import Credentials
from localcloud.providers.kubernetes.provider import Kubernetes
from localcloud.providers.model import ProviderError, Request
from localcloud.providers.values import UNKNOWN, Secret

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "s3cr3t-token"


def kube(server: str = "https://a", *, current: str = "one", token: str = TOKEN) -> str:
    return json.dumps(
        {
            "clusters": [
                {"name": "c1", "cluster": {"server": server}},
                {"name": "c2", "cluster": {"server": "https://b"}},
            ],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [
                {"name": "one", "context": {"cluster": "c1", "user": "u", "namespace": "team"}},
                {"name": "two", "context": {"cluster": "c2", "user": "u"}},
            ],
            "current-context": current,
        }
    )


def test_contents_path_and_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(kube())
    for given in (kube(), str(file)):
        access = config.access({"kubeconfig": given}, "")
        assert access.cluster["server"] == "https://a"
        assert access.namespace == "team"
    other = tmp_path / "other"
    other.write_text(json.dumps({"clusters": [{"name": "c1", "cluster": {"server": "https://z"}}]}))
    monkeypatch.setenv("KUBECONFIG", f"{file}:{other}")
    assert config.access({}, "").cluster["server"] == "https://a"  # the first file wins
    assert config.access({"context": "two"}, "mine").cluster["server"] == "https://b"
    assert config.access({"context": "two"}, "").namespace == "default"
    assert config.access({"cluster": "c2"}, "").cluster["server"] == "https://b"
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(ProviderError, match="no configuration has been provided"):
        config.access({}, "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kubeconfig": "/no/such/file"}, "neither the path of a file"),
        ({"kubeconfig": "a: [\n"}, "no valid YAML in line 2"),
        ({"kubeconfig": kube(), "context": "three"}, "context 'three' does not exist"),
        ({"kubeconfig": kube(), "cluster": "c3"}, "cluster 'c3' does not exist"),
        ({"kubeconfig": '{"clusters": {"a": 1}, "contexts": []}'}, "clusters has to be a list"),
    ],
)
def test_a_bad_kubeconfig_is_no_error_until_the_cluster_is_needed(settings: dict[str, Any], words: str) -> None:
    provider = Kubernetes()
    provider.configure(settings)
    request = Request("urn:pulumi:t::t::kubernetes:core/v1:ConfigMap::x", preview=True)
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    checked, _ = provider.check(request, {}, obj, b"")
    assert provider.create(request, checked).outputs == checked  # a preview shows the inputs
    with pytest.raises(ProviderError, match=words) as error:
        provider.create(Request(request.urn), checked)
    assert TOKEN not in str(error.value)


def test_settings_and_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config.settings({}).server_side
    assert not config.settings({"enableServerSideApply": "false"}).server_side
    assert config.settings({"upsertExistingObjects": True}).upsert
    monkeypatch.setenv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true")
    monkeypatch.setenv("PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", "false")
    assert config.settings({}).mutable_config_maps
    assert not config.settings({"enableConfigMapMutable": "false"}).mutable_config_maps
    assert not config.settings({}).server_side
    assert config.settings({"enableServerSideApply": "true"}).server_side
    monkeypatch.setenv("PULUMI_K8S_CLIENT_TIMEOUT", "soon")
    with pytest.raises(ProviderError, match="PULUMI_K8S_CLIENT_TIMEOUT"):
        config.settings({})


def test_check_config_refuses_what_is_not_offered() -> None:
    provider = Kubernetes()
    (failure,) = provider.check_config({"renderYamlToDirectory": "/srv"})
    assert "not offered by this stand-in" in failure.reason
    assert [f.property for f in provider.check_config({"strictMode": "true"})] == ["kubeconfig", "context"]
    assert provider.check_config({"kubeconfig": kube(), "whatever": "passes, as with the plugin"}) == []


CASES = [
    # olds, news, replace keys, changed keys
    ({"kubeconfig": kube()}, {"kubeconfig": kube()}, [], []),
    ({"kubeconfig": kube()}, {"kubeconfig": Secret(kube())}, [], []),
    ({"kubeconfig": kube()}, {"kubeconfig": kube(token="another")}, [], ["kubeconfig"]),
    ({"kubeconfig": kube()}, {"kubeconfig": kube("https://z")}, ["kubeconfig"], ["kubeconfig"]),
    ({"kubeconfig": kube()}, {"kubeconfig": kube(current="two")}, ["kubeconfig"], ["kubeconfig"]),
    ({"kubeconfig": kube()}, {"kubeconfig": kube(), "context": "two"}, ["context"], ["context"]),
    ({"kubeconfig": kube()}, {"kubeconfig": UNKNOWN}, ["kubeconfig"], ["kubeconfig"]),
    ({"kubeconfig": kube()}, {"kubeconfig": kube(), "namespace": "n"}, [], ["namespace"]),
    (
        {"kubeconfig": kube(), "clusterIdentifier": "i"},
        {"kubeconfig": kube("https://z"), "clusterIdentifier": "i"},
        [],
        ["kubeconfig"],
    ),
    (
        {"kubeconfig": kube(), "clusterIdentifier": "i"},
        {"kubeconfig": UNKNOWN, "clusterIdentifier": "i"},
        [],
        ["kubeconfig"],
    ),
    (
        {"kubeconfig": kube(), "clusterIdentifier": "i"},
        {"kubeconfig": kube(), "clusterIdentifier": "j"},
        ["clusterIdentifier"],
        ["clusterIdentifier"],
    ),
    ({"kubeconfig": kube()}, {"kubeconfig": kube(), "clusterIdentifier": "i"}, [], ["clusterIdentifier"]),
    ({"kubeconfig": kube(), "clusterIdentifier": "i"}, {"kubeconfig": kube()}, [], ["clusterIdentifier"]),
]


@pytest.mark.parametrize(("olds", "news", "replaces", "changed"), CASES, ids=range(len(CASES)))
def test_when_a_change_means_another_cluster(
    olds: dict[str, Any], news: dict[str, Any], replaces: list[str], changed: list[str]
) -> None:
    answer = Kubernetes().diff_config(olds, news)
    assert list(answer.replaces or []) == replaces
    assert list(answer.diffs) == changed


def exec_user(tmp_path: Path, script: str) -> dict[str, Any]:
    plugin = tmp_path / "plugin.py"
    plugin.write_text(script)
    env = [{"name": "GIVEN", "value": "yes"}]
    version = "client.authentication.k8s.io/v1beta1"
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": [str(plugin)], "env": env}}


def test_an_exec_plugin_issues_the_token_and_is_asked_again_only_when_needed(tmp_path: Path) -> None:
    script = f"""
import json, os, pathlib
assert os.environ["GIVEN"] == "yes" and json.loads(os.environ["KUBERNETES_EXEC_INFO"])["kind"] == "ExecCredential"
count = pathlib.Path({str(tmp_path / "count")!r})
count.write_text(str(int(count.read_text()) + 1) if count.exists() else "1")
print(json.dumps({{"status": {{"token": "t" + count.read_text(), "expirationTimestamp": "2999-01-01T00:00:00Z"}}}}))
"""
    credentials = Credentials(exec_user(tmp_path, script), {})
    assert credentials.headers() == credentials.headers() == {"Authorization": "Bearer t1"}
    credentials.renew()
    assert credentials.headers() == {"Authorization": "Bearer t2"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("raise SystemExit('denied')", "failed with exit code 1"),
        ("print('nonsense')", "printed no ExecCredential"),
    ],
)
def test_an_exec_plugin_that_fails_is_named(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        Credentials(exec_user(tmp_path, script), {}).headers()
    with pytest.raises(ProviderError, match="is not installed; get it"):
        Credentials({"exec": {"command": "no-such-plugin", "installHint": "get it"}}, {}).headers()


def test_other_credentials(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("from-file\n")
    assert Credentials({"tokenFile": str(token)}, {}).headers() == {"Authorization": "Bearer from-file"}
    assert Credentials({"username": "u", "password": "p"}, {}).headers() == {"Authorization": "Basic dTpw"}
    assert Credentials({}, {}).headers() == {}
    groups = Credentials({"as": "u", "as-groups": ["a", "b"]}, {}).impersonation()
    assert groups == [("Impersonate-User", "u"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")]
    insecure = Credentials({}, {"insecure-skip-tls-verify": True}).tls()
    assert insecure.verify_mode is ssl.CERT_NONE
    with pytest.raises(kubeconfig.KubeconfigError, match="no longer supported"):
        Credentials({"auth-provider": {"name": "gcp"}}, {})
    with pytest.raises(kubeconfig.KubeconfigError, match="certificate authority cannot be loaded"):
        Credentials({}, {"certificate-authority": str(tmp_path / "none")}).tls()


NOWHERE = json.dumps(
    {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c"}}],
        "current-context": "c",
    }
)
REQUEST = Request("urn:pulumi:t::t::kubernetes:core/v1:ConfigMap::x", "n/x")


def test_an_unreachable_cluster_is_an_error_for_each_call_that_needs_it() -> None:
    provider = Kubernetes()
    provider.configure({"kubeconfig": NOWHERE})
    with pytest.raises(ProviderError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        provider.read(REQUEST, {}, {})
    with pytest.raises(ProviderError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        provider.delete(REQUEST, {}, {})
    with pytest.raises(ProviderError, match=r"unreachable.*127\.0\.0\.1:9"):
        provider.update(REQUEST, {}, {"metadata": {"name": "x"}}, {"apiVersion": "v1", "kind": "ConfigMap"}, ())


def test_an_unreachable_cluster_can_be_skipped_or_forgotten() -> None:
    skipping = Kubernetes()
    skipping.configure({"kubeconfig": NOWHERE, "skipUpdateUnreachable": "true"})
    olds, news = {"data": {"a": "1"}}, {"data": {"a": "2"}}
    assert skipping.check(REQUEST, olds, news, b"") == (olds, [])
    found = skipping.read(REQUEST, olds, news)
    assert found is not None
    assert (found.inputs, found.outputs) == (olds, news)
    forgetting = Kubernetes()
    warned: list[str] = []
    forgetting.warn = lambda _urn, text: warned.append(text)
    forgetting.configure({"kubeconfig": NOWHERE, "deleteUnreachable": "true"})
    assert forgetting.read(REQUEST, {}, {}) is None
    forgetting.delete(REQUEST, {}, {})
    assert "Deleting the unreachable resource from Pulumi state" in "".join(warned)
