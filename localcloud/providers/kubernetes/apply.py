"""Creating, updating and relinquishing objects.

Source: pulumi-kubernetes `provider/pkg/await/await.go` (`Creation`, `Update`, `ssaUpdate`, `fixCSAFieldManagers`,
`handleSSAIgnoreFields`) and pull request #4278: since 4.29 a create is a POST that refuses an object that is there
already; updates are server-side apply.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import ownership, propertypath
from localcloud.providers.kubernetes.client import APPLY, JSON_PATCH, MERGE_PATCH, ApiError
from localcloud.providers.kubernetes.difference import merge_patch
from localcloud.providers.kubernetes.discovery import NoMatchError
from localcloud.providers.kubernetes.names import CREATE_MANAGER
from localcloud.providers.kubernetes.objects import PATCH_FORCE, Object, annotated, dig, is_crd, name_of
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from localcloud.providers.kubernetes.config import Settings
    from localcloud.providers.kubernetes.discovery import Cluster

#: a namespace or CRD may be made at the same moment by another resource
_RETRIES = 5
_GUIDE = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
    "#handle-field-conflicts-on-existing-resources"
)


class PreviewUnavailableError(ProviderError):
    """A dry run cannot tell, because what it needs does not exist yet; the inputs stand for the outcome."""


class ConflictError(ProviderError):
    """Another field manager owns a field that this one wants to set."""

    def __init__(self, manager: str, error: ApiError) -> None:
        super().__init__(
            f"Server-Side Apply field conflict detected. See {_GUIDE} for troubleshooting help.\n"
            f'The resource managed by field manager "{manager}" had an apply conflict: {error}'
        )


@dataclass(frozen=True)
class Writer:
    """Writes the objects of one provider."""

    cluster: Cluster
    settings: Settings
    cancelled: threading.Event

    def create(self, inputs: Object, manager: str, *, patch: bool, preview: bool, log: Callable[[str], None]) -> Object:
        """Make an object and return it as the server has it.

        Waits a while for its namespace and its kind to appear. Raises ApiError, NoMatchError, and in a preview
        PreviewUnavailableError.
        """
        for attempt in range(_RETRIES + 1):
            try:
                if patch or (self.settings.server_side and self.settings.upsert):
                    return self._apply(inputs, name_of(inputs), manager, self._force(inputs, None, preview), preview)
                query = {"fieldManager": CREATE_MANAGER} | _dry(preview)
                return self.cluster.call("POST", inputs, "", query, inputs)
            except (ApiError, NoMatchError) as error:
                missing = isinstance(error, NoMatchError) or error.not_found
                if preview and isinstance(error, ApiError) and _untold(error):
                    raise PreviewUnavailableError(str(error)) from None
                if not missing or attempt == _RETRIES:
                    raise
                log(f"Retry #{attempt}; creation failed: {error}")
                if self.cancelled.wait(2**attempt):
                    raise
        raise AssertionError

    def update(
        self,
        inputs: Object,
        old: Object,
        live: Object,
        manager: str,
        ignored: Sequence[str],
        *,
        patch: bool,
        preview: bool,
    ) -> Object:
        """Bring the live object to `inputs`; `old` are the inputs before. Returns the server's answer."""
        name = name_of(live)
        if is_crd(inputs):
            return self._replace(inputs, live, manager, preview=preview)
        if not self.settings.server_side:
            return self._client_side(inputs, old, live, ignored, preview)
        if not patch and not preview:
            live = self._take_over(inputs, live, manager)
        wanted = self._without_ignored(inputs, live, manager, ignored)
        return self._apply(wanted, name, manager, self._force(inputs, live, preview), preview)

    def relinquish(self, live: Object, manager: str) -> None:
        """Give up every field that `manager` owns; what nobody else owns falls back or goes."""
        bare = {"apiVersion": live["apiVersion"], "kind": live["kind"]}
        meta = live["metadata"]
        bare["metadata"] = {key: meta[key] for key in ("name", "namespace") if meta.get(key)}
        self.cluster.call("PATCH", live, name_of(live), {"fieldManager": manager}, bare, APPLY)

    def _apply(self, inputs: Object, name: str, manager: str, force: bool, preview: bool) -> Object:  # noqa: FBT001
        query = {"fieldManager": manager, "force": "true" if force else "false", "fieldValidation": "Warn"}
        try:
            return self.cluster.call("PATCH", inputs, name, query | _dry(preview), inputs, APPLY)
        except ApiError as error:
            if error.conflict:
                raise ConflictError(manager, error) from None
            raise

    def _force(self, inputs: Object, live: Object | None, preview: bool) -> bool:  # noqa: FBT001 - as the plugin
        """Whether to take fields from other managers (`patchForce`).

        In a preview this provider's own manager of the creation is overridden: a real update takes over from it first.
        """
        if dig(inputs, "metadata", "annotations", PATCH_FORCE) is not None:
            return annotated(inputs, PATCH_FORCE)
        if self.settings.patch_force is not None:
            return self.settings.patch_force
        return preview and (live is None or ownership.created_here(live))

    def _take_over(self, inputs: Object, live: Object, manager: str) -> Object:
        """Make `manager` the owner of what this provider's creation owns, on the object as it is at that moment."""
        for last in (False,) * _RETRIES + (True,):
            operations = ownership.take_over(live, manager)
            if not operations:
                return live
            try:
                return self.cluster.call("PATCH", inputs, name_of(live), {}, operations, JSON_PATCH)
            except ApiError as error:
                if last or not error.conflict:
                    raise
            live = self.cluster.get(inputs, name_of(live))  # a controller wrote in between, its status most often
        raise AssertionError

    def _replace(self, inputs: Object, live: Object, manager: str, *, preview: bool) -> Object:
        """Put a definition of a custom resource as a whole: a definition is never made anew, its objects would go."""
        for last in (False,) * _RETRIES + (True,):
            body = copy.deepcopy(inputs)
            body["metadata"]["resourceVersion"] = dig(live, "metadata", "resourceVersion")
            try:
                return self.cluster.call("PUT", inputs, name_of(live), {"fieldManager": manager} | _dry(preview), body)
            except ApiError as error:
                if last or not error.conflict:
                    raise
            live = self.cluster.get(inputs, name_of(live))
        raise AssertionError

    def _without_ignored(self, inputs: Object, live: Object, manager: str, ignored: Sequence[str]) -> Object:
        """`inputs` with each ignored path as it is live, or left out where somebody else owns it alone."""
        wanted = copy.deepcopy(inputs)
        for text in ignored:
            steps = propertypath.parse(text)
            if ownership.owned_by_others_only(live, manager, steps):
                ownership.remove(wanted, steps)
                continue
            current = dig(live, *steps)
            if current is not None:
                ownership.put(wanted, steps, current)
        return wanted

    def _client_side(self, inputs: Object, old: Object, live: Object, ignored: Sequence[str], preview: bool) -> Object:  # noqa: FBT001
        """Client-side apply: remove what the old inputs had, set what the new ones have."""
        wanted = copy.deepcopy(inputs)
        for text in ignored:
            steps = propertypath.parse(text)
            current = dig(live, *steps)
            if current is not None:
                ownership.put(wanted, steps, current)
        patch = _merge(_deletions(old, wanted), merge_patch(live, ownership.overlay(live, wanted)))
        query = {"fieldManager": CREATE_MANAGER} | _dry(preview)
        return self.cluster.call("PATCH", inputs, name_of(live), query, patch, MERGE_PATCH)


def _untold(error: ApiError) -> bool:
    """Whether a dry run met what the real run will not: a namespace still to come, an object that goes first."""
    return error.no_namespace or (error.invalid and "field is immutable" in str(error))


def _dry(preview: bool) -> dict[str, str]:  # noqa: FBT001 - one flag
    return {"dryRun": "All"} if preview else {}


def _deletions(old: Any, new: Any) -> Object:
    """Null for every map key of `old` that `new` no longer has."""
    patch: Object = {}
    for key, value in old.items():
        if key not in new:
            patch[key] = None
        elif isinstance(value, dict) and isinstance(new[key], dict):
            inner = _deletions(value, new[key])
            if inner:
                patch[key] = inner
    return patch


def _merge(one: Object, other: Object) -> Object:
    result = dict(one)
    for key, value in other.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merge(result[key], value) if both else value
    return result
