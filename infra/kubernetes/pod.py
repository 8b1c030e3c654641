"""The pod template of a service. Pure: from plain values to the form of Kubernetes' PodTemplateSpec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.kubernetes.placement import devices, grace, placement
from slipway import units
from slipway.schema.manifest import Command

if TYPE_CHECKING:
    from infra.kubernetes.secrets import SecretsArgs
    from slipway.schema.artifacts import Model
    from slipway.schema.manifest import Probes, Service

CONTAINER: Final = "service"
_PROBE_PERIOD: Final = 5
_UID: Final = 10001
"""The user that the examples' images name; any number works that is not 0."""
_MODELS: Final = "/models"
"""Where the environment's bucket of models is mounted, read only."""


@dataclass(frozen=True)
class PodArgs:
    """`image` is complete, with its host; `models_bucket` is where the model's files are."""

    spec: Service
    image: str
    release: str
    model: Model | None
    models_bucket: str | None
    secrets: SecretsArgs | None = None


def selector(name: str) -> dict[str, str]:
    """Labels that choose the pods of a service. They can never change: a Deployment's selector is immutable."""
    return {"app.kubernetes.io/name": name}


def template(args: PodArgs, team: str) -> dict[str, Any]:
    """The pod template: non-root, read-only, spread over zones and nodes, with the model's version as a label."""
    spec = args.spec
    labels = {**selector(spec.name), "app.kubernetes.io/part-of": team, "slipway.dev/release": args.release}
    if args.model:
        labels |= {"slipway.dev/model": args.model.name, "slipway.dev/model-version": args.model.version}
    pod: dict[str, Any] = {
        "serviceAccountName": spec.name,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": grace(spec.resources, 30),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "fsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(args)],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            *_model_volumes(args),
            *([args.secrets.volume] if args.secrets else []),
        ],
        "topologySpreadConstraints": [
            _spread("topology.kubernetes.io/zone", spec.name),
            _spread("kubernetes.io/hostname", spec.name),
        ],
    }
    pod |= placement(spec.resources)
    metadata: dict[str, Any] = {"labels": labels}
    if args.model:
        metadata["annotations"] = {"gke-gcsfuse/volumes": "true"}
    return {"metadata": metadata, "spec": pod}


def _model_volumes(args: PodArgs) -> list[dict[str, Any]]:
    """The bucket of models as a file system.

    Source: GKE documentation, "Mount Cloud Storage buckets as CSI ephemeral volumes".
    """
    if not args.model:
        return []
    attributes = {"bucketName": args.models_bucket, "mountOptions": "implicit-dirs"}
    driver = {"driver": "gcsfuse.csi.storage.gke.io", "readOnly": True, "volumeAttributes": attributes}
    return [{"name": "models", "csi": driver}]


def _spread(key: str, name: str) -> dict[str, Any]:
    """Even over `key`, but never unschedulable: a lost zone must not stop what is left from taking over."""
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(name)},
    }


def _container(args: PodArgs) -> dict[str, Any]:
    spec = args.spec
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": args.image,
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": name, "value": value} for name, value in sorted(_variables(args).items())],
        "resources": _resources(spec),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own emptyDir
            *([{"name": "models", "mountPath": _MODELS, "readOnly": True}] if args.model else []),
            *([args.secrets.mount] if args.secrets else []),
        ],
        **_probes(spec.probes, spec.port),
    }
    if spec.command:
        container["command"] = list(spec.command)
    if spec.args:
        container["args"] = list(spec.args)
    if spec.port:
        # Without a name: the list's key is the number, so a changed one is, to a dry run of server-side apply, a
        # second port beside the old one, and a name on both would be refused.
        container["ports"] = [{"containerPort": spec.port, "protocol": "TCP"}]
    return container


def _variables(args: PodArgs) -> dict[str, str]:
    own = {"PORT": str(args.spec.port)} if args.spec.port else {}
    if args.model:
        own |= {
            "MODEL_NAME": args.model.name,
            "MODEL_VERSION": args.model.version,
            "MODEL_DIGEST": args.model.digest,
            "MODEL_BASE": _MODELS,
            "MODEL_PATH": f"{_MODELS}/{args.model.name}/{args.model.version}",
        }
    if args.secrets:
        own |= args.secrets.variables
    return own | args.spec.env


def _resources(spec: Service) -> dict[str, Any]:
    """Requests; memory is also the limit (a pod over it is the pod that dies), CPU is not limited."""
    need = spec.resources
    wanted = {"cpu": need.cpu, "memory": need.memory}
    return {"requests": wanted, "limits": {"memory": need.memory, **devices(need)}}


def _probes(probes: Probes, port: int | None) -> dict[str, Any]:
    built: dict[str, Any] = {}
    if probes.ready:
        built["readinessProbe"] = {**_handler(probes.ready, port), "periodSeconds": _PROBE_PERIOD}
    if probes.live:
        built["livenessProbe"] = {**_handler(probes.live, port), "periodSeconds": 2 * _PROBE_PERIOD}
    first = probes.ready or probes.live
    if first:
        tries = -(-units.seconds(probes.start_within) // _PROBE_PERIOD)
        built["startupProbe"] = {**_handler(first, port), "periodSeconds": _PROBE_PERIOD, "failureThreshold": tries}
    return built


def _handler(probe: str | Command, port: int | None) -> dict[str, Any]:
    if isinstance(probe, Command):
        return {"exec": {"command": list(probe.exec)}, "timeoutSeconds": 5}
    return {"httpGet": {"path": probe, "port": port, "scheme": "HTTP"}, "timeoutSeconds": 2}
