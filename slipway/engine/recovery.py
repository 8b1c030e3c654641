"""Picks up an update that was killed in the middle.

A killed engine leaves creations that it does not know the end of (`pending_operations` in the state). Each is looked
up by the id that it must have if it exists: found, it is taken into the state; not found, it is made by the next
update. Without this, the next update would create it again and be refused with "already exists".

Not by `pulumi refresh --import-pending-creates`: 3.255 turns the pending creation into a pending import, and nothing
reads that (pulumi/pulumi, `pkg/cmd/pulumi/operations/refresh.go`). So what may exist goes into the state's resources
with its id, and a refresh of just these finds out.
"""

from __future__ import annotations

from typing import Any, Final

_Inputs = dict[str, Any]

_GOOGLE_IDS: Final[dict[str, str]] = {
    # Terraform Registry, google provider, section "Import" of each resource's page
    "gcp:compute/network:Network": "projects/{project}/global/networks/{name}",
    "gcp:compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "gcp:compute/router:Router": "projects/{project}/regions/{region}/routers/{name}",
    "gcp:compute/routerNat:RouterNat": "{project}/{region}/{router}/{name}",
    "gcp:container/cluster:Cluster": "projects/{project}/locations/{location}/clusters/{name}",
    "gcp:container/nodePool:NodePool": "projects/{project}/locations/{location}/clusters/{cluster}/nodePools/{name}",
    "gcp:artifactregistry/repository:Repository": "projects/{project}/locations/{location}/repositories/{repositoryId}",
    "gcp:storage/bucket:Bucket": "{name}",
    "gcp:storage/bucketObject:BucketObject": "{bucket}-{name}",
    "gcp:serviceaccount/account:Account": (
        "projects/{project}/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com"
    ),
    "gcp:projects/iAMMember:IAMMember": "{project} {role} {member}",
    "gcp:storage/bucketIAMMember:BucketIAMMember": "b/{bucket} {role} {member}",
}
_REFERENCES: Final = {"cluster", "router", "network"}

_NOT_IMPORTED: Final = {"gcp:storage/bucketObject:BucketObject"}
"""Types that the provider finds by their properties, not by their id alone (same pages: "does not support import")."""


def pending(deployment: _Inputs) -> bool:
    """Whether a killed update left anything unfinished."""
    return bool(deployment.get("pending_operations"))


def settled(deployment: _Inputs, project: str) -> tuple[_Inputs, list[str]]:
    """`deployment` without pending operations, and the URNs that were taken into it, to be refreshed.

    Operations on what the state has already (updates, deletions, creations that an update since has done) only go:
    the next update does them again.
    """
    resources: list[_Inputs] = list(deployment.get("resources") or [])
    known = {resource["urn"] for resource in resources}
    taken: list[str] = []
    operations: list[_Inputs] = deployment.get("pending_operations") or []
    for operation in operations:
        resource: _Inputs = operation["resource"]
        if operation.get("type") != "creating" or resource["urn"] in known:
            continue
        if found := _id(resource, project):
            outputs: _Inputs = (resource.get("inputs") or {}) if resource["type"] in _NOT_IMPORTED else {}
            resources.append({**resource, "id": found, "outputs": outputs})
            taken.append(resource["urn"])
            known.add(resource["urn"])
    return {**deployment, "resources": resources, "pending_operations": []}, taken


def _id(resource: _Inputs, project: str) -> str | None:
    kind: str = resource["type"]
    inputs: _Inputs = resource.get("inputs") or {}
    if kind.startswith("kubernetes:"):
        metadata: _Inputs = inputs.get("metadata") or {}
        name: str | None = metadata.get("name")
        namespace: str | None = metadata.get("namespace")
        return f"{namespace}/{name}" if namespace and name else name
    form = _GOOGLE_IDS.get(kind)
    if form is None:
        return None
    values = {key: _last(value) if key in _REFERENCES else value for key, value in inputs.items() if value is not None}
    try:
        return form.format(**{"project": project, **values})
    except KeyError:
        return None


def _last(reference: Any) -> str:
    """The name in a reference, which may be long (`projects/P/.../NAME`) or the name alone."""
    return str(reference).rsplit("/", 1)[-1]
