"""What the local Rollouts controller finds beside it: its configuration, and a stand-in of its Gateway API plugin.

It reads both once, when it starts (argo-rollouts 1.10.1, `controller/controller.go`, `utils/plugin/downloader.go`). In
an account's clusters an init container brings the real plugin to the same place (infra/kubernetes/rollouts_plugin.py).
"""

from __future__ import annotations

import http
from typing import TYPE_CHECKING, Any, Final

from localcloud.controlplane.api import ApiError
from localcloud.controlplane.layout import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.controlplane.api import Endpoint
    from localcloud.controlplane.layout import Layout

FILE: Final = "plugins/rollouts-plugin-trafficrouter-gatewayapi"
"""Under the controller's working directory, as in its image."""
_TOOL: Final = "gateway-weights"
_CONFIG: Final = "/api/v1/namespaces/argo-rollouts/configmaps/argo-rollouts-config"


def place(layout: Layout, tools: Mapping[str, Path]) -> None:
    """Put the stand-in of the plugin where the controller's configuration names it."""
    target = layout.controller / FILE
    target.parent.mkdir(mode=0o700, exist_ok=True)
    wanted = tools.get(_TOOL)
    if wanted and not (target.is_symlink() and target.readlink() == wanted):
        target.unlink(missing_ok=True)
        target.symlink_to(wanted)
    if not layout.controller_config.exists():
        write_json(layout.controller_config, {})


def note(layout: Layout, api: Endpoint) -> None:
    """Keep a copy of the configuration that the controller would read now: another one starts it anew.

    Raises:
        ApiError: the API server does not answer.
    """
    found: dict[str, Any] = {}
    try:
        found = dict(api.call("GET", _CONFIG).get("data") or {})
    except ApiError as error:
        if error.status != http.HTTPStatus.NOT_FOUND:
            raise
    if found != read_json(layout.controller_config):
        write_json(layout.controller_config, found)
