"""One ML service of a team: its workload and everything that comes with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.core.v1 import Service as CoreService
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from infra.blocks import block
from infra.kubernetes import autoscaler, sets
from infra.kubernetes.analysis import MetricsArgs, analysis, askers
from infra.kubernetes.config import config_map
from infra.kubernetes.exposure import ExposureArgs, callers, exposed
from infra.kubernetes.handover import GUARDS, Handover
from infra.kubernetes.objects import NAME, PART_OF, SKIP_AWAIT, metadata
from infra.kubernetes.pod import PodArgs, selector, template
from infra.kubernetes.routes import mesh_route
from infra.kubernetes.secrets import secret_class
from infra.kubernetes.team_space import TEAM
from slipway.handover import Taking
from slipway.rollouts.compile import REVISIONS, plan
from slipway.rollouts.traffic import routed
from slipway.stamp import STAMP, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from slipway.live import Cluster
    from slipway.rollouts.compile import Plan
    from slipway.rollouts.traffic import Layer


SELECTED_BY = "slipway.dev/selected-by"


@dataclass(frozen=True)
class ServiceArgs:
    """`namespace` is the team's. `exposure` is None for what is called inside of the cluster only.

    `adopting` is a provider that takes over what exists; needed where the pod reads secrets or
    configuration. `carrier` is what carries its traffic during a rollout. `cluster` connects to the cluster, for a
    change of the kind of workload; None before there is one.
    """

    team: str
    namespace: str
    pod: PodArgs
    exposure: ExposureArgs | None = None
    adopting: pulumi.ProviderResource | None = None
    carrier: Layer = "replicas"
    cluster: Callable[[], Cluster] | None = None
    metrics: MetricsArgs = field(default_factory=MetricsArgs)


class Service(pulumi.ComponentResource):
    """ServiceAccount, Deployment or Rollout, Service, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy.

    And where the manifest asks for them: SecretProviderClass, ConfigMap; HTTPRoute and its policies; VirtualService.
    """

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:kubernetes:Service", name, None, opts)
        self._name, self._args, self._spec = name, args, args.pod.spec
        compiled = routed(plan(self._spec), args.namespace, self._spec.name, args.carrier)
        child = pulumi.ResourceOptions(parent=self)
        account = ServiceAccount(
            f"{name}-account", metadata=self._meta(), automount_service_account_token=False, opts=child
        )
        before: list[pulumi.Resource] = [account]
        if (secrets := args.pod.secrets) and args.adopting:
            meta = self._meta(secrets.class_name.removeprefix(f"{self._spec.name}-"), SKIP_AWAIT)
            before.append(secret_class(name, meta, secrets, self, args.adopting))
        if (config := args.pod.config) and args.adopting:
            meta = self._meta(config.map_name.removeprefix(f"{self._spec.name}-"))
            before.append(config_map(name, meta, config, self, args.adopting))
        if compiled.peers:
            before.append(sets.peers(name, self._meta(compiled.peers, SKIP_AWAIT), self._spec, self))
        if self._spec.port:
            services = self._services(compiled)
            before += services
            if args.carrier == "mesh":
                sides = [f"{self._spec.name}-{side}" for side in compiled.sides]
                before.append(mesh_route(name, self._meta("", SKIP_AWAIT), sides, self, services))
            if args.exposure:
                before += self._exposed(compiled, args.exposure, services)
        before.append(self._network_policy(child))
        self._handover = self._hooks(compiled)
        pod = template(args.pod, args.team)["spec"]
        before += analysis(
            self._spec, compiled, args.metrics, pod, lambda suffix: self._meta(suffix, SKIP_AWAIT), child
        )
        workload = self._workload(compiled, before)
        if compiled.kind == "DaemonSet":  # a drain leaves its pods where they are, and nothing scales it
            self.register_outputs({})
            return
        budget = PodDisruptionBudget(
            f"{name}-budget",
            metadata=self._meta("", {GUARDS: compiled.kind}),
            spec=block(
                {  # one at a time: a drain never takes more, and a service of one pod can still be drained
                    "maxUnavailable": 1,
                    "selector": {"matchLabels": selector(self._spec.name)},
                    "unhealthyPodEvictionPolicy": "AlwaysAllow",
                }
            ),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[workload], hooks=self._handover.budget if self._handover else None
            ),
        )
        if self._spec.scaling.autoscaled:  # which turns to a new kind of workload when that has taken over
            self._autoscaler(compiled, budget)
        self.register_outputs({})

    def _hooks(self, compiled: Plan) -> Handover | None:
        if self._args.cluster is None:
            return None
        scaling = self._spec.scaling
        to = Taking(
            team=self._args.team,
            name=self._spec.name,
            kind=compiled.kind,
            template=template(self._args.pod, self._args.team),
            least=scaling.min,
            most=scaling.max if scaling.autoscaled else None,
            deadline=compiled.deadline,
            exclusive=compiled.strategy.get("type") == "Recreate",
        )
        return Handover(self._name, to, self._args.cluster)

    def _meta(self, suffix: str = "", annotations: Mapping[str, str] | None = None) -> Any:
        labels = {NAME: self._spec.name, PART_OF: self._args.team, **self._spec.labels}
        full = f"{self._spec.name}-{suffix}" if suffix else self._spec.name
        return metadata(full, self._args.namespace, labels=labels, annotations=annotations or {})

    def _stamped(self) -> Any:
        """The workload's: with the state of the manifest that it runs, by which a rollback is known."""
        return self._meta("", {**SKIP_AWAIT, STAMP: stamp(self._spec)})

    @property
    def _by_address(self) -> bool:
        return bool(self._spec.expose and self._spec.expose.affinity == "client-ip")

    def _services(self, compiled: Plan) -> Sequence[pulumi.Resource]:
        """One Service for callers, and one for each side of a rollout."""
        return [
            CoreService(
                f"{self._name}-service{'-' + side if side else ''}",
                metadata=self._meta(side, _switching(compiled, side)),
                spec=block(
                    {
                        "type": "ClusterIP",
                        "selector": selector(self._spec.name),
                        "ports": [{"name": "http", "port": 80, "targetPort": self._spec.port, "protocol": "TCP"}],
                        # for callers inside of the cluster, as the gateway has it for those outside
                        **({"sessionAffinity": "ClientIP"} if self._by_address and not side else {}),
                    }
                ),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # The controller adds the pod template's hash to these selectors; it owns them from then on.
                    ignore_changes=["spec.selector"] if side or compiled.switches else [],
                ),
            )
            for side in ("", *compiled.sides)
        ]

    def _exposed(
        self, compiled: Plan, exposure: ExposureArgs, services: Sequence[pulumi.Resource]
    ) -> Sequence[pulumi.Resource]:
        ready = self._spec.probes.ready
        return exposed(
            self._name,
            lambda side: self._meta(side, SKIP_AWAIT),
            exposure,
            self._spec.name,
            compiled.sides if self._args.carrier == "gateway" else (),
            ready if isinstance(ready, str) else None,
            pulumi.ResourceOptions(parent=self, depends_on=services),
        )

    def _workload(self, compiled: Plan, before: list[pulumi.Resource]) -> pulumi.Resource:
        if compiled.is_set:
            meta = self._meta("", {**SKIP_AWAIT, STAMP: stamp(self._spec), **sets.tells(self._spec)})
            filled = template(self._args.pod, self._args.team)
            opts = pulumi.ResourceOptions(parent=self, depends_on=before)
            return sets.workload(self._name, meta, sets.spec(self._spec, compiled, filled), self._handover, opts)
        spec: Any = {
            "selector": {"matchLabels": selector(self._spec.name)},
            "revisionHistoryLimit": REVISIONS,
            "progressDeadlineSeconds": compiled.deadline,
            "strategy": compiled.strategy,
            "template": template(self._args.pod, self._args.team),
        }
        if not self._spec.scaling.autoscaled:
            spec["replicas"] = self._spec.scaling.min  # left out where the autoscaler owns it (pulumi-kubernetes#2491)
        hooks = self._handover.workload if self._handover else None
        opts = pulumi.ResourceOptions(parent=self, depends_on=before, hooks=hooks)
        if not compiled.by_argo:
            # By the provider that creates with server-side apply. What is created by POST is owned by another manager
            # until its first update, and a preview of `recreate` is refused: the dry run leaves rollingUpdate behind.
            opts.provider = self._args.adopting
            return Deployment(f"{self._name}-deployment", metadata=self._stamped(), spec=spec, opts=opts)
        spec["progressDeadlineAbort"] = True  # a canary that cannot start goes back by itself
        return CustomResource(
            f"{self._name}-rollout",
            api_version=compiled.api_version,
            kind=compiled.kind,
            metadata=self._stamped(),
            spec=spec,
            opts=opts,
        )

    def _autoscaler(self, compiled: Plan, after: pulumi.Resource) -> None:
        HorizontalPodAutoscaler(
            f"{self._name}-autoscaler",
            metadata=self._meta("", SKIP_AWAIT),
            spec=block(autoscaler.spec(self._spec.name, self._spec.scaling, compiled)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )

    def _network_policy(self, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Who may call: pods of the same team, of the teams that the manifest names, and the load balancer's side."""
        teams = sorted({self._args.team, *self._spec.callers})
        peers: list[Any] = [{"namespaceSelector": {"matchLabels": {TEAM: team}}} for team in teams]
        if self._args.exposure:
            peers += callers(self._args.exposure)
        peers += askers(self._spec)
        ingress = [{"from": peers, "ports": [{"protocol": "TCP", "port": self._spec.port}]}] if self._spec.port else []
        return NetworkPolicy(
            f"{self._name}-callers",
            metadata=self._meta(),
            spec=block(
                {
                    "podSelector": {"matchLabels": selector(self._spec.name)},
                    "policyTypes": ["Ingress"],
                    "ingress": ingress,
                }
            ),
            opts=opts,
        )


def _switching(compiled: Plan, side: str) -> dict[str, str]:
    """Annotations of a Service. One says whose its selector is: when that changes, the Service is applied anew.

    Without it a service that leaves blue-green would keep the controller's hash in its selector, and lose its pods.
    """
    own = {} if side or not compiled.switches else {SELECTED_BY: "argo-rollouts"}
    return {**SKIP_AWAIT, **own}
