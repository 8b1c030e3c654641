"""A worker: leases items, works, reports, and ends when the queue is drained.

It ends with 0 only when no item is left **and none is leased to another worker**: the first pod of a Kubernetes Job
that succeeds keeps the Job from making new pods, so whoever is left must be able to take what a killed one held.
"""

import http.client
import json
import logging
import math
import os
import socket
import sys
import time
from typing import Any
from urllib.parse import urlsplit

LOG = logging.getLogger("work_queue.worker")
DEAD = 3
"""Exit code when items are left that nobody may lease again: `fatal: [3]` of the job, for no retry helps."""
WEIGHTS = (0.8, -0.5, 0.3)


def work(payload: list[float]) -> float:
    """The score of one item. The same item has the same score, so doing it twice does no harm."""
    return 1 / (1 + math.exp(-sum(weight * value for weight, value in zip(WEIGHTS, payload, strict=True))))


class Queue:
    """The queue over HTTP. A server that is away is asked again, for at most `patience` seconds."""

    def __init__(self, url: str, patience: float) -> None:
        """Take the server's address, such as http://queue:8090."""
        self._host, self._patience = urlsplit(url).netloc, patience

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask. Raises OSError or HTTPException when the server stays away, ValueError when it refuses."""
        end = time.monotonic() + self._patience
        while True:
            status, text = self._once(path, json.dumps(body), last=time.monotonic() > end)
            if status == 200:
                return json.loads(text)
            if 0 < status < 500 or time.monotonic() > end:
                raise ValueError(f"{path}: {status} {text!r}")
            time.sleep(0.2)

    def _once(self, path: str, body: str, *, last: bool) -> tuple[int, bytes]:
        """Status and text; status 0 for no answer, which is raised the `last` time."""
        connection = http.client.HTTPConnection(self._host, timeout=10)
        try:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            if last:
                raise
            return 0, b"no answer"
        finally:
            connection.close()


def run(queue: Queue, holder: str, count: int, pause: float, each: float) -> int:
    """Work until the queue is drained; the exit code. `each` is how long an item takes at least, in seconds."""
    done = 0
    while True:
        leased = queue.post("/lease", {"holder": holder, "count": count})
        if leased["items"]:
            results: dict[str, float] = {}
            for name, payload in leased["items"].items():
                results[name] = work(payload)
                time.sleep(each)
            done += queue.post("/done", {"token": leased["token"], "results": results})["kept"]
        elif leased["leased"] or leased["ready"]:
            time.sleep(pause)  # somebody else works on the rest, and may be killed
        else:
            LOG.info("%s: the queue is empty; %d results are mine", holder, done)
            if leased["dead"]:
                LOG.error("%d items were leased as often as they may be, and have no result", leased["dead"])
            return DEAD if leased["dead"] else 0


def main() -> int:
    """Work. QUEUE_URL has to be set; BATCH, POLL_SECONDS, ITEM_SECONDS and PATIENCE_SECONDS may be."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    say = os.environ.get
    if not (url := say("QUEUE_URL")):
        LOG.error("QUEUE_URL is not set; it has to name the queue's server, such as http://queue:8090")
        return 1
    holder = f"{socket.gethostname()}-{os.getpid()}"
    queue = Queue(url, float(say("PATIENCE_SECONDS", "60")))
    poll, each = float(say("POLL_SECONDS", "0.5")), float(say("ITEM_SECONDS", "0"))
    return run(queue, holder, int(say("BATCH", "10")), poll, each)


if __name__ == "__main__":
    sys.exit(main())
