"""How a request proves who sends it: tokens, basic authentication, client certificates, exec plugins.

Source: Kubernetes documentation, "Authenticating", section "client-go credential plugins"
(`client.authentication.k8s.io`), which GKE's gke-gcloud-auth-plugin and `aws eks get-token` implement.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from localcloud.providers.kubernetes.kubeconfig import KubeconfigError
from localcloud.providers.model import ProviderError

_EXEC_TIMEOUT = 60
_EARLY = dt.timedelta(seconds=30)


class Credentials:
    """The credentials of one kubeconfig user for one cluster; an exec plugin runs when they are first needed."""

    def __init__(self, user: dict[str, Any], cluster: dict[str, Any]) -> None:
        if user.get("auth-provider"):
            kind = user["auth-provider"].get("name", "")
            raise KubeconfigError(
                f"kubeconfig: auth-provider {kind!r} is no longer supported by Kubernetes; use an exec plugin"
            )
        self._user, self._cluster = user, cluster
        self._lock = threading.Lock()
        self._issued: dict[str, Any] | None = None
        self._expires: dt.datetime | None = None

    @property
    def renewable(self) -> bool:
        """Whether a refused credential can be asked for again."""
        return bool(self._user.get("exec"))

    def headers(self) -> dict[str, str]:
        """The Authorization header, if this user has one."""
        token = self._token()
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self._user.get("username"):
            pair = f"{self._user['username']}:{self._user.get('password', '')}"
            return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return {}

    def impersonation(self) -> list[tuple[str, str]]:
        """The headers of `as`, `as-uid` and `as-groups`; the last may come several times."""
        one = [("Impersonate-User", "as"), ("Impersonate-Uid", "as-uid")]
        pairs = [(header, str(self._user[key])) for header, key in one if self._user.get(key)]
        return pairs + [("Impersonate-Group", str(group)) for group in self._user.get("as-groups") or []]

    def renew(self) -> None:
        """Forget what an exec plugin issued."""
        with self._lock:
            self._issued = None

    def _token(self) -> str:
        if self._user.get("exec"):
            return str(self._exec().get("token") or "")
        if self._user.get("token"):
            return str(self._user["token"])
        if self._user.get("tokenFile"):
            try:
                return Path(self._user["tokenFile"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ProviderError(f"kubeconfig: tokenFile cannot be read: {error.strerror}") from None
        return ""

    def tls(self) -> ssl.SSLContext:
        """The TLS side: whom to trust and the client certificate."""
        context = ssl.create_default_context()
        authority = self._cluster.get("certificate-authority-data")
        try:
            if authority:
                context = ssl.create_default_context(cadata=base64.b64decode(authority).decode())
            elif self._cluster.get("certificate-authority"):
                context = ssl.create_default_context(cafile=self._cluster["certificate-authority"])
            context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # Go checks less of a private authority
        except (OSError, ValueError) as error:
            raise KubeconfigError(f"kubeconfig: the certificate authority cannot be loaded: {error}") from None
        if self._cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._present(context)
        return context

    def _present(self, context: ssl.SSLContext) -> None:
        user = self._user
        certificate, key = _material(user, "client-certificate"), _material(user, "client-key")
        if user.get("exec") and not certificate:
            issued = self._exec()
            certificate = str(issued.get("clientCertificateData") or "").encode()
            key = str(issued.get("clientKeyData") or "").encode()
        if not certificate:
            return
        # load_cert_chain reads files only; the key lives on disk for this moment, for this user alone
        with tempfile.TemporaryDirectory(prefix="slipway-k8s-") as folder:
            pair = Path(folder) / "pair.pem"
            pair.touch(mode=0o600)
            pair.write_bytes(certificate + b"\n" + key)
            try:
                context.load_cert_chain(pair)
            except (OSError, ValueError):
                raise KubeconfigError("kubeconfig: the client certificate and key cannot be loaded") from None

    def _exec(self) -> dict[str, Any]:
        with self._lock:
            fresh = self._expires is None or dt.datetime.now(dt.UTC) + _EARLY < self._expires
            if self._issued is None or not fresh:
                self._issued = _run(self._user["exec"], self._cluster)
                until = self._issued.get("expirationTimestamp")
                self._expires = dt.datetime.fromisoformat(until) if until else None
            return self._issued


def _material(user: dict[str, Any], key: str) -> bytes:
    if user.get(f"{key}-data"):
        return base64.b64decode(user[f"{key}-data"])
    if user.get(key):
        try:
            return Path(user[key]).read_bytes()
        except OSError as error:
            raise KubeconfigError(f"kubeconfig: {key} {user[key]}: {error.strerror}") from None
    return b""


def _run(plugin: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
    """Run an exec plugin and return the `status` of its ExecCredential. What it prints is never repeated."""
    command = str(plugin.get("command") or "")
    version = str(plugin.get("apiVersion") or "client.authentication.k8s.io/v1")
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = {k: v for k, v in cluster.items() if k in {"server", "certificate-authority-data"}}
    info = json.dumps({"apiVersion": version, "kind": "ExecCredential", "spec": spec})
    extra = {str(item["name"]): str(item["value"]) for item in plugin.get("env") or []}
    arguments = [command, *(str(argument) for argument in plugin.get("args") or [])]
    try:
        done = subprocess.run(
            arguments,
            env=os.environ | extra | {"KUBERNETES_EXEC_INFO": info},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_EXEC_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        hint = plugin.get("installHint")
        raise ProviderError(
            f"kubeconfig: exec plugin {command!r} is not installed{f'; {hint}' if hint else ''}"
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProviderError(f"kubeconfig: exec plugin {command!r} did not run: {type(error).__name__}") from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ProviderError(f"kubeconfig: exec plugin {command!r} failed with exit code {done.returncode}: {last}")
    try:
        return dict(json.loads(done.stdout)["status"])
    except (ValueError, KeyError, TypeError):
        raise ProviderError(f"kubeconfig: exec plugin {command!r} printed no ExecCredential with a status") from None
