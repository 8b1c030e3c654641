"""The provider: each remote call, handed to the module that knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.providers.kubernetes import (
    checking,
    comparing,
    config,
    deleting,
    kinds,
    reading,
    writing,
    yaml_decode,
)
from localcloud.providers.kubernetes.client import ApiClient
from localcloud.providers.kubernetes.discovery import Cluster
from localcloud.providers.kubernetes.objects import AUTONAMED, dig
from localcloud.providers.kubernetes.session import Session
from localcloud.providers.model import CheckFailure, Diff, Provider, ProviderError, Request, State
from localcloud.providers.values import reveal

if TYPE_CHECKING:
    from collections.abc import Sequence

#: of the plugin that this stands in for: the SDK asks for it
VERSION = "4.34.2"
_OLDEST_MINOR = 13


class Kubernetes(Provider):
    """Objects of one cluster. The methods are documented by their base."""

    # ruff: noqa: D102 - documented by the base class

    name = "kubernetes"
    version = VERSION
    supports_autonaming = True
    #: client-go asks again nine times, after the second that the API server names
    throttle_delays = (1.0,) * 9

    def __init__(self) -> None:
        super().__init__()
        self._settings = config.Settings()
        self._cluster: Cluster | None = None
        self._unreachable = "the provider is not configured"

    def _session(self) -> Session:
        return Session(self._settings, self._cluster, self._unreachable, self.cancelled, self.log, self.warn)

    def check_config(self, news: dict[str, Any]) -> list[CheckFailure]:
        return config.check(reveal(news))

    def diff_config(self, olds: dict[str, Any], news: dict[str, Any]) -> Diff:
        return config.diff(olds, news)

    def configure(self, config_values: dict[str, Any]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
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

    def check(
        self, request: Request, olds: dict[str, Any], news: dict[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[CheckFailure]]:
        kinds.refuse(request.type)
        if self._cluster is None and self._settings.skip_update_unreachable:
            self.warn(request.urn, "Cluster is unreachable but skipUpdateUnreachable flag is set to true, skipping...")
            return olds, []
        if dig(news, "metadata", "annotations", AUTONAMED) is not None:
            self.warn(request.urn, f'ignoring user-specified value for internal annotation "{AUTONAMED}"')
        session = self._session()
        checked = checking.check(session, request, olds, news, seed)
        if self._cluster is not None:
            checking.warn_of_version(session, request, checked, self._cluster.minor_version())
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
        return comparing.diff(self._session(), request, old_outputs, news, ignore_changes)

    def create(self, request: Request, inputs: dict[str, Any]) -> State:
        return writing.create(self._session(), request, inputs)

    def read(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> State | None:
        kinds.refuse(request.type)
        return reading.read(self._session(), request, inputs, outputs)

    def update(
        self,
        request: Request,
        old_inputs: dict[str, Any],
        old_outputs: dict[str, Any],
        news: dict[str, Any],
        ignore_changes: Sequence[str],
    ) -> dict[str, Any]:
        del old_inputs
        return writing.update(self._session(), request, old_outputs, news, ignore_changes)

    def delete(self, request: Request, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        del inputs
        deleting.delete(self._session(), request, outputs)

    def invoke(self, token: str, args: dict[str, Any]) -> dict[str, Any]:
        if token == "kubernetes:yaml:decode":  # noqa: S105 - a function's token
            return {"result": yaml_decode.decode(args, self._cluster)}
        if token in {"kubernetes:helm:template", "kubernetes:kustomize:directory"}:
            raise ProviderError(f"{token} is not offered by this stand-in: only the official plugin renders charts")
        raise ProviderError(f'unknown Invoke type "{token}"')
