"""Faults on demand, so that tests can see a provider fail, throttle, hang or die at an exact call.

`SLIPWAY_FAULTS` holds the rules as JSON, or `@path` of a file with them (read anew at each call, so a test can
change it while an update runs). A rule is an object:

    {"provider": "gcp", "method": "Create", "type": "gcp:container/*", "name": "*", "call": 2, "times": 1,
     "action": "fail" | "throttle" | "delay" | "crash", "when": "before" | "after",
     "seconds": 0.5, "message": "..."}

`call` counts matching calls of this process from 1 (0 means each), `times` is how many calls from there on are
hit. `fail` and `throttle` refuse the call as the API does (500 and 429; each attempt of a throttled call counts),
`delay` waits, `crash` ends the process as a kill would. `when: after` acts once the API has done the work but before
the engine hears of it.
"""

from __future__ import annotations

import fnmatch
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from localcloud.providers.model import ProviderError, ThrottledError

ENVIRONMENT_VARIABLE = "SLIPWAY_FAULTS"
_CRASH_EXIT = 70


class Faults:
    """The rules that hold for one provider process, with their counts."""

    def __init__(self, provider: str, source: str | None = None) -> None:
        self._provider = provider
        self._source = os.environ.get(ENVIRONMENT_VARIABLE, "") if source is None else source
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def _rules(self) -> list[dict[str, Any]]:
        if not self._source:
            return []
        text = self._source
        if text.startswith("@"):
            path = Path(text[1:])
            text = path.read_text(encoding="utf-8") if path.exists() else "[]"
        return json.loads(text or "[]")

    def strike(self, method: str, kind: str, name: str, when: str) -> None:
        """Do what the rules want at this point of this call; raises ProviderError for `fail` and `throttle`."""
        for rule in self._rules():
            if rule.get("when", "before") != when or not self._matches(rule, method, kind, name):
                continue
            key = json.dumps(rule, sort_keys=True)
            with self._lock:
                self._seen[key] = seen = self._seen.get(key, 0) + 1
            first = int(rule.get("call", 0))
            if first and not first <= seen < first + int(rule.get("times", 1)):
                continue
            _act(rule, method, self._provider)

    def _matches(self, rule: dict[str, Any], method: str, kind: str, name: str) -> bool:
        wanted = (("provider", self._provider), ("method", method), ("type", kind), ("name", name))
        return all(fnmatch.fnmatchcase(value, str(rule.get(key, "*"))) for key, value in wanted)


_THROTTLED = {
    "gcp": "googleapi: Error 429: Quota exceeded for requests ({})",
    "kubernetes": "the server has received too many requests and has asked us to try again later ({})",
}


def _act(rule: dict[str, Any], method: str, provider: str) -> None:
    action = rule["action"]
    if action == "delay":
        time.sleep(float(rule.get("seconds", 1)))
    elif action == "crash":
        os._exit(_CRASH_EXIT)
    elif action == "throttle":
        raise ThrottledError(rule.get("message", _THROTTLED.get(provider, "429 too many requests ({})").format(method)))
    elif action == "fail":
        raise ProviderError(rule.get("message", f"injected fault: 500 internal error in {method}"))
    else:
        message = f"{ENVIRONMENT_VARIABLE}: unknown action {action!r}; use fail, throttle, delay or crash"
        raise ProviderError(message)
