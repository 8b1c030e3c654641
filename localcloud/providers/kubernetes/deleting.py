"""Delete.

Source: pulumi-kubernetes `provider.go` (`Delete`), `provider/pkg/await/await.go` (`Deletion`) and pull request #4278
for what Kubernetes does not let anybody delete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds, state
from localcloud.providers.kubernetes.awaiting import registry
from localcloud.providers.kubernetes.awaiting.base import AwaitError
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.discovery import NoMatchError
from localcloud.providers.kubernetes.objects import (
    DELETION_PROPAGATION,
    Object,
    annotation,
    kind_of,
    name_of,
    set_meta,
    split_id,
)
from localcloud.providers.kubernetes.session import DROP_STATE
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.session import Session
    from localcloud.providers.model import Request

_POLICIES = {"orphan": "Orphan", "background": "Background"}


def delete(session: Session, request: Request, outputs: dict[str, Any]) -> None:
    """Remove an object and wait until it is gone; a Patch only gives its fields up. Gone already is no error."""
    if session.cluster is None:
        session.warn(request.urn, f"configured Kubernetes cluster is unreachable: {session.unreachable}")
        if not session.settings.delete_unreachable:
            raise ProviderError(f"configured Kubernetes cluster is unreachable. {DROP_STATE}")
        session.dropped(request)
        return
    before, live = state.split(outputs)
    set_meta(live, "name", split_id(request.id)[1])
    manager = session.manager(outputs, before)
    try:
        if session.settings.server_side and kinds.is_patch(request.type, kind_of(live).kind):
            _relinquish(session, live, manager)
        else:
            _remove(session, request, before, live, manager)
    except NoMatchError:
        return  # the definition is gone, and its objects with it
    except AwaitError as error:
        raise ProviderError("; ".join([str(error), *error.reasons])) from None
    except ApiError as error:
        if not error.not_found:
            raise


def _relinquish(session: Session, live: Object, manager: str) -> None:
    try:
        session.writer().relinquish(live, manager)
    except ApiError as error:
        required = [cause.get("field") for cause in error.causes if cause.get("reason") == "FieldValueRequired"]
        if not required:
            raise
        raise ProviderError(
            "this Patch resource is currently managing a required field, so it can't be deleted directly. Either set "
            "the `retainOnDelete` resource option, or transfer ownership of the field before deleting: "
            f"{required[0]}"
        ) from None


def _remove(session: Session, request: Request, before: Object, live: Object, manager: str) -> None:
    policy = _POLICIES.get(annotation(before, DELETION_PROPAGATION).lower(), "Foreground")
    try:
        session.reach().call("DELETE", live, name_of(live), body={"propagationPolicy": policy})
    except ApiError as error:
        # what Kubernetes protects (namespace "default") is left, without our fields; missing rights are an error
        if not (error.forbidden and "may not be deleted" in str(error) and session.settings.server_side):
            raise
        session.writer().relinquish(live, manager)
        return
    registry.gone(session.context(request, before), before, live)
