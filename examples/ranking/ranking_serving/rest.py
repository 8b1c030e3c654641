"""The part of TensorFlow Serving's REST API that the stand-in answers, apart from any server.

Source: TensorFlow Serving, "RESTful API". Left out: classify, regress, base64 strings, gRPC, reloading.
"""

import re
import time
from typing import Any

from ranking_serving.errors import RestError, invalid, not_found
from ranking_serving.metrics import Metrics
from ranking_serving.servables import DEFAULT_SIGNATURE, Servables
from ranking_serving.tensors import answer, parse, tensors_of

METRICS_PATH = "/monitoring/prometheus/metrics"
_TARGET = re.compile(
    r"/v1/models/(?P<name>[^/:]+)"
    r"(/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
    r"(?P<verb>:predict|/metadata)?",
    re.IGNORECASE,
)
_GREATEST_VERSION = 2**63 - 1


class RestApi:
    """Answers requests from loaded versions."""

    def __init__(self, servables: Servables) -> None:
        self._servables = servables
        self.metrics = Metrics(servables.config.name)

    def respond(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Answer one request.

        Args:
            method: GET or POST.
            path: Without a query.
            body: As it came.

        Raises:
            RestError: It is refused.
        """
        if not path.lower().startswith("/v1/"):
            raise not_found("Not Found")
        target = _TARGET.fullmatch(path)
        verb = (target["verb"] or "").lower() if target else ""
        if not target or method != ("POST" if verb == ":predict" else "GET"):
            raise invalid(f"Malformed request: {method} {path}")
        version = int(target["version"][:20]) if target["version"] else None
        if version is not None and version > _GREATEST_VERSION:
            raise invalid(f"Failed to convert version: {target['version']} to numeric.")
        if verb == ":predict":
            return self._timed_predict(target["name"], version, target["label"], body)
        describe = self._servables.metadata if verb else self._servables.status
        return describe(target["name"], version, target["label"])

    def _timed_predict(self, name: str, version: int | None, label: str | None, body: bytes) -> dict[str, Any]:
        started = time.perf_counter()
        status = "INTERNAL"
        try:
            result = self._predict(name, version, label, body)
            status = "OK"
        except RestError as error:
            status = "NOT_FOUND" if error.status == 404 else "INVALID_ARGUMENT"
            raise
        finally:
            self.metrics.answered(status, (time.perf_counter() - started) * 1e6)
        return result

    def _predict(self, name: str, version: int | None, label: str | None, body: bytes) -> dict[str, Any]:
        servable = self._servables.find(name, version, label)
        document, named = parse(body)
        signature = named or DEFAULT_SIGNATURE
        tensors = tensors_of(document, servable.inputs(signature))
        return answer(servable.predict(signature, tensors), rows="instances" in document)
