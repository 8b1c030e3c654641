"""The provider: each remote call of the engine, carried out on the store by the rules of the resource's kind."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import catalog, enablement, graves, names, records, retry
from localcloud.providers.gcp.api import Api
from localcloud.providers.gcp.difference import Comparison
from localcloud.providers.gcp.errors import not_found
from localcloud.providers.gcp.inputs import Check
from localcloud.providers.gcp.paths import covers
from localcloud.providers.gcp.references import same as same_reference
from localcloud.providers.gcp.store import Store
from localcloud.providers.gcp.writing import Doing, Write, appeared, conflict, find, planned
from localcloud.providers.model import (
    CheckFailure,
    Diff,
    DiffKind,
    Provider,
    ProviderError,
    Request,
    State,
)
from localcloud.providers.values import UNKNOWN, has_unknown, reveal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.providers.gcp.kind import Kind, Values

VERSION: Final = "10.2.0"
DEFAULTS: Final = "__defaults"
_ENVIRONMENT: Final = {
    "project": ("GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"),
    "region": ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"),
    "zone": ("GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"),
}


class GcpProvider(Provider):
    """Plays `pulumi-resource-gcp` on `store` (default: the one of `SLIPWAY_LOCAL_DIR`)."""

    name = "gcp"
    version = VERSION
    supports_autonaming = True

    def __init__(self, store: Store | None = None) -> None:
        super().__init__()
        self.throttle_delays = retry.delays()
        self._api = Api(store or Store(), cancelled=self.cancelled)

    def check_config(self, news: dict[str, Any]) -> list[CheckFailure]:
        """Refuse a project id of the wrong form."""
        project = reveal(news.get("project"))
        refusal = names.PROJECT.refusal(project) if isinstance(project, str) else ""
        return [CheckFailure("project", refusal)] if refusal else []

    def configure(self, config: dict[str, Any]) -> None:
        """Take project, region, zone, defaultLabels and addPulumiAttributionLabel (nested values may be JSON)."""
        plain = {key: _parsed(value) for key, value in reveal(config).items() if value is not UNKNOWN}
        for key, variables in _ENVIRONMENT.items():
            plain.setdefault(key, next((os.environ[name] for name in variables if os.environ.get(name)), ""))
        self._api = replace(
            self._api,
            project=str(plain["project"]),
            region=str(plain["region"]),
            zone=str(plain["zone"]),
            labels=plain.get("defaultLabels") or {},
            attribution=plain.get("addPulumiAttributionLabel") is not False,
        )

    def check(
        self, request: Request, olds: dict[str, Any], news: dict[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[CheckFailure]]:
        """Inputs with the schema's defaults and an automatic name; refusals by schema, name form and own rules."""
        kind = catalog.find(request.type)
        check = Check(kind.schema, news)
        inputs = check.complete()
        defaults = list(check.defaults)
        key = kind.name_property
        if kind.autoname and key in kind.schema.fields and inputs.get(key) is None:
            automatic = key in olds.get(DEFAULTS, []) and olds.get(key)
            wanted = request.autonaming
            if automatic or not (wanted and wanted.disabled):
                inputs[key] = automatic or (wanted and wanted.proposed) or names.automatic(request.name, seed)
                defaults.append(key)
        failures = [failure for failure in check.failures if not (failure.property == key and key in defaults)]
        plain = reveal(inputs)
        if kind.name and isinstance(plain.get(key), str) and (refusal := kind.name.refusal(plain[key])):
            failures.append(CheckFailure(key, refusal))
        labels = plain.get(kind.labels) if kind.labels else None
        failures += [CheckFailure(f"{kind.labels}{at}", reason) for at, reason in names.label_refusals(labels)]
        if not failures:
            api = self._at(request)
            failures = [CheckFailure(path, reason) for path, reason in kind.check(api, plain)]
        return {**inputs, DEFAULTS: sorted(defaults)}, failures

    def diff(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> Diff:
        """Replace where force_new (or a rule of the kind) says so, update otherwise; nothing when nothing differs."""
        kind = catalog.find(request.type)
        old, new = reveal(old_outputs), reveal(news)
        del old_inputs
        comparison = Comparison(_same(kind))
        comparison.fields(kind.schema.fields, old, new)
        found = comparison.found
        for path in kind.replaces(old, new):
            if path in found:
                found[path] = DiffKind(found[path].value | 1)
        found = {path: how for path, how in found.items() if not any(covers(skip, path) for skip in ignore_changes)}
        found |= self._label_changes(kind, old, new)
        replaces = any(how.replaces for how in found.values())
        # pulumi-terraform-bridge nameRequiresDeleteBeforeReplace: a name of the program's own cannot exist twice
        own_name = kind.autoname and DEFAULTS in new and kind.name_property not in new[DEFAULTS]
        keeps_name = kind.name_property in new and kind.name_property not in found
        return Diff(found, delete_before_replace=replaces and own_name and keeps_name)

    def _label_changes(self, kind: Kind, old: Values, new: Values) -> dict[str, DiffKind]:
        """A change of the provider's default labels shows on each resource that has labels."""
        if not kind.labels or "pulumiLabels" not in old or has_unknown(new.get(kind.labels)):
            return {}
        extra = {**self._api.labels, **(records.ATTRIBUTION if self._api.attribution else {})}
        wanted = {**extra, **(new.get(kind.labels) or {})}
        return {} if wanted == old["pulumiLabels"] else {"pulumiLabels": DiffKind.UPDATE}

    def create(self, request: Request, inputs: dict[str, Any]) -> State:
        """Make the record (and what it stands for outside the store), or say what it would be."""
        kind, api = catalog.find(request.type), self._at(request)
        news = {name: value for name, value in inputs.items() if name != DEFAULTS}
        fields = kind.schema.fields
        if request.preview:
            return State("", records.concealed(fields, planned(kind, api, news), inputs))
        plain = reveal(news)
        local = {name: plain[name] for name in kind.provider_only if name in plain}
        with Doing(f"Error creating {kind.noun}"), api.store.transaction() as held:
            inside = replace(api, records=held)
            values = {name: value for name, value in plain.items() if name not in kind.provider_only}
            identity = inside.identity(kind, values)
            enablement.require(inside, kind.token, identity, values.get("project") or api.project)
            taken = held.get(kind.token, identity) is not None and not kind.overwrites
            if taken or graves.holds(held, kind.token, identity):
                raise conflict(kind, identity, values, inside)
            records.require_references(kind, inside, values)
            values = records.settled(kind, inside, identity, values)
            kind.admit(inside, identity, values, None)
            held.put(kind.token, identity, values)
        return appeared(Write(kind, api, identity, values, None, local), inputs)

    def read(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
        """The record as it is, with the inputs that would give it; None when it is gone."""
        kind, api = catalog.find(request.type), self._at(request)
        found = find(kind, api, request.id)
        if found is None:
            return None
        identity, record = found
        importing = not inputs and not outputs
        old = None if importing else {name: value for name, value in reveal(inputs).items() if name != DEFAULTS}
        local = {name: reveal(outputs.get(name)) for name in kind.provider_only}
        if importing:
            local = {name: field.default for name, field in kind.schema.fields.items() if name in kind.provider_only}
        state = Write(kind, api, identity, record, None, local).state(inputs, outputs)
        live = reveal(state.outputs)
        if importing:
            live = records.without(live, kind.not_imported)
        fresh = records.inputs_from(kind.schema.fields, live, old, _same(kind))
        fresh[DEFAULTS] = inputs.get(DEFAULTS, [])
        return State(identity, state.outputs, records.concealed({}, fresh, inputs))

    def update(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> dict[str, Any]:
        """Change the record in place, or say what it would be."""
        del old_inputs, ignore_changes
        kind, api = catalog.find(request.type), self._at(request)
        fields = kind.schema.fields
        given = {name: value for name, value in news.items() if name != DEFAULTS}
        if request.preview:
            return records.concealed(fields, records.merged(fields, reveal(old_outputs), reveal(given)), news)
        plain = reveal(given)
        local = {name: plain[name] for name in kind.provider_only if name in plain}
        with Doing(f"Error updating {kind.noun} {request.id!r}"), api.store.transaction() as held:
            inside = replace(api, records=held)
            before = held.get(kind.token, request.id)
            if before is None:
                raise not_found(request.id)
            values = {name: value for name, value in plain.items() if name not in kind.provider_only}
            values = records.merged(fields, before, values)
            enablement.require(inside, kind.token, request.id, values.get("project") or api.project)
            records.require_references(kind, inside, values)
            values = records.settled(kind, inside, request.id, values)
            kind.admit(inside, request.id, values, before)
            held.put(kind.token, request.id, values)
        return appeared(Write(kind, api, request.id, values, before, local), news).outputs

    def delete(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Remove the record; refused while it is protected or in use, no error when it is gone already."""
        del inputs
        kind, api, plain = catalog.find(request.type), self._at(request), reveal(outputs)
        kind.protect(api, request.id, plain)
        if plain.get("deletionPolicy") == "PREVENT":
            raise ProviderError(
                f'cannot destroy {kind.noun} without setting deletion_policy="DELETE" and running `terraform apply`'
            )
        if plain.get("deletionPolicy") == "ABANDON" or kind.leaves(plain):
            return
        with Doing(f"Error deleting {kind.noun} {request.id!r}"):
            record = api.get(kind.token, request.id)
            if record is None or kind.stays:
                return
            with api.store.transaction() as held:
                inside = replace(api, records=held)
                kind.release(inside, request.id, {**record, **_local(kind, plain)})
            kind.appear(api, request.id, {}, record)
            with api.store.transaction() as held:
                kind.release(replace(api, records=held), request.id, {**record, **_local(kind, plain)})
                held.delete(kind.token, request.id)
                if kind.kept_days:
                    graves.dig(held, kind.token, request.id, kind.kept_days)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        """The functions of `invokes.TABLE`; others are refused."""
        from localcloud.providers.gcp import invokes  # noqa: PLC0415 - most updates call none

        return invokes.call(self._api, token, reveal(args))

    def _at(self, request: Request) -> Api:
        return replace(self._api, log=lambda message: self.log(request.urn, message))


def _same(kind: Kind) -> Callable[[str, Any, Any], bool]:
    def same(path: str, old: Any, new: Any) -> bool:
        reference = path in kind.references and isinstance(old, str) and isinstance(new, str)
        return (reference and same_reference(old, new)) or kind.same(path, old, new)

    return same


def _local(kind: Kind, outputs: Values) -> Values:
    return {name: outputs[name] for name in kind.provider_only if name in outputs}


def _parsed(value: Any) -> Any:
    """Nested configuration and booleans arrive as JSON text."""
    if isinstance(value, str) and (value in {"true", "false"} or value[:1] in {"{", "["}):
        return json.loads(value)
    return value
