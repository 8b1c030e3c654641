"""How a service is asked: through the API server's service proxy, or a process of this machine that answers for it.

Sources: Kubernetes documentation, "Access Services Running on Clusters" (`[SCHEME:]NAME[:PORT]/proxy/PATH`; the proxy
answers 503 with a Status of its own where a Service has no pod); docs/decisions/0017.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Final, Protocol

from slipway import units
from slipway.errors import FailedError

if TYPE_CHECKING:
    from slipway.desired import WantedService
    from slipway.live import Cluster
    from slipway.schema.smoke import Smoke

_MOST: Final = 1 << 20
"""Bytes of an answer that are read."""
_PORT_NAME: Final = "http"
"""Of the Services of infra/kubernetes/service.py."""


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer; `none` says why there was none."""

    status: int = 0
    body: bytes = b""
    none: str = ""


class Way(Protocol):
    """One way to a service."""

    def ask(self, service: WantedService, side: str, smoke: Smoke) -> Answer:
        """Ask the Service of a side (`canary`, `preview`; empty for that of all callers)."""
        ...


@dataclass(frozen=True)
class ByCluster:
    """Through the API server: whoever deploys reaches it, and the service needs no way in from outside."""

    cluster: Cluster

    def ask(self, service: WantedService, side: str, smoke: Smoke) -> Answer:
        """Ask a pod behind the Service of `side`, which the API server chooses."""
        name = f"{service.name}-{side}" if side else service.name
        path = f"/api/v1/namespaces/{service.team}/services/http:{name}:{_PORT_NAME}/proxy{smoke.path}"
        try:
            status, body = self.cluster.ask(smoke.verb, path, smoke.payload, units.seconds(smoke.timeout))
        except FailedError as error:
            return Answer(none=str(error))
        return Answer(status, body[:_MOST])


@dataclass(frozen=True)
class ByProcess:
    """A process of this machine, where pods are played: `answers` of an environment on stand-ins."""

    address: str

    def ask(self, service: WantedService, side: str, smoke: Smoke) -> Answer:
        """Ask it; it answers for the new release, whichever side is meant."""
        del service, side
        data = None if smoke.payload is None else json.dumps(smoke.payload).encode()
        headers = {"Accept": "application/json"} | ({} if data is None else {"Content-Type": "application/json"})
        request = urllib.request.Request(  # noqa: S310 - the schema has http:// and this machine only
            f"{self.address}{smoke.path}", data=data, headers=headers, method=smoke.verb
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=units.seconds(smoke.timeout)) as answer:
                return Answer(answer.status, answer.read(_MOST))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(_MOST))
        except (OSError, HTTPException) as error:
            return Answer(none=f"{self.address} does not answer ({getattr(error, 'reason', error)})")
