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
        compiled = plan(service.spec)
        plural = f"{compiled.kind.lower()}s"
        return self.get(f"/apis/{compiled.api_version}/namespaces/{service.team}/{plural}/{service.name}")

    def entrance(self, service: WantedService) -> list[Mapping[str, Any] | None]:
        """The service's route and the policies before it; None for what is not there. Nothing for one not exposed."""
        if service.spec.expose is None:
            return []
        kinds = (
            "gateway.networking.k8s.io/v1/{}/httproutes",
            "networking.gke.io/v1/{}/gcpbackendpolicies",
            "networking.gke.io/v1/{}/healthcheckpolicies",
        )
        paths = (kind.format(f"namespaces/{service.team}") for kind in kinds)
        return [self.get(f"/apis/{path}/{service.name}") for path in paths]

    def controller(self) -> str:
        """What is wrong with the Rollouts controller of the cluster; empty when a pod of it is available.

        Raises FailedError when the cluster does not answer, or does not let one ask.
        """
        found = self.get("/apis/apps/v1/namespaces/argo-rollouts/deployments/argo-rollouts")
        if found is None:
            return "the Argo Rollouts controller is not in the cluster; update its `cluster` stack"
        wanted, available = found["spec"].get("replicas", 1), found.get("status", {}).get("availableReplicas", 0)
        if wanted and not available:
            return f"the Argo Rollouts controller is not available (0 of {wanted} pods): no canary goes on"
        return ""

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
