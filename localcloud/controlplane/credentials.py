"""Tokens, kubeconfigs and what others read of the cluster."""

from __future__ import annotations

import base64
import csv
import io
import json
import secrets
from typing import TYPE_CHECKING

from localcloud.controlplane.layout import Layout, read_json, write_json, write_private
from localcloud.controlplane.ports import HOST

if TYPE_CHECKING:
    from pathlib import Path

ADMIN = "localcloud-admin"

USERS: dict[str, tuple[str, ...]] = {
    ADMIN: ("system:masters",),
    # these two have bootstrap roles, bound to these names (kubernetes.io: "Using RBAC Authorization")
    "system:kube-controller-manager": (),
    "system:kube-scheduler": (),
    # these get the roles of rbac.py
    "localcloud:gke-disks": (),
    "localcloud:gke-gateway": (),
    "localcloud:kwok": (),
    "localcloud:prometheus": (),
    "localcloud:rollouts-controller": (),
}
"""Who may talk to the API server, and the groups of each."""

PARTS = {
    "kube-controller-manager": "system:kube-controller-manager",
    "kube-scheduler": "system:kube-scheduler",
    "gke-disks": "localcloud:gke-disks",
    "gke-gateway": "localcloud:gke-gateway",
    "kwok": "localcloud:kwok",
    "prometheus": "localcloud:prometheus",
    "rollouts-controller": "localcloud:rollouts-controller",
}
"""As which user a part talks to the API server."""


def tokens(layout: Layout) -> dict[str, str]:
    """Read each user's token, making those that are missing; random, 256 bits."""
    path = layout.pki / "tokens.json"
    known = {str(user): str(token) for user, token in read_json(path).items()}
    if missing := [user for user in USERS if user not in known]:
        known |= {user: secrets.token_urlsafe(32) for user in missing}
        write_json(path, dict(known))
    return known


def write(layout: Layout, port: int) -> None:
    """Write everything that hangs on tokens and endpoint; what stands there already and is right stays untouched."""
    known = tokens(layout)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for user, groups in USERS.items():
        writer.writerow([known[user], user, user, ",".join(groups)])
    _keep(token_table(layout), table.getvalue())
    authority = (layout.pki / "ca.crt").read_bytes()
    for part, user in PARTS.items():
        _keep(layout.kubeconfig_of(part), kubeconfig(port, authority, user, known[user]))
    _keep(layout.kubeconfig, kubeconfig(port, authority, ADMIN, known[ADMIN]))
    _keep(layout.credential, json.dumps({"user": ADMIN, "token": known[ADMIN]}, indent=2) + "\n")
    document = {
        "kind": "embedded",
        "endpoint": f"{HOST}:{port}",
        "certificateAuthority": base64.b64encode(authority).decode(),
        "kubeconfig": str(layout.kubeconfig),
        "credential": str(layout.credential),
    }
    _keep(layout.cluster, json.dumps(document, indent=2) + "\n")


def token_table(layout: Layout) -> Path:
    """Return the file that the API server reads tokens from."""
    return layout.pki / "tokens.csv"


def kubeconfig(port: int, authority: bytes, user: str, token: str) -> str:
    """Return a kubeconfig; JSON is YAML, too, and needs no writer of YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "local",
                "cluster": {
                    "server": f"https://{HOST}:{port}",
                    "certificate-authority-data": base64.b64encode(authority).decode(),
                },
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "local", "context": {"cluster": "local", "user": user}}],
        "current-context": "local",
    }
    return json.dumps(document, indent=2) + "\n"


def _keep(path: Path, content: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        write_private(path, content)
