"""Reads a service's live objects from the cluster that a contract leads to."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from slipway.errors import FailedError
from slipway.rollouts.compile import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.desired import WantedService

_TIMEOUT = 20
"""Seconds for one request."""


class Cluster:
    """A cluster's API, read only. `kubeconfig` is the text of one; an exec plugin in it is run as kubectl would."""

    def __init__(self, kubeconfig: str) -> None:
        # imported here, for it costs half a second; as Any, for it has no types
        client: Any = importlib.import_module("kubernetes.client")
        config: Any = importlib.import_module("kubernetes.config")
        try:
            self._api = config.new_client_from_config_dict(json.loads(kubeconfig))
        except config.ConfigException as error:
            raise FailedError(f"the cluster's credentials cannot be had: {error}") from None
        self._error = client.ApiException

    def get(self, path: str, **query: str) -> dict[str, Any] | None:
        """The object at an API path, None when there is none. Raises FailedError when the cluster does not answer."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            answer = self._api.call_api(
                path, "GET", query_params=list(query.items()), auth_settings=["BearerToken"],
                response_types_map={200: "object"}, _return_http_data_only=True, _request_timeout=_TIMEOUT,
            )  # fmt: skip
        except self._error as error:
            if error.status == 404:  # noqa: PLR2004 - HTTP
                return None
            raise FailedError(f"the cluster refuses {path}: {error.status} {error.reason}") from None
        except HTTPError as error:
            raise FailedError(f"the cluster does not answer ({error}); is it running and reachable?") from None
        return dict(answer)

    def workload(self, service: WantedService) -> Mapping[str, Any] | None:
        """The service's Deployment or Rollout."""
        compiled = plan(service.spec.rollout)
        plural = f"{compiled.kind.lower()}s"
        return self.get(f"/apis/{compiled.api_version}/namespaces/{service.team}/{plural}/{service.name}")

    def pods(self, service: WantedService) -> list[dict[str, Any]]:
        """The service's pods."""
        found = self.get(
            f"/api/v1/namespaces/{service.team}/pods", labelSelector=f"app.kubernetes.io/name={service.name}"
        )
        return list((found or {}).get("items", []))

    def events(self, namespace: str) -> list[dict[str, Any]]:
        """Events about pods of a namespace, oldest first."""
        found = self.get(f"/api/v1/namespaces/{namespace}/events", fieldSelector="involvedObject.kind=Pod")
        items = list((found or {}).get("items", []))
        return sorted(items, key=lambda item: item.get("lastTimestamp") or item["metadata"]["creationTimestamp"])
