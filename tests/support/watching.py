"""Every version of some objects, in the order in which the API server wrote them: more than any sampling sees."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

    from localcloud.controlplane.api import Endpoint

_LIMIT = 900
"""Seconds after which a watch ends in any case."""


class Watch:
    """Watches the objects at an API path from `with` on; `versions` are those of each object, deletions as None.

    Args:
        api: the API server.
        path: of a list, such as `/api/v1/namespaces/growth/pods`.
        selector: of labels.
    """

    def __init__(self, api: Endpoint, path: str, selector: str = "") -> None:
        self._path = f"{path}?labelSelector={selector}"
        listed = api.call("GET", self._path)
        self.versions: list[tuple[str, dict[str, Any] | None]] = [
            (item["metadata"]["name"], item) for item in listed["items"]
        ]
        self.first = len(self.versions)
        """How many objects there were at the beginning."""
        context = ssl.create_default_context(cafile=str(api.authority))
        self._connection = http.client.HTTPSConnection(api.host, api.port, timeout=_LIMIT, context=context)
        since = listed["metadata"]["resourceVersion"]
        self._connection.request(
            "GET",
            f"{self._path}&watch=true&resourceVersion={since}&timeoutSeconds={_LIMIT}",
            headers={"Authorization": f"Bearer {api.token}"},
        )
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._over = False
        self._broken = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        with contextlib.suppress(OSError, AttributeError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()
        if error is None:
            assert not self._broken, f"the watch of {self._path} broke: {self._broken}"

    def objects(self) -> list[dict[str, dict[str, Any]]]:
        """What there was, by name, after each version."""
        now: dict[str, dict[str, Any]] = {}
        history: list[dict[str, dict[str, Any]]] = []
        for number, (name, version) in enumerate(self.versions, 1):
            if version is None:
                now.pop(name, None)
            else:
                now[name] = version
            if number >= self.first:
                history.append(dict(now))
        return history

    def _follow(self) -> None:
        try:
            answer = self._connection.getresponse()
            for line in answer:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    self._broken = str(event["object"])
                    return
                gone = event["type"] == "DELETED"
                self.versions.append((event["object"]["metadata"]["name"], None if gone else event["object"]))
            raise http.client.IncompleteRead(b"")
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            if not self._over:
                self._broken = repr(error)


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod takes traffic: ready, and not on its way out."""
    conditions = {item["type"]: item["status"] for item in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and not pod["metadata"].get("deletionTimestamp")
