"""A cluster of the user's own in place of the embedded one."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

import yaml

from localcloud.controlplane.api import Endpoint
from localcloud.controlplane.layout import Layout, read_json, write_json, write_private
from slipway.errors import FailedError


def use_external(root: Path, kubeconfig_path: Path, context: str | None = None) -> None:
    """Use the cluster of a kubeconfig; from then on nothing is started or stopped under this root.

    Args:
        root: the root of the control plane that is not started.
        kubeconfig_path: the user's kubeconfig.
        context: one of its contexts; by default the current one.

    Raises:
        FailedError: the kubeconfig cannot be read, lacks the context, or reaches its cluster in a way that cannot
            be handed on (no TLS, TLS that is not checked, a path in the server's address, no credential).
    """
    path = kubeconfig_path.expanduser().absolute()
    document = _read(path)
    name = context or document.get("current-context") or ""
    chosen = _named(document, "contexts", name, "context", path)
    cluster = _named(document, "clusters", chosen.get("cluster", ""), "cluster", path)
    user = _named(document, "users", chosen.get("user", ""), "user", path)
    layout = Layout(root.absolute())
    layout.make()
    write_json(layout.credential, _credential(user, path))
    write_json(
        layout.cluster,
        {
            "kind": "external",
            "endpoint": _endpoint(cluster, path),
            "certificateAuthority": _data(cluster, "certificate-authority", path),
            "kubeconfig": str(path),
            "context": name,
            "credential": str(layout.credential),
        },
    )


def use_embedded(root: Path) -> None:
    """Go back from a cluster of the user's own to the embedded one, which the next start brings up."""
    layout = Layout(root.absolute())
    if is_external(layout):
        layout.cluster.unlink()
        layout.credential.unlink(missing_ok=True)


def is_external(layout: Layout) -> bool:
    """Say whether this root stands for a cluster of the user's own."""
    return read_json(layout.cluster).get("kind") == "external"


def kubeconfig(layout: Layout) -> Path:
    """Return the user's kubeconfig."""
    return Path(str(read_json(layout.cluster)["kubeconfig"]))


def endpoint(layout: Layout) -> Endpoint:
    """Return how to call the user's cluster.

    Raises:
        FailedError: its credential plugin fails.
    """
    cluster, credential = read_json(layout.cluster), read_json(layout.credential)
    host, _, port = str(cluster["endpoint"]).rpartition(":")
    authority = None
    if cluster["certificateAuthority"]:
        authority = layout.pki / "external-ca.crt"
        write_private(authority, base64.b64decode(cluster["certificateAuthority"]).decode())
    if "exec" in credential:
        credential = _run(credential["exec"])
    client = None
    if "clientCertificateData" in credential:
        client = (layout.pki / "external.crt", layout.pki / "external.key")
        write_private(client[0], credential["clientCertificateData"])
        write_private(client[1], credential["clientKeyData"])
    return Endpoint(host, int(port), authority, str(credential.get("token", "")), client)


def _run(plugin: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = subprocess.run(
            [plugin["command"], *plugin["args"]],
            env={**os.environ, **plugin["env"]},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return dict(json.loads(answer.stdout)["status"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise FailedError(f"{plugin['command']} gives no credential ({error}): log in, as kubectl would") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FailedError(f"{path}: no kubeconfig can be read there ({error})") from error
    if not isinstance(document, dict):
        raise FailedError(f"{path}: this is no kubeconfig; `kubectl config view` shows what one looks like")
    return document


def _named(document: dict[str, Any], kind: str, name: str, inner: str, path: Path) -> dict[str, Any]:
    known = {str(item.get("name")): item.get(inner) or {} for item in document.get(kind) or []}
    if name not in known:
        has = ", ".join(known) or "none"
        raise FailedError(f"{path}: there is no {inner} {name!r} among its {kind} ({has}); name one of them")
    return dict(known[name])


def _endpoint(cluster: dict[str, Any], path: Path) -> str:
    server = urllib.parse.urlsplit(str(cluster.get("server", "")))
    if server.scheme != "https" or not server.hostname:
        raise FailedError(f"{path}: the server {cluster.get('server')!r} is no https address; use one that is")
    if server.path.strip("/"):
        raise FailedError(f"{path}: the server's path {server.path!r} cannot be handed on; use a direct address")
    if cluster.get("insecure-skip-tls-verify") or cluster.get("tls-server-name") or cluster.get("proxy-url"):
        raise FailedError(
            f"{path}: insecure-skip-tls-verify, tls-server-name and proxy-url cannot be handed on; use a context "
            "without them"
        )
    return f"{server.hostname}:{server.port or 443}"


def _credential(user: dict[str, Any], path: Path) -> dict[str, Any]:
    if token_file := user.get("tokenFile"):
        return {"token": _beside(path, token_file).read_text(encoding="utf-8").strip()}
    if token := user.get("token"):
        return {"token": str(token)}
    certificate, key = _data(user, "client-certificate", path), _data(user, "client-key", path)
    if certificate and key:
        return {
            "clientCertificateData": base64.b64decode(certificate).decode(),
            "clientKeyData": base64.b64decode(key).decode(),
        }
    if plugin := user.get("exec"):
        return {
            "exec": {
                "command": plugin["command"],
                "args": plugin.get("args") or [],
                "env": {item["name"]: item["value"] for item in plugin.get("env") or []},
            }
        }
    raise FailedError(f"{path}: the user has no token, no client certificate and no exec plugin; use one that does")


def _data(table: dict[str, Any], key: str, path: Path) -> str:
    """Return the base64 data of an entry that may stand in the kubeconfig or in a file beside it."""
    if inline := table.get(f"{key}-data"):
        return str(inline)
    if file := table.get(key):
        try:
            return base64.b64encode(_beside(path, file).read_bytes()).decode()
        except OSError as error:
            raise FailedError(f"{path}: {key} {file} cannot be read ({error.strerror})") from error
    return ""


def _beside(path: Path, file: str) -> Path:
    return path.parent / file
