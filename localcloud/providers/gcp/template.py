"""What the nodes of a pool look like: names, labels, taints and capacity, as GKE makes them.

Sources: GKE documentation, "About GKE node labels and taints", "About node images", "Spot VMs", "About GPUs in GKE",
"About TPUs in GKE", "About Workload Identity Federation"; Kubernetes "Well-Known Labels, Annotations and Taints".
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from localcloud.providers.gcp import locations
from localcloud.providers.gcp.quotas import accelerators
from localcloud.providers.gcp.services.cluster import VERSION
from localcloud.providers.gcp.services.nodepool import DEFAULT_MACHINE, count_per_zone, effective_taints
from slipway import capacity, machines

POOL_LABEL: Final = "cloud.google.com/gke-nodepool"
#: ours: which records a node belongs to, and the template it was made from
CLUSTER_ANNOTATION: Final = "slipway.dev/gcp-cluster"
POOL_ANNOTATION: Final = "slipway.dev/gcp-node-pool"
TEMPLATE_ANNOTATION: Final = "slipway.dev/node-template"
_EFFECTS: Final = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}
_LONGEST_PREFIX: Final = 44

Values = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A pool's nodes. `identity` is the pool's id, `values` its record."""

    identity: str
    values: Values

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.identity.rsplit("/", 3)[1]

    @property
    def config(self) -> Values:
        """The pool's node configuration."""
        return self.values.get("nodeConfig") or {}

    @property
    def machine(self) -> machines.Machine:
        """The machine type."""
        name = self.config.get("machineType") or DEFAULT_MACHINE
        return machines.find(name) or machines.Machine(name, 2, 4)

    def version(self) -> str:
        """What nodes have to be made anew for; labels and taints change in place."""
        keys = ("machineType", "diskSizeGb", "diskType", "imageType", "spot", "guestAccelerators")
        made_of = [self.config.get(key) or None for key in keys] + [self.values.get("version")]
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:8]

    def nodes(self) -> dict[str, Values]:
        """Every wanted node by name."""
        count = count_per_zone(self.values)
        found: dict[str, Values] = {}
        for zone in self.values.get("nodeLocations") or []:
            for index in range(count):
                name = self.name(zone, index)
                found[name] = self.node(name, zone)
        return found

    def name(self, zone: str, index: int) -> str:
        """`gke-CLUSTER-POOL-<8 of the zone's group>-<4 of the node>`."""
        prefix = f"gke-{self.cluster}-{self.values['name']}"[:_LONGEST_PREFIX].rstrip("-")
        group = hashlib.sha256(f"{self.identity}/{zone}".encode()).hexdigest()[:8]
        digits = hashlib.sha256(f"{group}/{self.version()}/{index}".encode()).hexdigest()
        return f"{prefix}-{group}-{digits[:4]}"

    def node(self, name: str, zone: str) -> Values:
        """The manifest of one node, its status with it."""
        room, allocatable = capacity.resources(
            self.machine,
            int(self.values.get("maxPodsPerNode") or 110),
            int(self.config.get("diskSizeGb") or 100),
            sum(accelerators(self.machine, self.config).values()),
        )
        chips = {"google.com/tpu": str(self.machine.tpus)} if self.machine.tpu else {}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": self.labels(name, zone),
                "annotations": {
                    CLUSTER_ANNOTATION: self.identity.rsplit("/nodePools/", 1)[0],
                    POOL_ANNOTATION: self.identity,
                    TEMPLATE_ANNOTATION: self.version(),
                },
            },
            "spec": {
                "providerID": f"gce://{self.identity.split('/')[1]}/{zone}/{name}",
                "taints": self.taints(),
            },
            "status": {
                "capacity": {**room, **chips},
                "allocatable": {**allocatable, **chips},
                "nodeInfo": {
                    "architecture": self.machine.architecture,
                    "operatingSystem": "linux",
                    "kubeletVersion": f"v{self.values.get('version') or VERSION}",
                    "kubeProxyVersion": "",
                    "osImage": "Container-Optimized OS from Google",
                    "containerRuntimeVersion": "containerd://2.1.4",
                    "kernelVersion": "6.12.0",
                    "bootID": "",
                    "machineID": "",
                    "systemUUID": "",
                },
            },
        }

    def taints(self) -> list[Values]:
        """The pool's taints in Kubernetes' words."""
        return [
            {"key": taint["key"], "value": taint.get("value", ""), "effect": _EFFECTS[taint["effect"]]}
            for taint in effective_taints(self.config)
        ]

    def labels(self, name: str, zone: str) -> dict[str, str]:
        """GKE's labels, and the pool's own."""
        config, machine = self.config, self.machine
        provisioning = "spot" if config.get("spot") else "preemptible" if config.get("preemptible") else "standard"
        labels = {
            POOL_LABEL: self.values["name"],
            "cloud.google.com/gke-os-distribution": "cos",
            "cloud.google.com/gke-container-runtime": "containerd",
            "cloud.google.com/gke-boot-disk": str(config.get("diskType") or "pd-balanced"),
            "cloud.google.com/gke-provisioning": provisioning,
            "cloud.google.com/gke-logging-variant": str(config.get("loggingVariant") or "DEFAULT"),
            "cloud.google.com/gke-max-pods-per-node": str(self.values.get("maxPodsPerNode") or 110),
            "cloud.google.com/gke-cpu-scaling-level": str(int(machine.cpus)),
            "cloud.google.com/gke-memory-gb-scaling-level": str(int(machine.memory)),
            "cloud.google.com/gke-stack-type": "IPV4",
            "cloud.google.com/machine-family": machine.family,
            "kubernetes.io/arch": machine.architecture,
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": machine.name,
            "topology.gke.io/zone": zone,
            "topology.kubernetes.io/region": locations.region_of(zone),
            "topology.kubernetes.io/zone": zone,
        }
        if str(config.get("imageType") or "").upper().startswith("UBUNTU"):
            labels["cloud.google.com/gke-os-distribution"] = "ubuntu"
        if provisioning != "standard":
            labels[f"cloud.google.com/gke-{provisioning}"] = "true"
        if (self.values.get("networkConfig") or {}).get("enablePrivateNodes"):
            labels["cloud.google.com/private-node"] = "true"
        if (config.get("workloadMetadataConfig") or {}).get("mode") == "GKE_METADATA":
            labels["iam.gke.io/gke-metadata-server-enabled"] = "true"
        for kind, count in accelerators(machine, config).items():
            labels |= {"cloud.google.com/gke-accelerator": kind, "cloud.google.com/gke-accelerator-count": str(count)}
            driver = ((config.get("guestAccelerators") or [{}])[0]).get("gpuDriverInstallationConfig") or {}
            if driver.get("gpuDriverVersion"):
                labels["cloud.google.com/gke-gpu-driver-version"] = driver["gpuDriverVersion"].lower()
            sharing = ((config.get("guestAccelerators") or [{}])[0]).get("gpuSharingConfig") or {}
            if sharing.get("gpuSharingStrategy"):
                labels["cloud.google.com/gke-gpu-sharing-strategy"] = (
                    sharing["gpuSharingStrategy"].lower().replace("_", "-")
                )
                labels["cloud.google.com/gke-max-shared-clients-per-gpu"] = str(sharing["maxSharedClientsPerGpu"])
        if machine.tpu:
            topology = (self.values.get("placementPolicy") or {}).get("tpuTopology")
            labels |= {
                "cloud.google.com/gke-tpu-accelerator": machine.tpu,
                "cloud.google.com/gke-accelerator-count": str(machine.tpus),
                "cloud.google.com/gke-tpu-topology": str(topology or machines.single_host_topology(machine)),
            }
        if (config.get("confidentialNodes") or {}).get("enabled"):
            labels["cloud.google.com/gke-confidential-nodes"] = "true"
        return labels | (config.get("labels") or {})
