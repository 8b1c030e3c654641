"""From inputs to records and from records to outputs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from localcloud.providers.gcp import errors
from localcloud.providers.values import UNKNOWN, Secret, has_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localcloud.providers.gcp.api import Api
    from localcloud.providers.gcp.kind import Kind, Values
    from localcloud.providers.gcp.schema import Field

    Comparable = Callable[[str, Any, Any], bool]

_SCOPES = ("project", "region", "location", "zone")
#: what pulumi-gcp adds to every resource with labels unless addPulumiAttributionLabel is false
ATTRIBUTION = {"goog-pulumi-provisioned": "true"}


def merged(fields: Mapping[str, Field], old: Values, news: Values) -> Values:
    """A record after an update: given fields are taken, computed ones that are not given stay, others go."""
    result: Values = {}
    for name, field in fields.items():
        before, after = old.get(name), news.get(name)
        if not field.settable:
            after = before
        elif after is None:
            after = before if field.computed else None
        elif field.type == "object" and isinstance(before, dict):
            after = merged(field.fields, before, after)
        if after is not None:
            result[name] = after
    return result


def filled(values: Values, defaults: Values) -> Values:
    """`values` with `defaults` where there are none, block by block."""
    result = dict(values)
    for name, default in defaults.items():
        if result.get(name) is None:
            result[name] = copy.deepcopy(default)
        elif isinstance(default, dict) and isinstance(result[name], dict):
            result[name] = filled(result[name], default)
    return result


def settled(kind: Kind, api: Api, identity: str, values: Values) -> Values:
    """A record with everything that the API decides, references as the API writes them."""
    scope = api.scope(kind, values)
    defaults = {name: scope[name] for name in _SCOPES if name in kind.schema.fields and scope.get(name)}
    values = filled(values, {**defaults, **kind.settle(api, identity, values)})
    for path, reference in kind.references.items():
        value = values.get(path)
        if isinstance(value, str) and value and (reference.prefix or reference.full):
            values[path] = reference.prefix + reference.identity(value, scope)
    return values


def require_references(kind: Kind, api: Api, values: Values) -> None:
    """Raise ApiError for a reference to something that does not exist or is of the wrong form."""
    scope = api.scope(kind, values)
    for path, reference in kind.references.items():
        value = _reach(values, path)
        if not isinstance(value, str) or not value or value in reference.external:
            continue
        try:
            target = reference.identity(value, scope)
        except ValueError as error:
            raise errors.invalid(f"resource.{path}", value, f"{error}.") from error
        if api.get(reference.token, target) is None:
            raise errors.not_found(target)


def has_parent(kind: Kind, api: Api, values: Values) -> bool:
    """Whether what the record is a part of still exists."""
    reference = kind.references.get(kind.parent)
    if reference is None:
        return True
    return api.get(reference.token, reference.identity(values[kind.parent], api.scope(kind, values))) is not None


def _reach(values: Any, path: str) -> Any:
    for step in path.split("."):
        values = values.get(step) if isinstance(values, dict) else None
    return values


def outputs(kind: Kind, api: Api, identity: str, record: Values, local: Values) -> Values:
    """What Pulumi keeps: the record, what is computed at each answer, and the provider's own properties."""
    fields = kind.schema.fields
    result = copy.deepcopy(record)
    result = _overlaid(result, kind.view(api, identity, record))
    if kind.labels:
        # as pulumi-gcp: what the program and the provider's configuration ask for, and what is there
        extra = {**api.labels, **(ATTRIBUTION if api.attribution else {})}
        own = {**extra, **(record.get(kind.labels) or {})}
        result |= {name: own for name in ("pulumiLabels", "effectiveLabels") if name in fields}
    result |= {name: local[name] for name in kind.provider_only if local.get(name) is not None}
    return {name: value for name, value in result.items() if name in fields and value is not None}


def _overlaid(values: Values, over: Values) -> Values:
    result = dict(values)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _overlaid(result[name], value) if both else value
    return result


def planned(fields: Mapping[str, Field], inputs: Values) -> Values:
    """Outputs of a create that has not happened: what is given, UNKNOWN for what the API will decide."""
    result: Values = {}
    for name, field in fields.items():
        value = inputs.get(name)
        if value is None:
            if field.computed:
                result[name] = UNKNOWN
        elif field.fields and isinstance(value, dict):
            result[name] = planned(field.fields, value)
        elif field.fields and isinstance(value, list):
            result[name] = [planned(field.fields, item) if isinstance(item, dict) else item for item in value]
        else:
            result[name] = value
    return result


def concealed(fields: Mapping[str, Field], values: Values, *sources: Any) -> Values:
    """`values` with everything secret again that is secret in a source (inputs, old state) or by the schema."""
    result: Values = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is not None and field.sensitive and not isinstance(value, Secret):
            result[name] = Secret(value)
        else:
            below = [source.get(name) for source in sources if isinstance(source, dict)]
            result[name] = _conceal(field.fields if field else {}, value, below)
    return result


def _conceal(fields: Mapping[str, Field], value: Any, sources: list[Any]) -> Any:
    if any(isinstance(source, Secret) for source in sources):
        return Secret(value)
    if isinstance(value, dict):
        return concealed(fields, value, *sources)
    if isinstance(value, list) and any(has_secret(source) for source in sources):
        aligned = [source for source in sources if isinstance(source, list) and len(source) == len(value)]
        if not aligned:
            return Secret(value)
        return [_conceal(fields, item, [source[index] for source in aligned]) for index, item in enumerate(value)]
    return value


def without(values: Values, paths: Iterable[str]) -> Values:
    """`values` without these dotted paths."""
    result = copy.deepcopy(values)
    for path in paths:
        *parents, last = path.split(".")
        target = _reach(result, ".".join(parents)) if parents else result
        if isinstance(target, dict):
            target.pop(last, None)
    return result


def inputs_from(fields: Mapping[str, Field], live: Values, old: Values | None, comparable: Comparable) -> Values:
    """The inputs that would give the live state: those of before, brought up to date, or all for an import.

    `comparable(path, old, new)` says that a reference in another form is the same, so it stays as it was written.
    """
    result: Values = {}
    for name, field in fields.items():
        if not field.settable:
            continue
        now = live.get(name)
        value = _imported(field, now) if old is None else _updated(field, now, old.get(name), comparable)
        if value is not None:
            result[name] = value
    return result


def _imported(field: Field, now: Any) -> Any:
    """An input that an import needs: none where the API has nothing."""
    if now in ("", [], {}):
        return None
    if isinstance(now, list):
        return [_imported(field, item) for item in now]
    return inputs_from(field.fields, now, None, _never) if isinstance(now, dict) and field.fields else now


def _updated(field: Field, now: Any, before: Any, comparable: Comparable) -> Any:
    """An input after a refresh: as it was written where that still holds, else what is there now."""
    if before is None:
        drifted = not field.computed and now not in (None, "", 0, False, [], {}) and now != field.default
        return now if drifted else None
    if field.fields and isinstance(before, dict) and isinstance(now, dict):
        return inputs_from(field.fields, now, before, comparable)
    if field.fields and isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [
            inputs_from(field.fields, item, was, comparable) if isinstance(item, dict) else item
            for item, was in zip(now, before, strict=True)
        ]
    return before if now is not None and comparable(field.name, before, now) else now


def _never(path: str, old: Any, new: Any) -> bool:
    del path, old, new
    return False
