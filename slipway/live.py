"""Reads and patches a service's live objects in the cluster that a contract leads to."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any, Final

from slipway.errors import ConflictError, FailedError
from slipway.operations.kinds import KINDS
from slipway.operations.live import Live, counted, revisions
from slipway.rollouts.compile import plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slipway.desired import WantedService

_TIMEOUT = 20
"""Seconds for one request."""
_NOT_FOUND, _CONFLICT = 404, 409
_ENTRANCE: Final = {
    "HTTPRoute": "gateway.networking.k8s.io/v1/namespaces/{}/httproutes",
    "GCPBackendPolicy": "networking.gke.io/v1/namespaces/{}/gcpbackendpolicies",
    "HealthCheckPolicy": "networking.gke.io/v1/namespaces/{}/healthcheckpolicies",
}
"""What leads to a service from outside of its cluster."""


class Cluster:
    """A cluster's API, to read and to patch. `kubeconfig` is the text of one; its exec plugin runs as with kubectl."""

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
        return self._call("GET", path, query)

    def patch(self, path: str, body: Any, *, manager: str) -> None:
        """Patch an object: a list is a JSON patch, a dictionary a merge patch.

        Raises ConflictError when the object is not what `body` says it was read as, and FailedError when it is not
        there, the cluster refuses it (with the API server's words, which name the right that lacks), or is away.
        """
        kind = "application/json-patch+json" if isinstance(body, list) else "application/merge-patch+json"
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self._call("PATCH", path, {"fieldManager": manager}, body, headers) is None:
            raise FailedError(f"{path} is not in the cluster any more")

    def apply(self, path: str, body: Mapping[str, Any], *, manager: str) -> None:
        """Server-side apply of some fields, which `manager` owns from then on, beside others who want the same value.

        Source: Kubernetes documentation, "Server-Side Apply". Raises FailedError as `patch` does.
        """
        headers = {"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"}
        query = {"fieldManager": manager, "force": "true"}
        if self._call("PATCH", path, query, body, headers) is None:
            raise FailedError(f"{path} is not in the cluster any more")

    def create(self, path: str, body: Mapping[str, Any]) -> None:
        """Make an object of the list at `path`. Raises FailedError with the cluster's reason."""
        self._call("POST", path, {}, body, {"Content-Type": "application/json", "Accept": "application/json"})

    def ask(self, verb: str, path: str, payload: Any, seconds: int) -> tuple[int, bytes]:
        """Status and body of what answers behind an API path (a proxy's), whatever they are.

        Raises FailedError when the cluster does not answer within `seconds`.
        """
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        headers = {"Accept": "application/json", **({} if payload is None else {"Content-Type": "application/json"})}
        try:
            answer = self._api.call_api(
                path, verb, auth_settings=["BearerToken"], body=payload, header_params=headers,
                _preload_content=False, _return_http_data_only=True, _request_timeout=seconds,
            )  # fmt: skip
        except self._error as error:
            body = error.body or b""
            return int(error.status), body.encode() if isinstance(body, str) else body
        except HTTPError as error:
            raise FailedError(f"no answer within {seconds}s ({error})") from None
        return int(answer.status), bytes(answer.data)

    def delete(self, path: str, *, keep_dependents: bool) -> bool:
        """Delete the object at `path`; whether it was there. Its dependents go after it, or lose their owner.

        Source: Kubernetes documentation, "Garbage Collection", background deletion and orphaned dependents.
        """
        policy = "Orphan" if keep_dependents else "Background"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return self._call("DELETE", path, {}, {"propagationPolicy": policy}, headers) is not None

    def text(self, path: str, **query: str) -> str | None:
        """What is at an API path as it is, such as a log; None when there is nothing. Raises FailedError as `get`."""
        answer = self._request("GET", path, query, {"Accept": "*/*"}, plain=True)
        return None if answer is None else answer.data.decode(errors="replace")

    def _call(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any] | None:
        answer = self._request(verb, path, query, headers, body)
        return None if answer is None else dict(answer)

    def _request(
        self,
        verb: str,
        path: str,
        query: Mapping[str, str],
        headers: dict[str, str] | None,
        body: Any = None,
        *,
        plain: bool = False,
    ) -> Any:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            return self._api.call_api(
                path, verb, query_params=list(query.items()), auth_settings=["BearerToken"], body=body,
                header_params=headers, response_types_map={200: "object", 201: "object", 202: "object"},
                _return_http_data_only=True, _preload_content=not plain, _request_timeout=_TIMEOUT,
            )  # fmt: skip
        except self._error as error:
            if error.status == _NOT_FOUND:
                return None
            said = f"the cluster refuses {path}: {error.status} {error.reason}{_message(error.body)}"
            raise (ConflictError if error.status == _CONFLICT else FailedError)(said) from None
        except HTTPError as error:
            raise FailedError(f"the cluster does not answer ({error}); is it running and reachable?") from None

    def operated(self, service: WantedService) -> Live | None:
        """The service with its revisions and its autoscaler, whichever kind of workload it is; None when absent."""
        wanted = plan(service.spec).kind
        for kind in sorted(KINDS.values(), key=lambda each: each.name != wanted):
            path = kind.path(service.team, service.name)
            if (workload := self.get(path)) is None:
                continue
            chosen = f"app.kubernetes.io/name={service.name}"
            kept = self.get(kind.revisions_path(service.team), labelSelector=chosen) or {}
            # a list's items say neither kind nor version
            found = revisions({**workload, "kind": kind.name}, kept.get("items", []))
            return Live(
                service.key,
                path,
                {**workload, "kind": kind.name},
                kind,
                found if kind.number else counted(found, self.pods(service), kind.hash),
                self.autoscaler(service),
            )
        return None

    def autoscaler(self, service: WantedService) -> dict[str, Any] | None:
        """The service's HorizontalPodAutoscaler; None when it has none."""
        return self.get(f"/apis/autoscaling/v2/namespaces/{service.team}/horizontalpodautoscalers/{service.name}")

    def workload(self, service: WantedService) -> Mapping[str, Any] | None:
        """The service's workload."""
        return self.get(KINDS[plan(service.spec).kind].path(service.team, service.name))

    def entrance(self, service: WantedService) -> list[Mapping[str, Any] | None]:
        """The service's routes and the policies before it; None for what is not there. Nothing for one not exposed."""
        if service.spec.expose is None:
            return []
        parts: list[Mapping[str, Any] | None] = []
        for kind, path in _ENTRANCE.items():
            chosen = f"app.kubernetes.io/name={service.name}"
            found = self.get(f"/apis/{path.format(service.team)}", labelSelector=chosen) or {}
            # a list's items do not say their kind; each side of a weighted route has policies of its own
            parts += [{**item, "kind": kind} for item in found.get("items", [])] or [None]
        return parts

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
        return self.pods_of(service.team, service.name)

    def pods_of(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """The pods of the service of that name."""
        found = self.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app.kubernetes.io/name={name}")
        return list((found or {}).get("items", []))

    def measured(self, service: WantedService, release: str) -> list[dict[str, Any]]:
        """What was measured of a release, by the hash of its pods: AnalysisRuns, oldest first."""
        found = self.get(
            f"/apis/argoproj.io/v1alpha1/namespaces/{service.team}/analysisruns",
            labelSelector=f"app.kubernetes.io/name={service.name},rollouts-pod-template-hash={release}",
        )
        items = list((found or {}).get("items", []))
        return sorted(items, key=lambda item: item["metadata"]["creationTimestamp"])

    def events(self, namespace: str) -> list[dict[str, Any]]:
        """Events about pods of a namespace, oldest first."""
        found = self.get(f"/api/v1/namespaces/{namespace}/events", fieldSelector="involvedObject.kind=Pod")
        items = list((found or {}).get("items", []))
        return sorted(items, key=lambda item: item.get("lastTimestamp") or item["metadata"]["creationTimestamp"])


def _message(body: Any) -> str:
    """The API server's own words about a refusal (metav1.Status)."""
    try:
        said = json.loads(body or "{}").get("message", "")
    except (ValueError, AttributeError):
        return ""
    return f": {said}" if said else ""
