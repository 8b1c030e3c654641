"""PersistentVolume, PersistentVolumeClaim, ResourceQuota and token Secret.

Source: pulumi-kubernetes `provider/pkg/await/awaiters.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.providers.kubernetes.awaiting import pods
from localcloud.providers.kubernetes.awaiting.base import READY, Outcome
from localcloud.providers.kubernetes.client import ApiError
from localcloud.providers.kubernetes.objects import Object, dig

if TYPE_CHECKING:
    from localcloud.providers.kubernetes.awaiting.base import Context


def volume(context: Context, live: Object) -> Outcome:
    """A PersistentVolume is live when it is available or bound."""
    del context
    phase = dig(live, "status", "phase")
    return (
        READY if phase in {"Available", "Bound"} else Outcome(done=False, message=f"Waiting for the volume ({phase})")
    )


def claim(context: Context, live: Object) -> Outcome:
    """A claim is live when it is bound; where its class binds with the first consumer, when it is pending."""
    phase = dig(live, "status", "phase")
    if phase == "Bound" or (phase == "Pending" and _binds_late(context, live)):
        return READY
    return Outcome(
        done=False,
        message=f"Waiting for the claim to be bound ({phase})",
        reasons=lambda: pods.warnings(context, live) or [f"the claim is {phase}"],
    )


def _binds_late(context: Context, live: Object) -> bool:
    name = dig(live, "spec", "storageClassName")
    if not name:
        return False
    probe = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}
    try:
        return context.cluster.get(probe, name).get("volumeBindingMode") == "WaitForFirstConsumer"
    except ApiError:
        return False


def quota(context: Context, live: Object) -> Outcome:
    """A ResourceQuota is live when its controller has taken over its limits."""
    del context
    same = dig(live, "spec", "hard") is not None and dig(live, "spec", "hard") == dig(live, "status", "hard")
    return READY if same else Outcome(done=False, message="Waiting for the quota to take effect")


def secret(context: Context, live: Object) -> Outcome:
    """A service account's token Secret is live when its token has been written; other Secrets at once."""
    del context
    waits = live.get("type") == "kubernetes.io/service-account-token" and not live.get("data")
    return Outcome(done=False, message="Waiting for the token") if waits else READY
