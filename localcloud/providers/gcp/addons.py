"""What GKE's add-ons bring into a cluster, played by a stand-in: definitions and the objects that come with them.

In GKE the add-on does it, so nothing of this is in infra/. The definitions are those of the pinned releases in
tools/pins.toml, as published; which release GKE brings depends on its version.

Sources: GKE documentation, "Deploying Gateways" (`gatewayApiConfig.channel: CHANNEL_STANDARD` installs the standard
definitions, Google's policies and the GatewayClasses), "About GatewayClasses" (names and controller); Secret Manager
documentation, "Use Secret Manager add-on with GKE" (SecretProviderClass `secrets-store.csi.x-k8s.io/v1` with
`provider: gke`, driver `secrets-store-gke.csi.k8s.io`); secrets-store-csi-driver, `deploy/csidriver.yaml`; Cloud
Service Mesh documentation, "Supported features using Istio APIs (managed control plane)" (a cluster of a fleet whose
mesh is managed gets Istio's definitions).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from localcloud.disks.volumes import DRIVER
from localcloud.providers.gcp import localcluster
from localcloud.providers.gcp.kube import NOT_FOUND, Kube, KubeError, connect
from localcloud.providers.gcp.paths import lookup
from localcloud.providers.model import ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.providers.gcp.api import Api

Values = dict[str, Any]

GATEWAY: Final = "gateway-api"
SECRETS: Final = "secret-manager"
MESH: Final = "service-mesh"
DISKS: Final = "persistent-disk-csi-driver"
CONTROLLER: Final = "networking.gke.io/gateway"
#: classes of a single cluster; those that end in `-mc` come with fleets, which this stand-in has not
CLASSES: Final = (
    "gke-l7-global-external-managed",
    "gke-l7-gxlb",
    "gke-l7-regional-external-managed",
    "gke-l7-rilb",
)
SECRETS_DRIVER: Final = "secrets-store-gke.csi.k8s.io"
#: ours: which add-on an object belongs to
LABEL: Final = "slipway.dev/gcp-addon"
#: how Kubernetes' add-on manager marks what it keeps as it is (cluster/addons/addon-manager, README)
_MANAGED: Final = {"addonmanager.kubernetes.io/mode": "Reconcile"}
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_CLASSES: Final = "/apis/gateway.networking.k8s.io/v1/gatewayclasses"
_DRIVERS: Final = "/apis/storage.k8s.io/v1/csidrivers"
_STORAGE: Final = "/apis/storage.k8s.io/v1/storageclasses"
#: seconds that definitions have to be served, and to be gone
_SECONDS: Final = 30.0
_PAUSE: Final = 0.1


@dataclass(frozen=True)
class Addon:
    """One add-on: `pins` names its definitions; `path` is that of the kind of its `objects`, where it has any."""

    name: str
    wanted: Callable[[Values], bool]
    pins: tuple[str, ...]
    path: str
    objects: tuple[Values, ...]


def _gateway_class(name: str) -> Values:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": name},
        "spec": {"controllerName": CONTROLLER},
    }


_SECRETS_DRIVER: Final[Values] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "CSIDriver",
    "metadata": {"name": SECRETS_DRIVER},
    "spec": {
        "podInfoOnMount": True,
        "attachRequired": False,
        "volumeLifecycleModes": ["Ephemeral"],
        "requiresRepublish": True,
    },
}


def _storage_class(name: str, disk: str, annotations: Values) -> Values:
    """GKE documentation, "Persistent volumes and dynamic provisioning": classes that come with the driver."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": DRIVER,
        "parameters": {"type": disk},
        "reclaimPolicy": "Delete",
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }


ADDONS: Final = (
    Addon(
        DISKS,
        lambda cluster: lookup(cluster, "addonsConfig.gcePersistentDiskCsiDriverConfig.enabled") is True,
        (),
        _STORAGE,
        (
            _storage_class("standard-rwo", "pd-balanced", {"storageclass.kubernetes.io/is-default-class": "true"}),
            _storage_class("premium-rwo", "pd-ssd", {}),
        ),
    ),
    Addon(
        GATEWAY,
        lambda cluster: lookup(cluster, "gatewayApiConfig.channel") == "CHANNEL_STANDARD",
        ("gateway-api-crds", "gke-gateway-crds"),
        _CLASSES,
        tuple(_gateway_class(name) for name in CLASSES),
    ),
    Addon(
        SECRETS,
        lambda cluster: lookup(cluster, "secretManagerConfig.enabled") is True,
        ("secrets-store-crds",),
        _DRIVERS,
        (_SECRETS_DRIVER,),
    ),
    # The fleet's own setting, "Cloud Service Mesh for new members", has no resource here: it is taken for switched on.
    Addon(MESH, lambda cluster: bool(lookup(cluster, "fleet.project")), ("istio-crds",), _DEFINITIONS, ()),
)


def reconcile(api: Api, clusters: list[Values]) -> None:
    """Make the local API server serve what the add-ons of these clusters bring, and nothing of the other add-ons.

    Every GKE cluster of this cloud leads to the one local cluster: an add-on stays while any of them has it. Turning
    one off deletes its definitions and, as Kubernetes does, every object of these kinds.

    Raises:
        ProviderError: the API server does not answer, refuses, or does not serve the definitions in time; the
            definitions cannot be fetched.
    """
    local = localcluster.load(api.store)
    if local is None:
        return
    wanted = [addon for addon in ADDONS if any(addon.wanted(cluster) for cluster in clusters)]
    if local.external:
        for addon in wanted:
            api.log(f"{local.endpoint} is a cluster of your own: it gets no stand-in of the add-on {addon.name}")
        return
    kube = connect(local)
    for addon in ADDONS:
        if addon in wanted:
            _install(kube, addon)
        elif _remove(kube, addon):
            api.log(f"add-on {addon.name}: turned off, its definitions and their objects are gone")


def _install(kube: Kube, addon: Addon) -> None:
    definitions = _definitions(addon)
    for definition in definitions:
        _apply(kube, _DEFINITIONS, addon, definition)
    _until(lambda: _served(kube, definitions), f"the API server does not serve the definitions of {addon.name}")
    for item in addon.objects:
        _apply(kube, addon.path, addon, item)


def _remove(kube: Kube, addon: Addon) -> bool:
    """Delete what the add-on brought; whether there was anything."""
    there = _names(kube, _DEFINITIONS, addon)
    if not there and not (not addon.pins and _names(kube, addon.path, addon)):
        return False
    for path in dict.fromkeys((addon.path, _DEFINITIONS)):
        for name in _names(kube, path, addon):
            _ignore_missing(kube, "DELETE", f"{path}/{name}")
    _until(lambda: not _names(kube, _DEFINITIONS, addon), f"{len(there)} definitions of {addon.name} do not go")
    return True


def _definitions(addon: Addon) -> list[Values]:
    from slipway.errors import FailedError  # noqa: PLC0415 - only where an add-on is on
    from slipway.tools.definitions import definitions  # noqa: PLC0415 - same

    try:
        return definitions(addon.pins)
    except FailedError as error:
        raise ProviderError(f"the definitions of the add-on {addon.name} cannot be had: {error}") from error


def _apply(kube: Kube, path: str, addon: Addon, manifest: Values) -> None:
    metadata = manifest["metadata"]
    labels = {**(metadata.get("labels") or {}), **_MANAGED, LABEL: addon.name}
    body = {key: value for key, value in manifest.items() if key != "status"}
    body["metadata"] = {"name": metadata["name"], "labels": labels}
    if metadata.get("annotations"):
        body["metadata"]["annotations"] = metadata["annotations"]
    target = f"{path}/{metadata['name']}?fieldManager=gke-addon-stand-in&force=true"
    kube.call("PATCH", target, body, "application/apply-patch+yaml")


def _served(kube: Kube, definitions: list[Values]) -> bool:
    """Whether discovery names every kind in every version, and it can be listed: each a moment after the other."""
    for definition in definitions:
        spec, plural = definition["spec"], definition["spec"]["names"]["plural"]
        for version in (version for version in spec["versions"] if version["served"]):
            group = f"/apis/{spec['group']}/{version['name']}"
            try:
                found = kube.call("GET", group)["resources"]
                kube.call("GET", f"{group}/{plural}?limit=1")
            except KubeError as error:
                if error.status != NOT_FOUND:
                    raise
                return False
            if not any(item["name"] == plural for item in found):
                return False
    return True


def _names(kube: Kube, path: str, addon: Addon) -> list[str]:
    """What there is of the add-on at a path; nothing where the kind itself is gone."""
    try:
        found = kube.call("GET", f"{path}?labelSelector={LABEL.replace('/', '%2F')}%3D{addon.name}")["items"]
    except KubeError as error:
        if error.status != NOT_FOUND:
            raise
        return []
    return [item["metadata"]["name"] for item in found]


def _until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise ProviderError(f"{otherwise} after {_SECONDS:.0f} s; see the log of kube-apiserver")
        time.sleep(_PAUSE)


def _ignore_missing(kube: Kube, method: str, path: str) -> None:
    try:
        kube.call(method, path)
    except KubeError as error:
        if error.status != NOT_FOUND:
            raise
