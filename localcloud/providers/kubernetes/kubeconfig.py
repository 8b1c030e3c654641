"""Kubeconfig files: finding, merging and choosing a context, as kubectl and client-go do.

Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files", and
pulumi-kubernetes `provider/pkg/provider/kubeconfig.go`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.providers.model import ProviderError

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECTIONS = ("clusters", "users", "contexts")


class KubeconfigError(ProviderError):
    """The kubeconfig cannot be read or names what it does not hold."""


@dataclass(frozen=True)
class Kubeconfig:
    """A merged kubeconfig: each section by name."""

    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    contexts: dict[str, dict[str, Any]] = field(default_factory=dict)
    current: str = ""


@dataclass(frozen=True)
class Access:
    """One way into one cluster."""

    cluster: dict[str, Any]
    user: dict[str, Any]
    namespace: str


def parse(text: str, folder: Path | None = None) -> Kubeconfig:
    """Read the contents of a kubeconfig (YAML or JSON). Raises KubeconfigError."""
    import yaml  # noqa: PLC0415 - costs start-up time, and not every call needs it

    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - is safe
    except yaml.YAMLError as error:
        # the text itself holds credentials, so only the place is told
        place = getattr(error, "problem_mark", None)
        where = f" in line {place.line + 1}" if place else ""
        raise KubeconfigError(f"kubeconfig is no valid YAML{where}") from None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise KubeconfigError("kubeconfig is neither the path of a file that exists nor the contents of a kubeconfig")
    sections: dict[str, dict[str, Any]] = {}
    for section in _SECTIONS:
        entries = document.get(section) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
            raise KubeconfigError(f"kubeconfig: {section} has to be a list of entries with a name each")
        sections[section] = {str(entry["name"]): dict(entry.get(section[:-1]) or {}) for entry in entries}
    if folder is not None:
        _anchor(sections, folder)
    return Kubeconfig(**sections, current=str(document.get("current-context") or ""))


def _anchor(sections: dict[str, dict[str, Any]], folder: Path) -> None:
    """Make the file names inside a kubeconfig relative to its own folder."""
    keys = {"clusters": ("certificate-authority",), "users": ("client-certificate", "client-key", "tokenFile")}
    for section, names in keys.items():
        for entry in sections[section].values():
            entry.update({name: str(folder / entry[name]) for name in names if entry.get(name)})


def load(path_or_contents: str) -> Kubeconfig:
    """The kubeconfig in a file or, when there is no such file, in the text itself."""
    text = os.path.expanduser(path_or_contents) if path_or_contents.startswith("~") else path_or_contents  # noqa: PTH111
    try:
        path = Path(text) if "\n" not in text else None
        if path is not None and path.is_file():
            return parse(path.read_text(encoding="utf-8"), path.parent.absolute())
    except (OSError, ValueError):
        pass  # too long or not a path at all: then it is the contents
    return parse(path_or_contents)


def ambient() -> Kubeconfig:
    """The kubeconfig of the surroundings: `KUBECONFIG` (several files merge, first wins), then ~/.kube/config."""
    named = os.environ.get("KUBECONFIG")
    paths = [Path(part) for part in named.split(os.pathsep) if part] if named else [Path.home() / ".kube" / "config"]
    found = [parse(p.read_text(encoding="utf-8"), p.parent.absolute()) for p in paths if p.is_file()]
    merged = Kubeconfig(current=next((config.current for config in found if config.current), ""))
    for config in reversed(found):
        for section in _SECTIONS:
            getattr(merged, section).update(getattr(config, section))
    return merged


def choose(config: Kubeconfig, context: str = "", cluster: str = "", namespace: str = "") -> Access:
    """The access that a kubeconfig gives under the provider's overrides. Raises KubeconfigError."""
    if not config.clusters and not config.contexts:
        raise KubeconfigError("invalid configuration: no configuration has been provided")
    current = context or config.current
    entry = config.contexts.get(current)
    if entry is None:
        if current:
            raise KubeconfigError(f"context {current!r} does not exist")
        entry = {}
    chosen = cluster or str(entry.get("cluster") or "")
    if chosen not in config.clusters:
        raise KubeconfigError(f"cluster {chosen!r} does not exist")
    user = str(entry.get("user") or "")
    if user and user not in config.users:
        raise KubeconfigError(f"auth info {user!r} does not exist")
    space = namespace or str(entry.get("namespace") or "") or "default"
    return Access(config.clusters[chosen], config.users.get(user, {}), space)


def in_cluster() -> Access | None:
    """The access of a pod to its own cluster, when this runs in one."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    token = _SERVICE_ACCOUNT / "token"
    if not host or not port or not token.is_file():
        return None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    space = _SERVICE_ACCOUNT / "namespace"
    return Access(
        {"server": server, "certificate-authority": str(_SERVICE_ACCOUNT / "ca.crt")},
        {"tokenFile": str(token)},
        space.read_text(encoding="utf-8").strip() if space.is_file() else "default",
    )


def active_cluster(config: Kubeconfig, context: str | None, cluster: str | None) -> dict[str, Any] | None:
    """The cluster that the overrides select, None when it cannot be told (`getActiveClusterFromConfig`)."""
    entry = config.contexts.get(config.current if context is None else context)
    if entry is None:
        return None
    return config.clusters.get(str(entry.get("cluster") or "") if cluster is None else cluster)
