"""An environment as it counts: what its file says, every default, its profile, and its services with their overlays.

As plain values by path (`clusters.main.pools.general.machine`), so that two environments can be held beside each other.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from slipway import profiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from slipway.desired import Desired

NOTHING: Final = "-"
"""How a value is shown that one of two environments does not have."""


@dataclass(frozen=True)
class Difference:
    """One path at which two environments differ; None where one of them has nothing there."""

    path: str
    left: Any
    right: Any


def expanded(desired: Desired) -> dict[str, Any]:
    """Everything that counts of an environment. Overlays are not in it: they are merged into `services`."""
    found = desired.environment.model_dump(mode="json", by_alias=True, exclude={"services"})
    found["network"]["control_plane"] = desired.environment.network.peered
    hardening = dataclasses.asdict(profiles.profile(desired.environment.profile))
    hardening.pop("name")
    services = {service.key: service.spec.model_dump(mode="json", by_alias=True) for service in desired.services}
    jobs = {job.key: job.spec.model_dump(mode="json", by_alias=True) for job in desired.jobs}
    return {"name": desired.name, **found, "hardening": hardening, "services": services, "jobs": jobs}


def flat(value: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves by path. A list of plain values is one; what is empty is nothing."""
    return dict(_leaves("", value))


def differences(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Difference]:
    """Where two expanded environments differ, by path; their names go without saying."""
    first, second = flat(left), flat(right)
    paths = sorted((first.keys() | second.keys()) - {"name"})
    return [Difference(p, first.get(p), second.get(p)) for p in paths if first.get(p) != second.get(p)]


def shown(value: Any) -> str:
    """A value in one line."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in cast('list[Any]', value))}]"
    return str(value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _leaves(f"{path}.{_segment(key)}" if path else _segment(key), item)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in cast("list[Any]", value)):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from _leaves(f"{path}[{index}]", item)
    elif value is not None and value != []:
        yield path, value


def _segment(key: str) -> str:
    """A key as part of a path: in brackets where it has a dot of its own, as keys of labels may."""
    return f"[{key}]" if "." in key else key
