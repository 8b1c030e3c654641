"""The steps of a remote call that several calls share: finding a record, planning one, answering once it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import records
from localcloud.providers.gcp.errors import ApiError, already_exists
from localcloud.providers.model import PartialFailureError, ProviderError, State
from localcloud.providers.values import UNKNOWN, reveal

if TYPE_CHECKING:
    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.kind import Kind, Values


@dataclass(frozen=True)
class Write:
    """A record that was just written: `before` is what it was, `local` what only Pulumi's state holds."""

    kind: Kind
    api: Api
    identity: str
    values: Values
    before: Values | None
    local: Values

    def state(self, *sources: dict[str, Any]) -> State:
        """Its state; what is secret in a source stays secret."""
        values = records.outputs(self.kind, self.api, self.identity, self.values, self.local)
        return State(self.identity, records.concealed(self.kind.schema.fields, values, *sources))


class Doing:
    """Puts what was being done before a refusal of the API, as the real provider does."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ApiError):
            raise ProviderError(f"{self._doing}: {error}") from error


def appeared(write: Write, inputs: dict[str, Any]) -> State:
    """The state once what the record stands for is there; the record stays when that fails half-way."""
    try:
        write.kind.appear(write.api, write.identity, {**write.values, **write.local}, write.before)
    except ProviderError as error:
        raise PartialFailureError(replace(write.state(inputs), inputs=inputs), [str(error)]) from error
    return write.state(inputs)


def planned(kind: Kind, api: Api, news: Values) -> Values:
    """Outputs of a create in a preview."""
    result = records.planned(kind.schema.fields, news)
    scope = api.scope(kind, reveal(news))
    for name in ("project", "region", "location"):  # known from the provider's configuration, as in the real one
        if name not in news and result.get(name) is UNKNOWN and scope.get(name):
            result[name] = scope[name]
    return result


def find(kind: Kind, api: Api, given: str) -> tuple[str, Values] | None:
    """By the id, or by one of the shorter forms that an import may give."""
    candidates = [given, given.replace(" ", "/")]
    parts = given.split("/")
    places = [name for name in ("project", "region", "location") if f"{{{name}}}" in kind.id]
    scope = api.scope(kind, {})
    for first in range(len(places) + 1):  # NAME, LOCATION/NAME, PROJECT/LOCATION/NAME
        if len(parts) == len(places) - first + 1:
            known = {**scope, **dict(zip(places[first:], parts, strict=False)), "name": parts[-1]}
            known |= {kind.name_property: parts[-1]} if kind.name_property else {}
            candidates.append(_formatted(kind.id, known))
    for identity in candidates:
        record = api.get(kind.token, identity)
        if record is not None:
            return (identity, record) if records.has_parent(kind, api, record) else None
    return None


def conflict(kind: Kind, identity: str, values: Values, api: Api) -> ApiError:
    """The kind's own 409."""
    if not kind.exists:
        return already_exists(identity)
    words = {**api.scope(kind, values), "id": identity}
    return ApiError(409, kind.exists.format(**words), "alreadyExists")


def _formatted(template: str, known: dict[str, str]) -> str:
    try:
        return template.format(**known)
    except KeyError:
        return ""
