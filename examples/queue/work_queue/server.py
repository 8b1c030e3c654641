"""The queue's HTTP server: POST /items, POST /lease, POST /done, GET /counts, GET /results, GET /healthz."""

import json
import logging
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from work_queue.store import Store

LONGEST = 16 * 2**20
"""Bytes of one request."""


LOG = logging.getLogger("work_queue.server")


def act(store: Store, lease_seconds: float, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What a request changes. Raises KeyError, TypeError or ValueError for one that is wrong."""
    if path == "/items":
        store.add(body["items"])
        return {}
    if path == "/lease":
        token, items = store.lease(str(body["holder"]), lease_seconds, int(body["count"]))
        return {"token": token, "items": items, **store.counts()}
    if path == "/done":
        return {"kept": store.done(str(body["token"]), body["results"])}
    raise KeyError(path)


def handler(store: Store, lease_seconds: float) -> type[BaseHTTPRequestHandler]:
    """The handler of one store's requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reads = {"/counts": store.counts, "/results": store.results, "/healthz": dict}
            read = reads.get(self.path)
            self._answer(200, read()) if read else self._answer(404, {"problem": f"no {self.path} here"})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LONGEST:
                self.close_connection = True
                self._answer(413, {"problem": f"more than {LONGEST} bytes"})
                return
            try:
                self._answer(200, act(store, lease_seconds, self.path, json.loads(self.rfile.read(length))))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self._answer(400, {"problem": repr(error)})

        def _answer(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def main() -> int:
    """Serve until SIGTERM. QUEUE_FILE, HOST, PORT, LEASE_SECONDS, MOST_ATTEMPTS are read from the environment."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    say = os.environ.get
    store = Store(Path(say("QUEUE_FILE", "queue.db")), int(say("MOST_ATTEMPTS", "5")))
    lease = float(say("LEASE_SECONDS", "30"))
    with ThreadingHTTPServer((say("HOST", "127.0.0.1"), int(say("PORT", "8090"))), handler(store, lease)) as server:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        LOG.info("listening on http://%s:%s", *server.server_address[:2])
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
