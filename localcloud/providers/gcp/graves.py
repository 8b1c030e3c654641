"""Ids that stay taken for a while after their resource is destroyed (soft deletion).

Source: IAM documentation, "Manage workload identity pools and providers": a deleted one can be restored for 30 days,
and until then its id cannot be used again. A grave is a record of its own, which no type's lists show.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.providers.gcp.store import Records

_SUFFIX = "#deleted"


def token_of(token: str) -> str:
    """Under which token the graves of a type are in the store."""
    return token + _SUFFIX


def dig(records: Records, token: str, identity: str, days: int) -> None:
    """Keep an id for `days` from now."""
    until = datetime.now(UTC) + timedelta(days=days)
    records.put(token_of(token), identity, {"until": until.isoformat()})


def holds(records: Records, token: str, identity: str) -> bool:
    """Whether the id is still kept."""
    found = records.get(token_of(token), identity)
    return found is not None and datetime.fromisoformat(found["until"]) > datetime.now(UTC)
