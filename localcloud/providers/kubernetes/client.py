"""Talking to an API server: JSON over HTTPS, and its refusals as exceptions."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from localcloud.providers.kubernetes.credentials import Credentials
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.providers.kubernetes.kubeconfig import Access

#: the API server derives a field manager's name from what stands before the slash
USER_AGENT = "pulumi-kubernetes/v4.34.2 (slipway stand-in)"
JSON = "application/json"
APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 60.0
_THROTTLED_TRIES = 10
_OK = 300
_UNAUTHORIZED = 401
_TOO_MANY = 429


class ApiError(ProviderError):
    """A refusal of the API server in its own words (a `Status` object)."""

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        super().__init__(str(status.get("message") or f"the server answered {code}"))
        self.code = code
        self.reason = str(status.get("reason") or "")
        details = status.get("details") or {}
        self.details: dict[str, Any] = details
        self.causes: list[dict[str, Any]] = list(details.get("causes") or [])

    @property
    def not_found(self) -> bool:
        """The object, its namespace or its kind does not exist."""
        return self.code == 404  # noqa: PLR2004 - HTTP's own

    @property
    def already_exists(self) -> bool:
        """An object of this name is there already."""
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        """Another field manager owns a field, or the object changed meanwhile."""
        return self.reason == "Conflict"

    @property
    def forbidden(self) -> bool:
        """RBAC or an admission plugin says no."""
        return self.reason == "Forbidden"

    @property
    def invalid(self) -> bool:
        """Validation failed."""
        return self.reason == "Invalid"

    @property
    def no_namespace(self) -> bool:
        """What is missing is the namespace, not the object."""
        return self.not_found and self.details.get("kind") == "namespaces"


class UnreachableError(ProviderError):
    """No answer from the API server."""


class ApiClient:
    """One connection pool to one API server; safe for many threads."""

    def __init__(self, access: Access, timeout: float | None = None) -> None:
        import urllib3  # noqa: PLC0415 - a preview without a cluster never pays for it

        self._errors, self._headers = urllib3.exceptions, urllib3.HTTPHeaderDict
        self.server = str(access.cluster.get("server") or "").rstrip("/")
        if not self.server:
            raise ProviderError("kubeconfig: the cluster has no server")
        if "://" not in self.server:
            self.server = f"https://{self.server}"
        self._credentials = Credentials(access.user, access.cluster)
        limits = urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=timeout or _READ_TIMEOUT)
        options: dict[str, Any] = {"maxsize": 32, "timeout": limits, "retries": False}
        if self.server.startswith("https://"):
            options["ssl_context"] = self._credentials.tls()
            if access.cluster.get("insecure-skip-tls-verify"):
                urllib3.disable_warnings()
                options["cert_reqs"] = "CERT_NONE"
            if access.cluster.get("tls-server-name"):
                options["server_hostname"] = options["assert_hostname"] = access.cluster["tls-server-name"]
        proxy = access.cluster.get("proxy-url")
        self._pool = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
        cancelled: threading.Event | None = None,
    ) -> dict[str, Any]:
        """One call. Raises ApiError for a refusal and UnreachableError when nobody answers."""
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        payload = None if body is None else json.dumps(body).encode()
        answer = self._send(method, url, payload, content_type)
        if answer.status == _UNAUTHORIZED and self._credentials.renewable:
            self._credentials.renew()
            answer = self._send(method, url, payload, content_type)
        tries = 1
        while answer.status == _TOO_MANY and tries < _THROTTLED_TRIES:
            if (cancelled or threading.Event()).wait(float(answer.headers.get("Retry-After") or 1)):
                break
            answer = self._send(method, url, payload, content_type)
            tries += 1
        return self._decode(answer)

    def _send(self, method: str, url: str, payload: bytes | None, content_type: str) -> Any:
        headers = self._headers({"Accept": JSON, "User-Agent": USER_AGENT} | self._credentials.headers())
        for header, value in self._credentials.impersonation():
            headers.add(header, value)
        if payload is not None:
            headers["Content-Type"] = content_type
        for last in (False, True):
            try:
                return self._pool.request(method, url, body=payload, headers=headers)
            except self._errors.ProtocolError as error:
                # a kept-alive connection that the server closed meanwhile; a read may simply be sent again
                if last or method != "GET":
                    raise UnreachableError(f"the API server at {self.server} broke the connection: {error}") from None
                time.sleep(0.1)
            except self._errors.HTTPError as error:
                cause = getattr(error, "reason", None) or error
                raise UnreachableError(f"the API server at {self.server} cannot be reached: {cause}") from None
        raise AssertionError

    def _decode(self, answer: Any) -> dict[str, Any]:
        try:
            content = json.loads(answer.data) if answer.data else {}
        except ValueError:
            content = {"message": answer.data.decode(errors="replace").strip()[:500]}
        if not isinstance(content, dict):
            content = {"message": str(content)[:500]}
        if answer.status >= _OK:
            raise ApiError(answer.status, content)
        return content
