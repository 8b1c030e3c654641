"""The pod template of a service. Pure: from plain values to the form of Kubernetes' PodTemplateSpec.

What it is made of is in modules of its own: containers, probes, volumes, model, config, secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from infra.kubernetes import volumes
from infra.kubernetes.config import ConfigArgs
from infra.kubernetes.containers import TMP, container, program, resources, scratch, sidecar
from infra.kubernetes.model import ANNOTATIONS, ModelArgs
from infra.kubernetes.placement import devices, grace, placement
from infra.kubernetes.probes import probes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.kubernetes.secrets import SecretsArgs
    from slipway.schema.artifacts import Model
    from slipway.schema.manifest import Service

CONTAINER: Final = "service"
_UID: Final = 10001
"""The user that the examples' images name; any number works that is not 0."""


@dataclass(frozen=True)
class PodArgs:
    """`image` is complete, with its host, and so are those of `sidecars` and of the step that fetches the model.

    `models_bucket` has the model's files.
    """

    spec: Service
    image: str
    release: str
    model: Model | None
    models_bucket: str | None
    fetcher: str = ""
    secrets: SecretsArgs | None = None
    sidecars: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def config(self) -> ConfigArgs | None:
        """The service's configuration files."""
        config = self.spec.config
        return ConfigArgs(self.spec.name, config.path, config.files) if config else None

    @property
    def fetched(self) -> ModelArgs | None:
        """The release's model."""
        return ModelArgs(self.model, self.models_bucket, self.fetcher) if self.model else None


def selector(name: str) -> dict[str, str]:
    """Labels that choose the pods of a service. They can never change: a Deployment's selector is immutable."""
    return {"app.kubernetes.io/name": name}


def template(args: PodArgs, team: str) -> dict[str, Any]:
    """The pod template: non-root, read-only, spread over zones and nodes, with the model's version as a label."""
    spec, model = args.spec, args.fetched
    labels = {**selector(spec.name), "app.kubernetes.io/part-of": team, "slipway.dev/release": args.release}
    beside = [_sidecar(args, name) for name, each in spec.sidecars.items() if not each.before]
    before = [_sidecar(args, name) for name, each in spec.sidecars.items() if each.before]
    pod: dict[str, Any] = {
        "serviceAccountName": spec.name,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": grace(spec.resources, 30),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            # a disk that has been here before has the right owner: walking through all of its files takes minutes
            **({"fsGroupChangePolicy": "OnRootMismatch"} if volumes.claims(spec.volumes) else {}),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # the service's own is the first: by its image the release that runs is told
        "containers": [_container(args), *beside],
        "volumes": _volumes(args),
        "topologySpreadConstraints": [
            _spread("topology.kubernetes.io/zone", spec.name),
            _spread("kubernetes.io/hostname", spec.name),
        ],
    }
    if first := [*([model.step] if model else []), *before]:  # a sidecar would wait for nothing while it runs
        pod["initContainers"] = first
    if spec.workload == "daemon-set":
        del pod["topologySpreadConstraints"]  # one on each node, whatever comes of that
    pod |= placement(spec.resources)
    metadata: dict[str, Any] = {"labels": labels | (model.labels if model else {})}
    if model:
        metadata["annotations"] = dict(ANNOTATIONS)
    return {"metadata": metadata, "spec": pod}


def _volumes(args: PodArgs) -> list[dict[str, Any]]:
    return [
        {"name": "tmp", "emptyDir": {}},
        *({"name": scratch(name), "emptyDir": {}} for name in args.spec.sidecars),
        *(args.fetched.volumes if args.fetched else []),
        *([args.secrets.volume] if args.secrets else []),
        *([args.config.volume] if args.config else []),
        *volumes.temporary(args.spec.volumes),
    ]


def _spread(key: str, name: str) -> dict[str, Any]:
    """Even over `key`, but never unschedulable: a lost zone must not stop what is left from taking over."""
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(name)},
    }


def _container(args: PodArgs) -> dict[str, Any]:
    spec, wanted = args.spec, resources(args.spec.resources)
    wanted["limits"] |= devices(spec.resources)
    return {
        **container(CONTAINER, args.image, _variables(args)),
        "resources": wanted,
        "volumeMounts": [
            {"name": "tmp", "mountPath": TMP},
            *([args.fetched.mount] if args.fetched else []),
            *([args.secrets.mount] if args.secrets else []),
            *([args.config.mount] if args.config else []),
            *volumes.mounts(spec.volumes),
        ],
        **probes(spec.probes, spec.port),
        **program(spec.command, spec.args, spec.port),
    }


def _sidecar(args: PodArgs, name: str) -> dict[str, Any]:
    """Sees the configuration and the volumes that it names; never secrets."""
    spec = args.spec.sidecars[name]
    mounts = [*([args.config.mount] if args.config else []), *volumes.mounts(args.spec.volumes, spec.volumes)]
    return sidecar(name, args.sidecars[name], spec, mounts)


def _variables(args: PodArgs) -> dict[str, str]:
    own = {"PORT": str(args.spec.port)} if args.spec.port else {}
    if args.fetched:
        own |= args.fetched.variables
    if args.secrets:
        own |= args.secrets.variables
    return own | args.spec.env
