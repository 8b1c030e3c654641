"""The Rollouts controller's plugin for the Gateway API: where it comes from, and how the controller finds it.

An image of its own carries it: pulled by digest through the environment's cache, as the controller's, so that nothing
is downloaded from the internet when the controller starts. Sources: rollouts-plugin-trafficrouter-gatewayapi,
"Installation" (init container); Argo Rollouts documentation, "Traffic Router Plugins".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pulumi_kubernetes.core.v1 import ConfigMap

from slipway.rollouts.traffic import PLUGIN

if TYPE_CHECKING:
    import pulumi

CONFIG: Final = "argo-rollouts-config"
"""The name that the controller looks for (argo-rollouts 1.10.1, `utils/defaults`)."""
_FILE: Final = "rollouts-plugin-trafficrouter-gatewayapi"
_FOLDER: Final = "plugins"
_HOME: Final = "/home/argo-rollouts"
"""The controller's working directory, which a relative location is below."""


def config(name: str, meta: Any, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """The controller's configuration; it reads it when it starts."""
    location = f"file://./{_FOLDER}/{_FILE}"
    listed = f'- name: "{PLUGIN}"\n  location: "{location}"\n'
    return ConfigMap(f"{name}-config", metadata=meta, data={"trafficRouterPlugins": listed}, opts=opts)


def with_plugin(pod: dict[str, Any], image: pulumi.Input[str]) -> dict[str, Any]:
    """A pod of the controller with the plugin beside it."""
    controller = pod["containers"][0]
    mount = {"name": _FOLDER, "mountPath": f"{_HOME}/{_FOLDER}"}
    copying = {
        "name": "gateway-plugin",
        "image": image,
        "imagePullPolicy": controller["imagePullPolicy"],
        "command": ["cp", f"/bin/{_FILE}", f"{_HOME}/{_FOLDER}/"],
        "securityContext": controller["securityContext"],
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "volumeMounts": [mount],
    }
    return {
        **pod,
        "initContainers": [copying],
        "containers": [{**controller, "volumeMounts": [*controller["volumeMounts"], mount]}],
        "volumes": [*pod["volumes"], {"name": _FOLDER, "emptyDir": {}}],
    }
