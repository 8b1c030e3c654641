"""The functions (`get_*`) that the stand-in offers.

Sources: Terraform Registry data sources google_storage_bucket_object_content, google_client_config, google_project,
google_container_engine_versions; the error's words from terraform-provider-google
`data_source_storage_bucket_object_content.go`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from localcloud.providers.gcp import errors, locations
from localcloud.providers.gcp.services import cluster, storage
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.providers.gcp.api import Api


def _object_content(api: Api, args: dict[str, Any]) -> dict[str, Any]:
    bucket, name = args["bucket"], args["name"]
    record = api.get(storage.OBJECT_TYPE, f"{bucket}-{name}")
    if record is None:
        missing = "The specified bucket does not exist." if api.get(storage.BUCKET, bucket) is None else ""
        reason = errors.ApiError(404, missing or f"No such object: {bucket}/{name}", "notFound")
        raise ProviderError(f"Error downloading storage bucket object: {reason}")
    body = storage.content(record)
    answer = {**record, **storage.described(record)}
    answer |= {"content": body.decode(errors="replace"), "contentBase64": base64.b64encode(body).decode()}
    return {"id": f"{bucket}-{name}", **answer}


def _client_config(api: Api, args: dict[str, Any]) -> dict[str, Any]:
    del args
    place = {"project": api.project, "region": api.region, "zone": api.zone}
    return {
        "id": f'projects/"{api.project}"/regions/"{api.region}"/zones/"{api.zone}"',
        "accessToken": "local",
        "defaultLabels": dict(api.labels),
        **place,
    }


def _project(api: Api, args: dict[str, Any]) -> dict[str, Any]:
    project = args.get("projectId") or api.project
    if not project:
        raise ProviderError("project: required field is not set")
    return {
        "id": f"projects/{project}",
        "projectId": project,
        "name": project,
        "number": str(api.project_number(project)),
        "labels": {},
        "effectiveLabels": {},
        "pulumiLabels": {},
        "autoCreateNetwork": True,
        "billingAccount": "",
        "deletionPolicy": "PREVENT",
        "folderId": "",
        "orgId": "",
        "tags": {},
    }


def _engine_versions(api: Api, args: dict[str, Any]) -> dict[str, Any]:
    location = args.get("location") or api.zone or api.region
    if not locations.is_region(location) and not locations.is_zone(location):
        raise ProviderError(f"unknown region or zone {location!r}")
    channels = ("RAPID", "REGULAR", "STABLE", "EXTENDED")
    return {
        "id": location,
        "location": location,
        "project": args.get("project") or api.project,
        "versionPrefix": args.get("versionPrefix"),
        "defaultClusterVersion": cluster.VERSION,
        "latestMasterVersion": cluster.VERSION,
        "latestNodeVersion": cluster.VERSION,
        "releaseChannelDefaultVersion": dict.fromkeys(channels, cluster.VERSION),
        "releaseChannelLatestVersion": dict.fromkeys(channels, cluster.VERSION),
        "releaseChannelUpgradeTargetVersion": dict.fromkeys(channels, cluster.VERSION),
        "validMasterVersions": [cluster.VERSION],
        "validNodeVersions": [cluster.VERSION],
    }


TABLE: Final[dict[str, Callable[[Api, dict[str, Any]], dict[str, Any]]]] = {
    "gcp:container/getEngineVersions:getEngineVersions": _engine_versions,
    "gcp:organizations/getClientConfig:getClientConfig": _client_config,
    "gcp:organizations/getProject:getProject": _project,
    "gcp:storage/getBucketObjectContent:getBucketObjectContent": _object_content,
}


def call(api: Api, token: str, args: dict[str, Any]) -> dict[str, Any]:
    """Call a function; raises ProviderError for one that is not offered or that fails."""
    function = TABLE.get(token)
    if function is None:
        offered = ", ".join(sorted(name.split(":")[-1] for name in TABLE))
        raise ProviderError(f"{token} is not offered by the gcp stand-in; there are {offered}")
    return function(api, args)
