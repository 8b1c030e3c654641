"""The provider's own configuration.

Source: pulumi-kubernetes `provider.go` (`Configure`); a parameter wins over its environment variable. What only
concerns output or charts (`suppressDeprecationWarnings`, `suppressHelmHookWarnings`, `helmReleaseSettings`) is taken
and has nothing to act on here: this stand-in warns only of versions that the cluster no longer serves.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from localcloud.providers.kubernetes import kubeconfig
from localcloud.providers.model import CheckFailure, Diff, ProviderError
from localcloud.providers.values import UNKNOWN, reveal

_TARGET = ("kubeconfig", "context", "cluster")
_IDENTIFIER = "clusterIdentifier"


@dataclass(frozen=True)
class Settings:
    """How the provider behaves."""

    namespace: str = ""
    server_side: bool = True
    #: None leaves it to each case
    patch_force: bool | None = None
    upsert: bool = False
    mutable_config_maps: bool = False
    mutable_secrets: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    await_all: bool = False
    client_timeout: float | None = None


def _flag(config: dict[str, Any], key: str, variable: str) -> bool | None:
    value = config.get(key)
    if value is None or value == "":
        value = os.environ.get(variable)
    return None if value is None else value is True or value == "true"


def settings(config: dict[str, Any]) -> Settings:
    """The settings in a provider's configuration and the environment."""
    server_side = _flag(config, "enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY")
    return Settings(
        namespace=str(config.get("namespace") or ""),
        server_side=server_side is not False,
        patch_force=_flag(config, "enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
        upsert=bool(_flag(config, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS")),
        mutable_config_maps=bool(_flag(config, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE")),
        mutable_secrets=bool(_flag(config, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE")),
        delete_unreachable=bool(_flag(config, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE")),
        skip_update_unreachable=bool(_flag(config, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE")),
        await_all=os.environ.get("PULUMI_K8S_AWAIT_ALL") == "true",
        client_timeout=_client_timeout(config.get("kubeClientSettings")),
    )


def _client_timeout(client: Any) -> float | None:
    """Seconds for one request: `kubeClientSettings.timeout`, then the environment. Burst and QPS limit no one here."""
    if isinstance(client, str) and client:
        try:
            client = json.loads(client)
        except ValueError:
            raise ProviderError("failed to unmarshal kubeClientSettings option: no JSON") from None
    given = client.get("timeout") if isinstance(client, dict) else None
    if given is not None:
        return float(given)
    text = os.environ.get("PULUMI_K8S_CLIENT_TIMEOUT", "")
    if text and not text.isdigit():
        raise ProviderError(f"invalid value specified for PULUMI_K8S_CLIENT_TIMEOUT: {text!r} is no number of seconds")
    return float(text) if text else None


def check(config: dict[str, Any]) -> list[CheckFailure]:
    """What is refused: only what this stand-in does not offer; the plugin itself lets unknown keys pass."""
    if config.get("renderYamlToDirectory"):
        reason = "rendering YAML to a directory is not offered by this stand-in; use the official plugin"
        return [CheckFailure("renderYamlToDirectory", reason)]
    if config.get("strictMode") in ("true", True):
        missing = [key for key in ("kubeconfig", "context") if not config.get(key)]
        return [CheckFailure(key, f'strict mode requires Provider "{key}" argument') for key in missing]
    return []


def access(config: dict[str, Any], namespace: str) -> kubeconfig.Access:
    """The way into the cluster that the configuration names, else that of the surroundings. Raises ProviderError."""
    given = config.get("kubeconfig")
    context, cluster = str(config.get("context") or ""), str(config.get("cluster") or "")
    if given:
        return kubeconfig.choose(_parse(given), context, cluster, namespace)
    found = kubeconfig.ambient()
    if not found.clusters and not found.contexts:
        pod = kubeconfig.in_cluster()
        if pod is not None:
            return kubeconfig.Access(pod.cluster, pod.user, namespace or pod.namespace)
    return kubeconfig.choose(found, context, cluster, namespace)


def _parse(value: Any) -> kubeconfig.Kubeconfig:
    if not value:
        return kubeconfig.Kubeconfig()
    if isinstance(value, dict):
        return kubeconfig.parse(json.dumps(value))
    return kubeconfig.load(str(value))


def diff(olds: dict[str, Any], news: dict[str, Any]) -> Diff:
    """Whether a change of configuration means another cluster, so that everything in it is replaced.

    With a `clusterIdentifier` only its change does; without one, a change of the active cluster's entry in the
    kubeconfig. Source: `DiffConfig`; pulumi/pulumi#4326 is why an unknown kubeconfig replaces.
    """
    old, new = ({key: reveal(value) for key, value in side.items() if value is not None} for side in (olds, news))
    changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    if not changed:
        return Diff()
    identified = bool(new.get(_IDENTIFIER)) and _IDENTIFIER not in changed
    moved = _IDENTIFIER in changed and _IDENTIFIER in old and _IDENTIFIER in new
    replaces = [_IDENTIFIER] if moved else []
    unknown = next((key for key in _TARGET if new.get(key) is UNKNOWN), None)
    if unknown is not None:
        changed, replaces = [unknown], [*replaces, unknown]
    elif _other_cluster(old, new):
        replaces += [key for key in _TARGET if key in changed]
    return Diff(diffs=changed, replaces=[] if identified else replaces, has_detailed=False)


def _other_cluster(old: dict[str, Any], new: dict[str, Any]) -> bool:
    one, other = (
        kubeconfig.active_cluster(_parse(side.get("kubeconfig")), side.get("context"), side.get("cluster"))
        for side in (old, new)
    )
    return one is not None and other is not None and one != other
