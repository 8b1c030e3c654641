"""The played Google API as the rules see it: project, region and zone of the call, and what exists."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import errors, locations

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from localcloud.providers.gcp.kind import Kind
    from localcloud.providers.gcp.store import Records, Store

    Log = Callable[[str], None]


PROJECTS_FILE: Final = "projects.json"
APIS_FILE: Final = "apis.json"


def _silent(message: str) -> None:
    del message


@dataclass(frozen=True)
class Api:
    """One call. `records` is set inside a transaction; outside it the store is read by itself."""

    store: Store
    project: str = ""
    region: str = ""
    zone: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    attribution: bool = True
    log: Log = _silent
    cancelled: threading.Event | None = None
    records: Records | None = None

    def get(self, token: str, identity: str) -> dict[str, Any] | None:
        """A record, None when there is none."""
        return (self.records or self.store).get(token, identity)

    def all(self, token: str, prefix: str = "") -> dict[str, dict[str, Any]]:
        """The records of a type by id."""
        found = (self.records or self.store).all(token, prefix)
        return {identity: values for (_, identity), values in found.items()}

    def scope(self, kind: Kind, values: Mapping[str, Any]) -> dict[str, str]:
        """Project, region, location and so on of a resource: its own, else the provider's configuration."""
        known = {
            "project": self.project,
            "region": self.region or locations.region_of(self.zone),
            "location": self.zone or self.region,
        }
        given = {key: value for key, value in values.items() if isinstance(value, str) and value}
        known.update({key: given[key] for key in known if key in given})
        if "region" in given and "location" not in given:
            known["location"] = given["region"]
        known["name"] = given.get(kind.name_property, "")
        if "region" not in given and "location" in given:
            known["region"] = locations.region_of(given["location"])
        return known

    def identity(self, kind: Kind, values: Mapping[str, Any]) -> str:
        """The id of a resource with these values. Raises ApiError when its project or location is not known."""
        known = {**{key: value for key, value in values.items() if isinstance(value, str)}, **self.scope(kind, values)}
        for part in ("project", "region", "location"):
            if f"{{{part}}}" in kind.id and not known.get(part):
                raise errors.bad_request(
                    f"{part}: required field is not set; give it or set gcp:{'zone' if part == 'location' else part}"
                )
        known.update(kind.parts(self, dict(values)))
        return kind.id.format(**known)

    def project_number(self, project: str) -> int:
        """A project's number: from `projects.json` beside the store ({"project-id": "number"}), else by its id."""
        known = self._projects()
        if project in known:
            return int(known[project])
        return int(hashlib.sha256(project.encode()).hexdigest()[:12], 16) % 900_000_000_000 + 100_000_000_000

    def knows_number(self, number: str, *projects: str) -> bool:
        """Whether this is the number of a project that is known: the call's, `projects`, those of `projects.json`."""
        mine = {str(self.project_number(each)) for each in (self.project, *projects) if each}
        return number in mine | {str(each) for each in self._projects().values()}

    def apis_by_hand(self, project: str) -> list[str]:
        """APIs that somebody switched on outside of any program: from `apis.json` ({"project-id": ["compute"]})."""
        return self._file(APIS_FILE).get(project, [])

    def _projects(self) -> dict[str, str]:
        return self._file(PROJECTS_FILE)

    def _file(self, name: str) -> dict[str, Any]:
        path = self.store.root / name
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def stable_number(text: str, digits: int = 19) -> int:
    """A number as Google gives to resources (ids, generations): always the same for the same text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16) % (9 * 10 ** (digits - 1)) + 10 ** (digits - 1)


def now() -> str:
    """The time as RFC 3339 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
