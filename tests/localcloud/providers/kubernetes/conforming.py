"""A program over a set of Kubernetes objects with four edits, run with the official plugin once (see recorded/)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "conf"
SECRET = "hunter2"  # planted: the tests look for it where it must not be
LAST_EDIT = 4


@dataclass(frozen=True)
class Values:
    """What the edits change."""

    setting: str = "1"
    generated: str = "1"
    image: str = "1"
    replicas: int = 2
    target: int = 80
    most: int = 5
    hour: int = 3
    training: str = "train:1"
    label: str = "web"


EDITS = (
    Values(),
    Values(setting="2", image="2"),
    Values(setting="2", image="2", replicas=3, target=8080, most=6, hour=4),
    Values(setting="2", image="2", replicas=3, target=8080, most=6, hour=4, generated="2", training="train:2"),
    Values(
        setting="2", image="2", replicas=3, target=8080, most=6, hour=4, generated="2", training="train:2", label="web2"
    ),
)


def program(kubeconfig: str, edit: int) -> Callable[[], None]:
    """The program as of an edit, 0 being the first declaration."""
    return lambda: _declare(kubeconfig, EDITS[edit])


def _declare(kubeconfig: str, values: Values) -> None:
    provider = k8s.Provider("k", kubeconfig=kubeconfig, enable_server_side_apply=True)
    alone = pulumi.ResourceOptions(provider=provider)
    namespace = k8s.core.v1.Namespace("ns", metadata={"name": NAMESPACE}, opts=alone)
    inside = pulumi.ResourceOptions(provider=provider, depends_on=[namespace])
    _configuration(values, inside)
    _workloads(values, inside)
    _policies(values, inside)


def named(name: str) -> dict[str, Any]:
    return {"namespace": NAMESPACE, "name": name}


def _configuration(values: Values, opts: pulumi.ResourceOptions) -> None:
    core = k8s.core.v1
    core.ConfigMap("settings", metadata=named("settings"), data={"a": values.setting}, opts=opts)
    core.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"x": values.generated}, immutable=True, opts=opts)
    core.Secret("token", metadata=named("token"), string_data={"t": pulumi.Output.secret(SECRET)}, opts=opts)
    core.ServiceAccount("sa", metadata=named("sa"), opts=opts)


def _pod(name: str, image: str, **spec: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, "image": image}], **spec}}


def _workloads(values: Values, opts: pulumi.ResourceOptions) -> None:
    labels = {"app": values.label}
    requests = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    server = {"name": "m", "image": f"web:{values.image}", "ports": [{"containerPort": 80}], "resources": requests}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [server]}}
    web = {"replicas": values.replicas, "selector": {"matchLabels": labels}, "template": template}
    k8s.apps.v1.Deployment("web", metadata=named("web"), spec=web, opts=opts)
    ports = [{"port": 80, "targetPort": values.target}]
    k8s.core.v1.Service("web", metadata=named("web"), spec={"selector": {"app": "web"}, "ports": ports}, opts=opts)
    train = {"backoffLimit": 2, "template": _pod("t", values.training, restartPolicy="Never")}
    k8s.batch.v1.Job("train", metadata=named("train"), spec=train, opts=opts)
    nightly = {
        "schedule": f"0 {values.hour} * * *",
        "concurrencyPolicy": "Forbid",
        "jobTemplate": {"spec": {"template": _pod("t", "train:1", restartPolicy="OnFailure")}},
    }
    k8s.batch.v1.CronJob("nightly", metadata=named("nightly"), spec=nightly, opts=opts)
    churn = {"app": "churn"}
    canary = {
        "replicas": 2,
        "selector": {"matchLabels": churn},
        "strategy": {"canary": {"steps": [{"setWeight": 50}, {"pause": {"duration": "2s"}}]}},
        "template": {"metadata": {"labels": churn}, **_pod("m", f"churn:{values.image}")},
    }
    k8s.apiextensions.CustomResource(
        "churn", api_version="argoproj.io/v1alpha1", kind="Rollout", metadata=named("churn"), spec=canary, opts=opts
    )


def _policies(values: Values, opts: pulumi.ResourceOptions) -> None:
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    scaler = {
        "minReplicas": 2,
        "maxReplicas": values.most,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "metrics": [{"type": "Resource", "resource": cpu}],
    }
    k8s.autoscaling.v2.HorizontalPodAutoscaler("web", metadata=named("web"), spec=scaler, opts=opts)
    budget = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    k8s.policy.v1.PodDisruptionBudget("web", metadata=named("web"), spec=budget, opts=opts)
    deny = {"podSelector": {}, "policyTypes": ["Ingress"]}
    k8s.networking.v1.NetworkPolicy("deny", metadata=named("deny"), spec=deny, opts=opts)
