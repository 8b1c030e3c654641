"""Create and Update.

Source: pulumi-kubernetes `provider.go` (`Create`, `Update`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from localcloud.providers.kubernetes import kinds, state
from localcloud.providers.kubernetes.apply import PreviewUnavailableError
from localcloud.providers.kubernetes.awaiting import registry
from localcloud.providers.kubernetes.awaiting.base import AwaitError
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.discovery import NoMatchError
from localcloud.providers.kubernetes.normalize import normalize
from localcloud.providers.kubernetes.objects import Object, full_name, is_crd, kind_of, name_of
from localcloud.providers.model import PartialFailureError, ProviderError, State
from localcloud.providers.values import has_unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.providers.kubernetes.session import Session
    from localcloud.providers.model import Request

_NO_VERSION = (
    "failed because the Kubernetes API server reported that the apiVersion for this resource does not exist. Verify "
    "that any required CRDs have been created"
)
_NOT_LIVE = "failed to fully initialize or become live"


@dataclass(frozen=True)
class _Change:
    """One object on its way: the inputs as an object and as the program gave them, and what goes into its state."""

    session: Session
    request: Request
    obj: Object
    marked: dict[str, Any]
    version: str
    manager: str
    #: begins the message of a failure
    what: str

    @property
    def patch(self) -> bool:
        return kinds.is_patch(self.request.type, kind_of(self.obj).kind)

    def outputs(self, live: Object) -> dict[str, Any]:
        return state.checkpoint(self.obj, live, self.marked, self.version, self.manager)

    def fail(self, live: Object, error: ProviderError, reasons: Sequence[str] = ()) -> NoReturn:
        """Keep the object in the state and say what is wrong with it."""
        kept = State(full_name(live), self.outputs(live))
        raise PartialFailureError(kept, [f"{self.what}: {error}", *reasons]) from None

    def wait(self, made: Object) -> Object:
        """Wait until the object is live, and return it as it was last seen.

        What nobody waits for is as the API server answered its writing, before any controller saw it: the recording
        of the plugin has it so.
        """
        session = self.session
        try:
            live = registry.live(
                session.context(self.request, self.obj), self.obj, made, await_all=session.settings.await_all
            )
        except AwaitError as error:
            self.fail(error.live, error, error.reasons)
        if is_crd(self.obj):
            session.reach().forget()
        return live


def create(session: Session, request: Request, inputs: dict[str, Any]) -> State:
    """Make an object and wait until it is live. A preview asks the API server with a dry run, where it can."""
    obj = state.to_object(inputs)
    change = _Change(
        session,
        request,
        obj,
        inputs,
        str(obj.get("apiVersion")),
        session.manager(inputs, obj),
        f'resource "{request.urn}" was successfully created, but the Kubernetes API server reported that it '
        + _NOT_LIVE,
    )
    if request.preview and _cannot_preview(change):
        return State("", inputs)
    try:
        made = session.writer().create(
            obj,
            change.manager,
            patch=change.patch,
            preview=request.preview,
            log=lambda text: session.log(request.urn, text),
        )
    except PreviewUnavailableError:
        return State("", inputs)
    except NoMatchError as error:
        kind = kind_of(obj)
        raise ProviderError(
            f'creation of resource "{request.urn}" with kind {kind.api_version}/{kind.kind} {_NO_VERSION}: {error}'
        ) from None
    except ProviderError as error:
        if request.preview and isinstance(error, ApiError) and _says_nothing(error):
            return State("", inputs)
        raise ProviderError(
            f'resource "{request.urn}" was not successfully created by the Kubernetes API server: {error}'
        ) from None
    if request.preview:
        made.pop("status", None)
        return State("", change.outputs(made))
    made = change.wait(made)
    return State(full_name(made), change.outputs(made))


def _cannot_preview(change: _Change) -> bool:
    """Whether a dry run would say nothing: unknown values, no cluster, a kind still to come, a Patch."""
    cluster = change.session.cluster
    if cluster is None or change.patch or not change.session.settings.server_side or has_unknown(change.obj):
        return True
    return not cluster.exists(kind_of(change.obj))


def _says_nothing(error: ApiError) -> bool:
    """Whether a refused dry run says nothing about the real run.

    A preview may lack the right to write, the object may be the one that is to be replaced, and an admission webhook
    may not know dry runs (`isDryRunDisabledError`).
    """
    text = str(error)
    no_dry_run = error.code == 400 and ("does not support dry run" in text or "dryRun" in text)  # noqa: PLR2004 - HTTP
    return error.forbidden or error.already_exists or no_dry_run


def update(
    session: Session, request: Request, outputs: dict[str, Any], news: dict[str, Any], ignored: Sequence[str]
) -> dict[str, Any]:
    """Change an object in place, wait until it is live, and return its outputs.

    A refusal of the API server is a partial failure that keeps the object as it is, as the plugin has it.
    """
    new = normalize(state.to_object(news))
    if request.preview and (has_unknown(new) or session.cluster is None or not session.cluster.exists(kind_of(new))):
        return news
    before, live = state.split(outputs)
    version = outputs.get(state.INITIAL_API_VERSION) or before.get("apiVersion") or new["apiVersion"]
    change = _Change(
        session,
        request,
        new,
        news,
        str(version),
        session.manager(outputs, new),
        f'the Kubernetes API server reported that "{full_name(live)}" {_NOT_LIVE}',
    )
    writer = session.writer()
    try:
        current = session.reach().get(new, name_of(live))
        made = writer.update(new, before, current, change.manager, ignored, patch=change.patch, preview=request.preview)
    except NoMatchError as error:
        raise ProviderError(f'update of resource "{request.urn}" {_NO_VERSION}: {error}') from None
    except ProviderError as error:
        if request.preview and isinstance(error, ApiError) and error.forbidden:
            return news
        _refused(change, live, error)
    if request.preview:
        return change.outputs(made)
    made = change.wait(made)
    previous = session.manager(outputs, before)
    if session.settings.server_side and previous != change.manager:
        writer.relinquish(made, previous)
    return change.outputs(made)


def _refused(change: _Change, live: Object, error: ProviderError) -> NoReturn:
    try:
        current = change.session.reach().get(live, name_of(live))
    except ProviderError as unread:
        raise ProviderError(
            f'update of resource "{change.request.urn}" failed: {error}\nunable to get cluster state: {unread}'
        ) from None
    change.fail(current, error)
