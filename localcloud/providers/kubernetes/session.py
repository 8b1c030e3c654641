"""What every call of one provider shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import kinds, names
from localcloud.providers.kubernetes.apply import Writer
from localcloud.providers.kubernetes.awaiting.base import Context, timeout_of
from localcloud.providers.kubernetes.objects import Object, kind_of
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from localcloud.providers.kubernetes.config import Settings
    from localcloud.providers.kubernetes.discovery import Cluster
    from localcloud.providers.model import Request

DROP_STATE = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)


@dataclass(frozen=True)
class Session:
    """A configured provider: its settings and its cluster, or why there is none."""

    settings: Settings
    cluster: Cluster | None
    unreachable: str
    cancelled: threading.Event
    log: Callable[[str, str], None]
    warn: Callable[[str, str], None]

    def reach(self) -> Cluster:
        """The cluster. Raises ProviderError when it cannot be reached."""
        if self.cluster is None:
            raise ProviderError(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self.cluster

    def writer(self) -> Writer:
        """What writes objects."""
        return Writer(self.reach(), self.settings, self.cancelled)

    def context(self, request: Request, inputs: Object) -> Context:
        """What a wait for the object of `inputs` needs."""

        def log(text: str) -> None:
            self.log(request.urn, text)

        return Context(self.reach(), self.cancelled, log, timeout_of(request.timeout, inputs))

    def namespaced(self, obj: Object) -> bool:
        """Whether an object lives in a namespace, as far as that can be told."""
        kind = kind_of(obj)
        return kind.kind not in kinds.CLUSTER_SCOPED if self.cluster is None else self.cluster.namespaced(kind)

    def manager(self, state: dict[str, Any], inputs: Object) -> str:
        """The field manager of a resource."""
        return names.field_manager(self.settings.server_side, state, inputs)

    def dropped(self, request: Request) -> None:
        """Tell that a resource is forgotten because its cluster does not answer."""
        self.warn(
            request.urn,
            "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the "
            "unreachable resource from Pulumi state",
        )
