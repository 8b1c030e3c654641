"""The few calls that localcloud itself makes to the API server: small, and without loading a client library."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FIELD_MANAGER = "localcloud"


class ApiError(Exception):
    """The API server cannot be reached, or answers with an error.

    Attributes:
        status: the HTTP status; 0 when there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Endpoint:
    """An HTTPS server on loopback, and by what it is trusted."""

    host: str
    port: int
    authority: Path | None
    """None: what the system trusts."""
    token: str = ""
    client: tuple[Path, Path] | None = None
    """Certificate and key, where the server asks for them."""

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, kind: str = "application/json"
    ) -> Any:
        """Make one call, and return what JSON the server answers (text when it is none).

        Raises:
            ApiError: no connection within 5 s, or a status from 400 on.
        """
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["Content-Type"] = kind
        connection = None
        try:
            # a certificate that is being replaced is an OSError, too
            context = ssl.create_default_context(cafile=str(self.authority) if self.authority else None)
            if self.client is not None:
                context.load_cert_chain(*map(str, self.client))
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=5, context=context)
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise ApiError(f"{self.host}:{self.port}{path}: {error}") from error
        finally:
            if connection is not None:
                connection.close()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiError(f"{method} {path}: {answer.status} {_message(text)}", answer.status)
        try:
            return json.loads(text)
        except ValueError:
            return text

    def answers(self, path: str) -> bool:
        """Say whether a path answers well."""
        try:
            self.call("GET", path)
        except ApiError:
            return False
        return True

    def apply(self, path: str, manifest: dict[str, Any]) -> None:
        """Apply an object, owning what it states (server-side apply).

        Raises:
            ApiError: the server refuses it.
        """
        target = f"{path}/{manifest['metadata']['name']}?fieldManager={FIELD_MANAGER}&force=true"
        self.call("PATCH", target, manifest, kind="application/apply-patch+yaml")


def _message(text: str) -> str:
    try:
        return str(json.loads(text).get("message", text))
    except (ValueError, AttributeError):
        return text.strip()
