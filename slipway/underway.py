"""A change of the strategy while a release is under way: refused where it would skip what the release still waits for.

Argo Rollouts (1.10, rollout/bluegreen.go, `reconcileBlueGreenPause`) takes a pause that is not blue-green's own
as one that somebody has ended. A canary that waits for an approval, and that becomes blue-green, is switched at
once, also with `promote: approved`. A newer release in the same change starts anew, and waits as it should.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from slipway.errors import FailedError
from slipway.operations.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.live import Cluster

_FAMILIES: Final = ("blueGreen", "canary")


def changes_family(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a Rollout's spec goes from canary to blue-green or back, and its pods stay as they are."""
    before, after = _family(old), _family(new)
    return bool(before and after and before != after) and old.get("template") == new.get("template")


def refuse(cluster: Cluster, team: str, name: str) -> None:
    """Refuse to change the strategy of a Rollout whose release is neither through nor aborted. Raises FailedError."""
    live = cluster.get(KINDS["Rollout"].path(team, name)) or {}
    status: Mapping[str, Any] = live.get("status") or {}
    new, stable = status.get("currentPodHash"), status.get("stableRS")
    if not new or not stable or new == stable or status.get("abort"):
        return
    raise FailedError(
        f"{team}/{name}: a release is under way, and under another strategy it would skip what it still waits for "
        "(steps, checks, an approval); `slipway promote` or `slipway abort` it first, or change the strategy together "
        "with a newer release"
    )


def _family(spec: Mapping[str, Any]) -> str:
    strategy: Mapping[str, Any] = spec.get("strategy") or {}
    return next((each for each in _FAMILIES if each in strategy), "")
