"""Finds again what exists of a stack whose state is lost, or was never written.

The program says what there should be. Its names say the ids (`cloud_ids`), a refresh in a state of our own says which
of them exist and how they are, and with what was read more of the program's inputs are known: so it goes in rounds.
What is found is added to the stack's state with the program's URNs, parents, providers and protection, so that the
next update sees it as its own. Nothing is written anywhere else here: killed at any point, nothing has happened.

Not by the `import` option of resources, which refuses whatever differs from the program in the least, and not by
`pulumi import`, which wants to be told which ones exist, and makes no components.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from slipway.engine import cloud_ids
from slipway.engine.recorder import Answers, Recording, recording
from slipway.engine.recovery import settled
from slipway.engine.state import Resource, complete, ordered
from slipway.engine.values import from_wire, without_unknown
from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from slipway.engine.stack import Stack

_PROVIDER: Final = "pulumi:providers:"


@dataclass
class Found:
    """What a look at the cloud said of one stack."""

    stack: str
    deployment: dict[str, Any]
    """The state as it should be: what there was, with everything that was found."""
    found: list[str] = field(default_factory=list[str])
    """URNs of what exists and the state did not have."""
    absent: dict[str, str] = field(default_factory=dict[str, str])
    """URN -> id of what does not exist."""
    unclear: dict[str, str] = field(default_factory=dict[str, str])
    """URN -> why it could not be looked up."""
    under: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """By URN of what does not exist: parents and provider, without which the engine does not make it alone."""
    objects: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """(bucket, name) -> content of the objects that the program publishes, as far as it is known now."""


class Lookup:
    """One stack, looked up by a `scratch` stack of the same name whose state is nobody's.

    `functions` answers the provider's functions that the program calls; `defaults` has project and region; `only` are
    the types to look for, all without it.
    """

    def __init__(
        self,
        scratch: Stack,
        program: Callable[[], None],
        defaults: Mapping[str, Any],
        functions: Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None] = lambda _token, _args: None,
        only: frozenset[str] | None = None,
    ) -> None:
        self._scratch, self._program, self._only = scratch, program, only
        self._defaults, self._functions = defaults, functions
        self._tried: dict[str, str] = {}

    def run(self, deployment: Mapping[str, Any] | None) -> Found:
        """Complete `deployment`, which is the state that there is; None for none. Raises FailedError."""
        before, taken = settled(dict(deployment or {}), self._defaults)
        had = {item["urn"] for item in before["resources"]} - set(taken)
        state: dict[str, Resource] = {item["urn"]: item for item in before["resources"]}
        if taken:
            state = self._refreshed(before, state, taken)
        recorded = self._recorded(state)
        while fresh := self._next(recorded, state):
            self._tried |= {urn: str(fresh[urn]["id"]) for urn in fresh if fresh[urn].get("id")}
            looked = [urn for urn in fresh if not fresh[urn]["type"].startswith(_PROVIDER) and fresh[urn]["custom"]]
            state = self._refreshed(before, state | fresh, looked)
            recorded = self._recorded(state)
        found = [urn for urn, item in state.items() if urn not in had and _is_real(item)]
        resources = ordered(complete(state, had, recorded))
        result = Found(self._scratch.name, {**before, "resources": resources}, sorted(found))
        result.objects = dict(_objects(recorded))
        for urn, request in recorded.requests:
            if urn not in state and request.custom and not request.type.startswith(_PROVIDER):
                if urn in self._tried:
                    result.absent[urn] = self._tried[urn]
                    result.under[urn] = set(_under(urn, dict(recorded.requests)))
                else:
                    result.unclear[urn] = self._why(request, state, recorded)
        return result

    def _recorded(self, state: Mapping[str, Resource]) -> Recording:
        return recording(self._scratch.name, self._program, Answers(state, self._functions))

    def _refreshed(
        self, before: Mapping[str, Any], state: dict[str, Resource], looked: list[str]
    ) -> dict[str, Resource]:
        """`state` after a look at the resources `looked`: those that do not exist are gone from it."""
        if not looked:
            return state
        self._scratch.restore({**before, "resources": ordered(state)})
        result = self._scratch.refresh(looked)
        if result.error:
            told = "\n".join(result.messages) or result.error
            raise FailedError(f"{self._scratch.name}: what exists cannot be read; nothing was changed:\n{told}")
        left: list[Resource] = self._scratch.export().get("resources") or []
        return {item["urn"]: item for item in left}

    def _next(self, recorded: Recording, state: Mapping[str, Resource]) -> dict[str, Resource]:
        """What to look up now: APIs first, then what is known in full, then what is known at least by its id."""
        candidates = dict(self._candidates(recorded, state))
        apis = {urn: item for urn, (item, _) in candidates.items() if item["type"] == cloud_ids.SERVICE}
        full = {urn: item for urn, (item, whole) in candidates.items() if whole}
        chosen = apis or full or {urn: item for urn, (item, _) in candidates.items()}
        return self._with_support(chosen, recorded, state)

    def _candidates(
        self, recorded: Recording, state: Mapping[str, Resource]
    ) -> Iterator[tuple[str, tuple[Resource, bool]]]:
        """Resources with a computable id that nobody has looked for yet, and whether all their inputs are known."""
        off = self._disabled(recorded, state)
        for urn, request in recorded.requests:
            if urn in state or urn in self._tried or not request.custom or request.type.startswith(_PROVIDER):
                continue
            if self._only is not None and request.type not in self._only:
                continue
            inputs, lacking = without_unknown(from_wire(request.object))
            found = cloud_ids.cloud_id(request.type, inputs, self._defaults)
            if found is None or not self._provider_known(request.provider, recorded, state):
                continue
            if cloud_ids.needs(request.type) in off:
                self._tried[urn] = found  # nothing of an API that is not enabled can exist, and asking is an error
                continue
            own = cloud_ids.NOT_IMPORTED.get(request.type)
            outputs = {} if own is None else {**own, **inputs}
            yield urn, ({**_entry(urn, request), "id": found, "inputs": inputs, "outputs": outputs}, not lacking)

    def _disabled(self, recorded: Recording, state: Mapping[str, Resource]) -> set[str]:
        """APIs that the program enables and that were found not to be enabled."""
        services = [(u, r) for u, r in recorded.requests if r.type == cloud_ids.SERVICE]
        return {str(from_wire(r.object).get("service")) for u, r in services if u in self._tried and u not in state}

    def _provider_known(self, reference: str, recorded: Recording, state: Mapping[str, Resource]) -> bool:
        provider = reference.rsplit("::", 1)[0]
        if provider in state:
            return True
        found = next((r for urn, r in recorded.requests if urn == provider), None)
        return found is not None and not without_unknown(from_wire(found.object))[1]

    def _with_support(
        self, chosen: dict[str, Resource], recorded: Recording, state: Mapping[str, Resource]
    ) -> dict[str, Resource]:
        """`chosen` with the parents and providers that they stand on."""
        requests = dict(recorded.requests)
        result: dict[str, Resource] = {}

        def add(urn: str) -> None:
            if not urn or urn in state or urn in result:
                return
            request = requests[urn]
            add(request.parent)
            item = _entry(urn, request)
            if request.type.startswith(_PROVIDER):
                inputs = from_wire(request.object)
                if request.version:
                    inputs["version"] = request.version
                item |= {"id": str(uuid.uuid4()), "inputs": inputs, "outputs": inputs}
            result[urn] = item

        for urn, request in recorded.requests if chosen else ():
            if request.type.startswith(_PROVIDER) and self._provider_known(f"{urn}::", recorded, state):
                add(urn)  # also those that only functions are called with
        for urn, item in chosen.items():
            add(item["parent"])
            provider = requests[urn].provider.rsplit("::", 1)[0]
            add(provider)
            holder = result.get(provider) or state[provider]
            result[urn] = {**item, "provider": f"{provider}::{holder['id']}"}
        return result

    def _why(self, request: Any, state: Mapping[str, Resource], recorded: Recording) -> str:
        if request.type in cloud_ids.GENERATED:
            return f"Google makes up its name; find it with: {cloud_ids.GENERATED[request.type]}"
        if not cloud_ids.known(request.type):
            return "no table says which id it has"
        if not self._provider_known(request.provider, recorded, state):
            return "its cluster does not exist, or is not known yet"
        return "its name depends on something that does not exist"


def _entry(urn: str, request: Any) -> Resource:
    """The state's entry of a registered resource, without what only a look at it can tell."""
    options = {
        "protect": request.protect,
        "retainOnDelete": request.retainOnDelete,
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
        "ignoreChanges": list(request.ignoreChanges),
    }
    said = {key: value for key, value in options.items() if value}
    return {"urn": urn, "type": request.type, "custom": request.custom, "parent": request.parent, **said}


def _is_real(item: Resource) -> bool:
    return bool(item.get("custom")) and not item["type"].startswith(_PROVIDER)


def _under(urn: str, requests: Mapping[str, Any]) -> Iterator[str]:
    yield requests[urn].provider.rsplit("::", 1)[0]
    while urn := requests[urn].parent:
        yield urn


def _objects(recorded: Recording) -> Iterator[tuple[tuple[str, str], str]]:
    for _, request in recorded.requests:
        if request.type == "gcp:storage/bucketObject:BucketObject":
            values = from_wire(request.object)
            content: Any = values.get("content")
            text: Any = (
                json.loads(cast("dict[str, str]", content)["plaintext"]) if isinstance(content, dict) else content
            )
            if isinstance(text, str) and not without_unknown(text)[1]:
                yield (str(values.get("bucket")), str(values.get("name"))), text
