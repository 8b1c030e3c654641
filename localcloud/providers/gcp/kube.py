"""The few calls to the local API server that nodes need, without loading a client library."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from localcloud.folders import start_command
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.gcp.localcluster import LocalCluster

_TIMEOUT: Final = 30
_ERRORS_FROM: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
TOO_MANY: Final = 429


class KubeError(ProviderError):
    """The API server's refusal; `status` is 0 when it cannot be reached."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Kube:
    """The API server at host:port. Each thread has a connection of its own, kept open."""

    host: str
    port: int
    context: ssl.SSLContext
    token: str
    _local: threading.local = field(default_factory=threading.local)

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """The answer's JSON. Raises KubeError for a refusal and, after one attempt more, for no answer."""
        payload = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": "application/json"}
        for attempt in (1, 2):
            connection = self._connection()
            try:
                connection.request(method, path, payload, headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if attempt == 2:  # noqa: PLR2004 - a kept connection may have been closed by the other side
                    words = f"the local API server {self.host}:{self.port} does not answer ({error})"
                    raise KubeError(
                        0, f"{words}; run `slipway cluster start`, with -e for an environment --offline"
                    ) from error
                continue
            if answer.status >= _ERRORS_FROM:
                raise KubeError(answer.status, _message(text) or f"{method} {path}: {answer.status}")
            return json.loads(text) if text else None
        return None

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=_TIMEOUT, context=self.context
            )
        return self._local.connection


def connect(cluster: LocalCluster) -> Kube:
    """A client by the cluster's kubeconfig (token or client certificate). Raises ProviderError when it has neither."""
    document = _kubeconfig(cluster)
    authority = base64.b64decode(cluster.certificate_authority).decode()
    context = ssl.create_default_context(cadata=authority or None)
    host, _, port = cluster.endpoint.rpartition(":")
    token = document.get("token")
    if not token:
        raise ProviderError(f"{cluster.kubeconfig}: its user has no token")
    return Kube(host.strip("[]"), int(port), context, token)


def _kubeconfig(cluster: LocalCluster) -> dict[str, Any]:
    try:
        text = cluster.kubeconfig.read_text(encoding="utf-8")
    except OSError as error:
        raise ProviderError(
            f"{cluster.kubeconfig}: {error.strerror}; run `{start_command(cluster.kubeconfig.parent)}`"
        ) from error
    try:
        document = json.loads(text)  # the control plane writes JSON, which is YAML, too
    except ValueError:
        import yaml  # noqa: PLC0415 - only for a kubeconfig of another's making

        document = yaml.safe_load(text)
    contexts = {item["name"]: item["context"] for item in document.get("contexts") or []}
    users = {item["name"]: item["user"] for item in document.get("users") or []}
    current = contexts.get(document.get("current-context")) or next(iter(contexts.values()), {})
    return users.get(current.get("user")) or {}


def _message(text: bytes) -> str:
    try:
        return str(json.loads(text).get("message") or "")
    except (ValueError, AttributeError):
        return text.decode(errors="replace").strip()
