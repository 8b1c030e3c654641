"""The provider: one method for each remote call, on top of the modules beside it.

Source: pulumi-kubernetes `provider/pkg/provider/provider.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from localcloud.providers.kubernetes import (
    checking,
    config,
    difference,
    kinds,
    names,
    propertypath,
    replacement,
    state,
    yaml_decode,
)
from localcloud.providers.kubernetes.apply import PreviewUnavailableError, Writer
from localcloud.providers.kubernetes.awaiting import registry
from localcloud.providers.kubernetes.awaiting.base import AwaitError, Context, condition, timeout_of
from localcloud.providers.kubernetes.client import ApiClient, ApiError, UnreachableError
from localcloud.providers.kubernetes.discovery import Cluster, NoMatchError
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import (
    AUTONAMED,
    DELETION_PROPAGATION,
    LAST_APPLIED,
    REPLACE_UNREADY,
    Object,
    annotated,
    annotation,
    dig,
    full_name,
    is_crd,
    kind_of,
    name_of,
    namespace_of,
    set_meta,
    split_id,
)
from localcloud.providers.kubernetes.prune import prune
from localcloud.providers.kubernetes.secretness import conceal
from localcloud.providers.model import (
    CheckFailure,
    Diff,
    DiffKind,
    PartialFailureError,
    Provider,
    ProviderError,
    Request,
    State,
)
from localcloud.providers.values import has_unknown, reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = "4.34.2"
_OLDEST_MINOR = 13
_DROP_STATE = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
_NOT_INPUTS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_NOT_INPUT_ANNOTATIONS = ("deployment.kubernetes.io/revision", LAST_APPLIED)


class Kubernetes(Provider):
    """Objects of one cluster."""

    name = "kubernetes"
    version = VERSION
    supports_autonaming = True

    def __init__(self) -> None:
        super().__init__()
        self._settings = config.Settings()
        self._cluster: Cluster | None = None
        self._unreachable = "the provider is not configured"

    # -- configuration ------------------------------------------------------------------------------------------

    def check_config(self, news: dict[str, Any]) -> list[CheckFailure]:
        return config.check(reveal(news))

    def diff_config(self, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        return config.diff(olds, news)

    def configure(self, config_values: dict[str, Any]) -> None:
        """Take the configuration and look whether the cluster answers; one that does not is an error only later."""
        values = reveal(config_values)
        self._settings = config.settings(values)
        try:
            access = config.access(values, self._settings.namespace)
        except ProviderError as error:
            self._unreachable = f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {error}"
            return
        self._settings = config.settings({**values, "namespace": access.namespace})
        try:
            cluster = Cluster(ApiClient(access, self._settings.client_timeout), self.cancelled)
            minor = cluster.minor_version()
        except ProviderError as error:
            self._unreachable = f"unable to load schema information from the API server: {error}"
            return
        if minor < _OLDEST_MINOR:
            raise ProviderError(f"minimum supported cluster version is v1.13. found v1.{minor}")
        self._cluster = cluster

    def _reach(self) -> Cluster:
        if self._cluster is None:
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        return self._cluster

    def _writer(self) -> Writer:
        return Writer(self._reach(), self._settings, self.cancelled)

    # -- check and diff -----------------------------------------------------------------------------------------

    def check(
        self, request: Request, olds: dict[str, Any], news: dict[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[CheckFailure]]:
        kinds.refuse(request.type)
        if self._cluster is None and self._settings.skip_update_unreachable:
            self.warn(request.urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
            return olds, []
        if dig(news, "metadata", "annotations", AUTONAMED) is not None:
            self.warn(request.urn, f"ignoring user-specified value for internal annotation {AUTONAMED!r}")
        checked = checking.check(request, olds, news, seed, self._settings, self._cluster)
        if self._cluster is not None:
            checking.warn_of_version(request, checked, self._cluster.minor_version(), self.warn)
        return checked, []

    def diff(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> Diff:
        del old_inputs  # the plugin compares with the inputs inside the state
        new = normalize(state.to_object(news))
        before, live = state.split(old_outputs)
        old = prune(live, normalize(before))
        self._align(old, new, live)
        patch = kinds.is_patch(request.type, kind_of(new).kind)
        rules = replacement.paths(
            {} if patch else new,
            mutable_config_maps=self._settings.mutable_config_maps,
            mutable_secrets=self._settings.mutable_secrets,
        )
        detailed = _without(difference.compare(old, new, rules), ignore_changes)
        replaces = [path for path, kind in detailed.items() if kind.replaces]
        if detailed.get("metadata") is DiffKind.DELETE:
            replaces.append("metadata")
        if annotated(new, REPLACE_UNREADY) and self._unready(request, new, live):
            replaces.append(f'.metadata.annotations["{REPLACE_UNREADY}"]')
        same_place = name_of(new) == name_of(live) and namespace_of(new) == namespace_of(live)
        named = names.is_named(new) and not annotated(new, AUTONAMED)
        return Diff(detailed, bool(replaces) and named and same_place, replaces)

    def _align(self, old: Object, new: Object, live: Object) -> None:
        """Make the two sides of a diff comparable: namespaces spelled out, the name that the object has."""
        if self._namespaced(new):
            for obj in (old, new):
                if dig(obj, "metadata", "namespace") is None:
                    set_meta(obj, "namespace", "default")
        else:
            set_meta(old, "namespace", "")
            set_meta(new, "namespace", "")
        for key in ("apiVersion", "kind"):
            old.setdefault(key, new.get(key))
        if self._settings.server_side and dig(old, "metadata", "resourceVersion"):
            set_meta(old, "resourceVersion", "")
        if name_of(new):
            set_meta(old, "name", name_of(live))

    def _namespaced(self, obj: Object) -> bool:
        kind = kind_of(obj)
        return kind.kind not in kinds.CLUSTER_SCOPED if self._cluster is None else self._cluster.namespaced(kind)

    def _unready(self, request: Request, new: Object, live: Object) -> bool:
        """Whether a Job that asks for it is to be made again, because it has not succeeded."""
        if self._cluster is None:
            self.warn(request.urn, "Cluster is unreachable, skipping replaceUnready check")
        elif kind_of(new).kind != "Job":
            self.warn(request.urn, "replaceUnready annotation is not supported for this resource")
        else:
            try:
                current = self._cluster.get(live, name_of(live))
            except (ApiError, UnreachableError):
                return False
            return condition(current, "Complete").get("status") != "True"
        return False

    # -- create, read, update, delete ---------------------------------------------------------------------------

    def create(self, request: Request, inputs: dict[str, Any]) -> State:
        obj = state.to_object(inputs)
        patch = kinds.is_patch(request.type, kind_of(obj).kind)
        if request.preview and self._cannot_preview(obj, patch=patch):
            return State("", inputs)
        writer = self._writer()
        manager = names.field_manager(self._settings.server_side, inputs, obj)
        try:
            made = writer.create(
                obj, manager, patch=patch, preview=request.preview, log=lambda text: self.log(request.urn, text)
            )
        except PreviewUnavailableError:
            return State("", inputs)
        except NoMatchError as error:
            raise ProviderError(
                f'creation of resource "{request.urn}" with kind {_spelled(obj)} failed because the Kubernetes API '
                "server reported that the apiVersion for this resource does not exist. Verify that any required CRDs "
                f"have been created: {error}"
            ) from None
        except ProviderError as error:
            soft = isinstance(error, ApiError) and (error.forbidden or error.already_exists or _no_dry_run(error))
            if request.preview and soft:
                return State("", inputs)
            raise ProviderError(
                f'resource "{request.urn}" was not successfully created by the Kubernetes API server: {error}'
            ) from None
        if request.preview:
            made.pop("status", None)
            return State("", state.checkpoint(obj, made, inputs, str(obj["apiVersion"]), manager))
        what = (
            f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported that it failed '
            "to fully initialize or become live"
        )
        made = self._await(request, obj, made, what, inputs, str(obj["apiVersion"]), manager)
        if is_crd(obj):
            self._reach().forget()
        return State(full_name(made), state.checkpoint(obj, made, inputs, str(obj["apiVersion"]), manager))

    def _cannot_preview(self, obj: Object, *, patch: bool) -> bool:
        """Whether a dry run would say nothing: unknown values, no cluster, a kind still to come, a Patch."""
        if has_unknown(obj) or patch or self._cluster is None or not self._settings.server_side:
            return True
        return not self._cluster.exists(kind_of(obj))

    def _context(self, request: Request, inputs: Object) -> Context:
        def log(text: str) -> None:
            self.log(request.urn, text)

        return Context(self._reach(), self.cancelled, log, timeout_of(request.timeout, inputs))

    def _await(
        self,
        request: Request,
        obj: Object,
        made: Object,
        what: str,
        marked: dict[str, Any],
        version: str,
        manager: str,
    ) -> Object:
        """Wait until an object is live, and return its last state. Raises PartialFailureError with it."""
        try:
            live = registry.live(self._context(request, obj), obj, made, await_all=self._settings.await_all)
        except AwaitError as error:
            last = self._last(error.live)
            kept = State(full_name(last), state.checkpoint(obj, last, marked, version, manager))
            raise PartialFailureError(kept, [f"{what}: {error}", *error.reasons]) from None
        return self._last(live)

    def _last(self, live: Object) -> Object:
        try:
            return self._reach().get(live, name_of(live))
        except ProviderError:
            return live

    def update(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> dict[str, Any]:
        del old_inputs
        new = normalize(state.to_object(news))
        unknown = request.preview and has_unknown(new)
        if unknown or (request.preview and (self._cluster is None or not self._cluster.exists(kind_of(new)))):
            return news
        writer = self._writer()
        before, live = state.split(old_outputs)
        manager = names.field_manager(self._settings.server_side, old_outputs, new)
        version = str(old_outputs.get(state.INITIAL_API_VERSION) or before.get("apiVersion") or new["apiVersion"])
        patch = kinds.is_patch(request.type, kind_of(new).kind)
        what = f'the Kubernetes API server reported that "{full_name(live)}" failed to fully initialize or become live'
        try:
            current = self._reach().get(new, name_of(live))
            made = writer.update(new, before, current, manager, ignore_changes, patch=patch, preview=request.preview)
        except NoMatchError as error:
            raise ProviderError(
                f'update of resource "{request.urn}" failed because the Kubernetes API server reported that the '
                f"apiVersion for this resource does not exist. Verify that any required CRDs have been created: {error}"
            ) from None
        except ProviderError as error:
            if request.preview and isinstance(error, ApiError) and error.forbidden:
                return news
            self._refused(request, new, live, error, what, news, version, manager)
        if request.preview:
            return state.checkpoint(new, made, news, version, manager)
        made = self._await(request, new, made, what, news, version, manager)
        previous = names.field_manager(self._settings.server_side, old_outputs, before)
        if self._settings.server_side and previous != manager:
            writer.relinquish(made, previous)
        if is_crd(new):
            self._reach().forget()
        return state.checkpoint(new, made, news, version, manager)

    def _refused(
        self,
        request: Request,
        new: Object,
        live: Object,
        error: ProviderError,
        what: str,
        marked: dict[str, Any],
        version: str,
        manager: str,
    ) -> NoReturn:
        """An update that the API server refused: as the plugin does, a partial failure with the object as it is."""
        try:
            current = self._reach().get(live, name_of(live))
        except ProviderError as unread:
            raise ProviderError(
                f'update of resource "{request.urn}" failed: {error}\nunable to get cluster state: {unread}'
            ) from None
        kept = State(full_name(current), state.checkpoint(new, current, marked, version, manager))
        raise PartialFailureError(kept, [f"{what}: {error}"]) from None

    def read(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
        if self._cluster is None:
            return self._read_nothing(request, inputs, outputs)
        kinds.refuse(request.type)
        namespace, name = split_id(request.id)
        if not name:
            raise ProviderError(
                f"failed to read resource because of a failure to parse resource name from request ID: {request.id}"
            )
        old = normalize(state.to_object(inputs))
        _before, old_live = state.split(outputs)
        fresh = not old.get("kind") and not old_live.get("kind")
        if not old.get("kind"):
            kind = kinds.of_type(request.type) if fresh else kind_of(old_live)
            bare = kind.kind.removesuffix("Patch") if kinds.known(kind) else kind.kind
            old |= {"apiVersion": kind.api_version, "kind": bare}
            set_meta(old, "name", name_of(old) or name)
            set_meta(old, "namespace", namespace_of(old) or namespace)
        version = str(outputs.get(state.INITIAL_API_VERSION) or old["apiVersion"])
        manager = names.field_manager(self._settings.server_side, outputs, old)
        try:
            live = self._cluster.get(old, name)
        except NoMatchError:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise
        live_inputs = prune(live, old)
        if fresh:
            live_inputs = _imported(request, live, live_inputs)
        found = State(
            request.id or full_name(live),
            state.checkpoint(live_inputs, live, inputs, version, manager),
            conceal(live_inputs, inputs),
        )
        if not fresh:
            try:
                registry.look(self._context(request, old), old, live)
            except AwaitError as error:
                raise PartialFailureError(found, [str(error), *error.reasons]) from None
        return found

    def _read_nothing(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
        """Read without a cluster: an error, unless the program opted out of it."""
        self.warn(request.urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}")
        if self._settings.delete_unreachable:
            self._dropped(request)
            return None
        if self._settings.skip_update_unreachable:
            self.warn(
                request.urn,
                "the `skipUpdateUnreachable` option is enabled. Returned data could not reflect the actual cluster "
                "configuration.",
            )
            return State(request.id, outputs, inputs)
        raise ProviderError(f"failed to read resource state due to unreachable cluster. {_DROP_STATE}")

    def _dropped(self, request: Request) -> None:
        self.warn(
            request.urn,
            "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the "
            "unreachable resource from Pulumi state",
        )

    def delete(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        del inputs
        if self._cluster is None:
            self.warn(request.urn, f"configured Kubernetes cluster is unreachable: {self._unreachable}")
            if not self._settings.delete_unreachable:
                raise ProviderError(f"configured Kubernetes cluster is unreachable. {_DROP_STATE}")
            self._dropped(request)
            return
        before, live = state.split(outputs)
        set_meta(live, "name", split_id(request.id)[1])
        manager = names.field_manager(self._settings.server_side, outputs, before)
        try:
            if self._settings.server_side and kinds.is_patch(request.type, kind_of(before).kind):
                self._relinquish_patch(live, manager)
                return
            self._remove(request, before, live, manager)
        except NoMatchError:
            return  # the definition is gone, and its objects with it
        except AwaitError as error:
            raise ProviderError("; ".join([str(error), *error.reasons])) from None
        except ApiError as error:
            if not error.not_found:
                raise

    def _relinquish_patch(self, live: Object, manager: str) -> None:
        try:
            self._writer().relinquish(live, manager)
        except ApiError as error:
            required = [cause.get("field") for cause in error.causes if cause.get("reason") == "FieldValueRequired"]
            if not required:
                raise
            raise ProviderError(
                "this Patch resource is currently managing a required field, so it can't be deleted directly. Either "
                "set the `retainOnDelete` resource option, or transfer ownership of the field before deleting: "
                f"{required[0]}"
            ) from None

    def _remove(self, request: Request, before: Object, live: Object, manager: str) -> None:
        policies = {"orphan": "Orphan", "background": "Background"}
        policy = policies.get(annotation(before, DELETION_PROPAGATION).lower(), "Foreground")
        try:
            self._reach().call("DELETE", live, name_of(live), body={"propagationPolicy": policy})
        except ApiError as error:
            # what Kubernetes protects (namespace "default") is left, without our fields; missing rights are an error
            if not (error.forbidden and "may not be deleted" in str(error) and self._settings.server_side):
                raise
            self._writer().relinquish(live, manager)
            return
        registry.gone(self._context(request, before), before, live)

    # -- functions ----------------------------------------------------------------------------------------------

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if token == "kubernetes:yaml:decode":  # noqa: S105 - a function's token
            return {"result": yaml_decode.decode(args, self._cluster)}
        if token in {"kubernetes:helm:template", "kubernetes:kustomize:directory"}:
            raise ProviderError(f"{token} is not offered by this stand-in: only the official plugin renders charts")
        raise ProviderError(f'unknown Invoke type "{token}"')


def _without(detailed: dict[str, DiffKind], ignored: Sequence[str]) -> dict[str, DiffKind]:
    paths = [propertypath.parse(text) for text in ignored]
    return {
        text: kind
        for text, kind in detailed.items()
        if not any(propertypath.contains(path, propertypath.parse(text)) for path in paths)
    }


def _spelled(obj: Object) -> str:
    kind = kind_of(obj)
    return f"{kind.api_version}/{kind.kind}"


def _no_dry_run(error: ApiError) -> bool:
    """Whether an admission webhook or an old server cannot do a dry run (`isDryRunDisabledError`)."""
    text = str(error)
    return error.code == 400 and ("does not support dry run" in text or "dryRun" in text)  # noqa: PLR2004 - HTTP


def _imported(request: Request, live: Object, pruned: Object) -> Object:
    """The inputs that would make an object which the program has never seen."""
    inputs = dict(pruned)
    if kinds.known(kinds.of_type(request.type)):
        inputs |= {key: value for key, value in live.items() if key != "status"}
    meta = {key: value for key, value in dig(inputs, "metadata", default={}).items() if key not in _NOT_INPUTS}
    notes = meta.get("annotations")
    if isinstance(notes, dict):
        meta["annotations"] = {key: value for key, value in notes.items() if key not in _NOT_INPUT_ANNOTATIONS}
    return inputs | {"metadata": meta}
