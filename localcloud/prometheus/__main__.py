"""Runs the stand-in: `python -m localcloud.prometheus --kubeconfig FILE --port PORT`. It keeps nothing."""

from __future__ import annotations

import argparse
import json
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from localcloud.gateway.__main__ import connect, say
from localcloud.prometheus.answers import Asked, UnknownQueryError, answer
from localcloud.providers.gcp.kube import Kube, KubeError

if TYPE_CHECKING:
    from collections.abc import Sequence

_QUERY: Final = "/api/v1/query"
_LARGEST: Final = 100_000


class Server(ThreadingHTTPServer):
    """Answers on loopback, from what the API server says of pods."""

    daemon_threads = True

    def __init__(self, port: int, kube: Kube) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.kube = kube

    def pods(self, asked: Asked) -> list[dict[str, Any]]:
        """The running pods of a release. Raises KubeError."""
        selector = quote(f"app.kubernetes.io/name={asked.service},rollouts-pod-template-hash={asked.hash}")
        found = self.kube.call("GET", f"/api/v1/namespaces/{asked.namespace}/pods?labelSelector={selector}")["items"]
        return [pod for pod in found if (pod.get("status") or {}).get("phase") == "Running"]


class Handler(BaseHTTPRequestHandler):
    """Instant queries by GET and POST; everything else is refused."""

    server: Server  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """A query in the address."""
        address = urlsplit(self.path)
        self._answer(address.path, address.query)

    def do_POST(self) -> None:
        """A query as a form, which Prometheus' own client prefers."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _error("bad_data", "the query is too long"))
            return
        self._answer(urlsplit(self.path).path, self.rfile.read(length).decode())

    def _answer(self, path: str, form: str) -> None:
        if path == "/-/ready":
            self._send(HTTPStatus.OK, {"status": "success"})
            return
        if path != _QUERY:
            self._send(HTTPStatus.NOT_FOUND, _error("bad_data", f"this stand-in answers {_QUERY} only"))
            return
        query = parse_qs(form).get("query", [""])[0]
        try:
            self._send(HTTPStatus.OK, answer(query, self.server.pods, time.time()))
        except UnknownQueryError as error:
            self._send(HTTPStatus.UNPROCESSABLE_ENTITY, _error("execution", str(error)))
        except KubeError as error:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, _error("unavailable", str(error)))

    def _send(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        """Write to the log as the other parts do."""
        say(format % args)


def _error(kind: str, words: str) -> dict[str, Any]:
    return {"status": "error", "errorType": kind, "error": words}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.prometheus", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(arguments)
    Server(given.port, connect(given.kubeconfig)).serve_forever()


if __name__ == "__main__":
    main()
