"""`pulumi.com/waitFor`: conditions of the program's own, which come before a kind's.

Source: pulumi-kubernetes `provider/pkg/metadata/overrides.go` (`ReadyCondition`) and
`provider/pkg/await/condition/{custom,jsonpath,ready}.go`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from localcloud.providers.kubernetes.awaiting import jsonpath, pods
from localcloud.providers.kubernetes.awaiting.base import READY, Outcome, condition, observed
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.providers.kubernetes.awaiting.base import Context
    from localcloud.providers.kubernetes.objects import Object

    Check = Callable[[Context, Object], Outcome]


def parse(text: str) -> Check:
    """The check that an annotation asks for: one expression, or a JSON list of which all must hold.

    Raises ProviderError for an expression that is not understood.
    """
    try:
        listed = json.loads(text)
    except ValueError:
        listed = None
    expressions = listed if isinstance(listed, list) else [text]
    if not expressions:
        raise ProviderError("pulumi.com/waitFor: at least one condition must be specified")
    return _all([(str(expression), _one(str(expression))) for expression in expressions])


def _one(expression: str) -> Callable[[Object], bool]:
    if expression.startswith("jsonpath="):
        return jsonpath.parse(expression).holds
    if expression.startswith("condition="):
        kind, _, wanted = expression.removeprefix("condition=").partition("=")
        return lambda live: _has(live, kind, wanted or "True")
    raise ProviderError(f'pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got {expression!r}')


def _has(live: Object, kind: str, wanted: str) -> bool:
    found = next((c for c in (live.get("status") or {}).get("conditions") or [] if _same(c.get("type"), kind)), {})
    generation = (live.get("metadata") or {}).get("generation") or 0
    if int(found.get("observedGeneration") or generation) < generation:
        return False
    return _same(found.get("status"), wanted)


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and one.lower() == other.lower()


def _all(checks: list[tuple[str, Callable[[Object], bool]]]) -> Check:
    def check(context: Context, live: Object) -> Outcome:
        open_ones = [text for text, holds in checks if not holds(live)]
        if not open_ones:
            return READY
        message = f"Waiting for {', '.join(open_ones)}"
        return Outcome(done=False, message=message, reasons=lambda: [message, *pods.warnings(context, live)])

    return check


def ready(context: Context, live: Object) -> Outcome:
    """Any kind under PULUMI_K8S_AWAIT_ALL: observed, not reconciling or stalled, and Ready where it says so."""
    stalled = condition(live, "Stalled")
    if stalled.get("status") == "True":
        return Outcome(done=False, message=stalled.get("message", "stalled"), hopeless=True)
    says = condition(live, "Ready")
    waits = condition(live, "Reconciling").get("status") == "True" or says.get("status") not in {None, "True"}
    status = live.get("status") or {}
    if not waits and (observed(live) or "observedGeneration" not in status):
        return READY
    message = says.get("message") or "Waiting for the object to be ready"
    return Outcome(done=False, message=message, reasons=lambda: [message, *pods.warnings(context, live)])
