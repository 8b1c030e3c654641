"""How a node pool's nodes are upgraded: surge or blue-green.

Sources: GKE REST reference (NodePool.UpgradeSettings, BlueGreenSettings, StandardRolloutPolicy), "Node upgrade
strategies" (at most 20 nodes at once, at most 7 days of soaking).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_AT_ONCE: Final = 20
_LONGEST_SOAK: Final = 7 * 86400
_SECONDS: Final = re.compile(r"(\d+)(\.\d{1,9})?s")


def defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """What GKE decides where nothing is said: one node more at a time, or one blue node after the other."""
    if settings.get("strategy") != "BLUE_GREEN":
        return {"strategy": "SURGE", "maxSurge": 1, "maxUnavailable": 0}
    policy = (settings.get("blueGreenSettings") or {}).get("standardRolloutPolicy") or {}
    batch = {} if policy.get("batchPercentage") else {"batchNodeCount": 1}
    return {
        "blueGreenSettings": {
            "nodePoolSoakDuration": "3600s",
            "standardRolloutPolicy": {**batch, "batchSoakDuration": "0s"},
        }
    }


def check(settings: Any) -> Iterator[tuple[str, str]]:
    """(path, reason) of each refused value of `upgradeSettings`."""
    if not isinstance(settings, dict):
        return
    where = "upgradeSettings"
    surge, unavailable = settings.get("maxSurge"), settings.get("maxUnavailable")
    if surge == 0 and unavailable == 0:
        yield f"{where}.maxSurge", "maxSurge and maxUnavailable cannot both be 0"
    for name in ("maxSurge", "maxUnavailable"):
        number = settings.get(name)
        if isinstance(number, int) and number < 0:
            yield f"{where}.{name}", f"{number} is less than 0"
    known = [number for number in (surge, unavailable) if isinstance(number, int)]
    if sum(known) > _MOST_AT_ONCE:
        yield f"{where}.maxSurge", f"maxSurge and maxUnavailable are {sum(known)} together, at most {_MOST_AT_ONCE}"
    blue_green = settings.get("blueGreenSettings")
    strategy = settings.get("strategy", "SURGE")
    if blue_green is not None and strategy in {"SURGE", "SHORT_LIVED"}:
        yield f"{where}.blueGreenSettings", f"blueGreenSettings are for strategy BLUE_GREEN, not {strategy}"
    if strategy == "BLUE_GREEN" and (surge is not None or unavailable is not None):
        yield f"{where}.maxSurge", "maxSurge and maxUnavailable are for strategy SURGE, not BLUE_GREEN"
    if isinstance(blue_green, dict):
        yield from _check_blue_green(blue_green, f"{where}.blueGreenSettings")


def _check_blue_green(settings: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    yield from _check_soak(settings, "nodePoolSoakDuration", where)
    policy = settings.get("standardRolloutPolicy")
    if not isinstance(policy, dict):
        return
    inner = f"{where}.standardRolloutPolicy"
    yield from _check_soak(policy, "batchSoakDuration", inner)
    percentage, count = policy.get("batchPercentage"), policy.get("batchNodeCount")
    if percentage and count:
        yield f"{inner}.batchNodeCount", "batchPercentage and batchNodeCount exclude each other"
    if isinstance(percentage, int | float) and not 0 <= percentage <= 1:
        yield f"{inner}.batchPercentage", f"{percentage} is not between 0 and 1 (0.25 is a quarter of the nodes)"
    if isinstance(count, int) and count < 0:
        yield f"{inner}.batchNodeCount", f"{count} is less than 0"


def _check_soak(values: dict[str, Any], name: str, where: str) -> Iterator[tuple[str, str]]:
    text = values.get(name)
    if not isinstance(text, str) or not text:
        return
    match = _SECONDS.fullmatch(text)
    if not match:
        yield f"{where}.{name}", f"{text!r} is no duration in seconds (3600s)"
    elif int(match[1]) > _LONGEST_SOAK:
        yield f"{where}.{name}", f"{text} is more than 7 days"
