"""A stand-in for TensorFlow Serving, as a plain process: `python -m ranking_serving.plain`.

It is NOT TensorFlow Serving. It answers a part of its REST API, from the same SavedModel and the same settings, for
machines without the server's binary (laptops, tests). No gRPC, no batching, no reload. Production runs the image.
"""

import json
import logging
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ranking_serving.digest import DigestError, check
from ranking_serving.errors import RestError
from ranking_serving.rest import METRICS_PATH, RestApi
from ranking_serving.servables import Servables
from ranking_serving.serving_config import ServingConfig, SettingsError

log = logging.getLogger("ranking")
MAXIMUM_BODY = 10_000_000  # bytes


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the API, writes the answer. HTTP/1.0: no idle connection delays the end."""

    server_version = "slipway-ranking-stand-in"
    timeout = 30  # seconds for a client that stops in the middle of its request
    api: RestApi

    def do_GET(self) -> None:
        """Answer a GET."""
        if self.path == METRICS_PATH:
            self._write(200, self.api.metrics.text().encode(), "text/plain; version=0.0.4")
            return
        self._answer(b"")

    def do_POST(self) -> None:
        """Answer a POST."""
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal():
            self._write_json(411, {"error": "Content-Length is missing"})
        elif int(length[:20]) > MAXIMUM_BODY:
            self._write_json(413, {"error": f"the body is larger than {MAXIMUM_BODY} bytes"})
        else:
            self._answer(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
        """Keep quiet: probes would fill the log."""

    def _answer(self, body: bytes) -> None:
        try:
            self._write_json(200, self.api.respond(self.command, self.path.partition("?")[0], body))
        except RestError as error:
            self._write_json(error.status, {"error": error.message})
        except Exception:
            log.exception("%s %s", self.command, self.path)
            self._write_json(500, {"error": "internal error; the server's log has it"})

    def _write_json(self, status: int, document: dict[str, Any]) -> None:
        self._write(status, json.dumps(document, indent=1).encode(), "application/json")

    def _write(self, status: int, data: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """Waits for its requests when it is closed."""

    daemon_threads = False


def main() -> int:
    """Load the versions, serve until SIGTERM, and return the exit code.

    Returns:
        0 after a graceful end; 1 when it refused to start.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        config = ServingConfig.read(os.environ)
        wanted = os.environ.get("MODEL_DIGEST")
        if wanted:
            check(Path(config.base_path) / str(config.labels["stable"]), wanted)
        api = RestApi(Servables(config))
        address = (os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("REST_PORT") or "8501"))
        server = Server(address, type("BoundHandler", (Handler,), {"api": api}))
    except (SettingsError, DigestError, OSError, ValueError, OverflowError) as error:
        log.error("%s", error)  # noqa: TRY400 -- for the operator the sentence is all; a traceback hides it
        return 1

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever(), which this very thread runs
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("stand-in for TensorFlow Serving; model %s labels %s", config.name, config.labels)
    log.info("listening on http://%s:%d", *server.server_address[:2])
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
