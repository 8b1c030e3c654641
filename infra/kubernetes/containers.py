"""Containers of a service's pod: its own, and its sidecars. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra.kubernetes.probes import probes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from slipway.schema.manifest import Resources
    from slipway.schema.sidecars import Sidecar, SidecarResources

TMP: Final = "/tmp"  # noqa: S108 - the pod's own emptyDir


def container(name: str, image: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """A container that may do nothing to its node.

    Source of the settings: Kubernetes documentation, "Pod Security Standards", the restricted profile; a read-only
    root file system on top.
    """
    env = [{"name": key, "value": value} for key, value in sorted(variables.items())]
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        **({"env": env} if env else {}),  # what is read back has no empty list: it would differ for ever
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def program(command: Sequence[str] | None, arguments: Sequence[str] | None, port: int | None) -> dict[str, Any]:
    """What a container runs instead of what its image says, and where it listens."""
    built: dict[str, Any] = {}
    if command:
        built["command"] = list(command)
    if arguments:
        built["args"] = list(arguments)
    if port:
        # Without a name: the list's key is the number, so a changed one is, to a dry run of server-side apply, a
        # second port beside the old one, and a name on both would be refused.
        built["ports"] = [{"containerPort": port, "protocol": "TCP"}]
    return built


def resources(wanted: Resources | SidecarResources) -> dict[str, Any]:
    """Requests; memory is also the limit (a container over it is the one that dies), CPU is not limited."""
    return {"requests": {"cpu": wanted.cpu, "memory": wanted.memory}, "limits": {"memory": wanted.memory}}


def scratch(name: str) -> str:
    """The name of a sidecar's own /tmp."""
    return f"tmp-{name}"


def sidecar(name: str, image: str, spec: Sidecar, mounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A sidecar; one that starts before the service is an init container that goes on running.

    Source: Kubernetes documentation, "Sidecar Containers" (restartPolicy Always; stable since 1.33).
    """
    return {
        **container(name, image, spec.env),
        "resources": resources(spec.resources),
        "volumeMounts": [{"name": scratch(name), "mountPath": TMP}, *mounts],
        **probes(spec.probes, spec.port),
        **program(spec.command, spec.args, spec.port),
        **({"restartPolicy": "Always"} if spec.before else {}),
    }
