"""What the platform declares, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.providers.gcp import schema
from tests.infra.gcp.platforms import CLUSTER, POOL, base, declared, of, wanted

if TYPE_CHECKING:
    from slipway.engine.recorder import Declared

REGULATED: dict[str, Any] = {**base(), "profile": "regulated"}
AGENTS = "artifactregistry compute gkebackup secretmanager storage"


@pytest.fixture(scope="module")
def hardened() -> dict[str, Declared]:
    return {item.name: item for item in declared(wanted(base()))}


@pytest.fixture(scope="module")
def regulated() -> dict[str, Declared]:
    return {item.name: item for item in declared(wanted(REGULATED))}


def test_everything_waits_for_the_apis(hardened: dict[str, Declared]) -> None:
    apis = {item.urn for item in hardened.values() if item.type == "gcp:projects/service:Service"}
    assert len(apis) > 12
    for item in hardened.values():
        if item.custom and item.urn not in apis and item.name not in {"google", "contract"}:
            assert apis <= set(item.depends), f"{item.name} does not wait"


def test_the_cluster_waits_for_the_grant_of_its_key(hardened: dict[str, Declared]) -> None:
    assert hardened["key-etcd-container"].urn in hardened["cluster-main-cluster"].depends
    assert hardened["key-etcd-container"].inputs["member"] == (
        "serviceAccount:service-100000000002@container-engine-robot.iam.gserviceaccount.com"
    )
    assert all(hardened[name].protect for name in ("keys-ring", "key-etcd-key", "registry-ml-repository"))


def test_regulated_keys_are_granted_to_who_encrypts(regulated: dict[str, Declared]) -> None:
    members = {name.removeprefix("key-data-") for name in regulated if name.startswith("key-data-")} - {"key"}
    assert members == set(AGENTS.split())
    assert regulated["key-data-key"].inputs["versionTemplate"]["protectionLevel"] == "HSM"
    for name in ("bucket-models-bucket", "registry-ml-repository", "secret-growth-api-secret", "backups-main-plan"):
        assert regulated["key-data-storage"].urn in regulated[name].depends
        assert "cryptoKeys/data" in str(regulated[name].inputs)


def test_regulated_networks_reach_google_and_nothing_else(regulated: dict[str, Declared]) -> None:
    assert not any("nat" in name.split("-") for name in regulated)
    google = regulated["network-firewall-allow-google"].inputs
    assert google["destinationRanges"] == ["199.36.153.8/30"]
    inside = regulated["network-firewall-allow-inside"].inputs["destinationRanges"]
    assert sorted(inside) == sorted(["10.16.0.0/20", "10.20.0.0/14", "10.24.0.0/20", "10.8.16.0/23", "172.16.1.0/28"])
    names = regulated["network-google-googleapis-com-names"].inputs
    assert (names["name"], names["rrdatas"]) == ("*.googleapis.com.", ["private.googleapis.com."])


def test_a_secret_is_a_container_that_one_service_reads(hardened: dict[str, Declared]) -> None:
    secret = hardened["secret-growth-api-secret"].inputs
    assert secret["secretId"] == "growth-api"
    assert [each["location"] for each in secret["replication"]["userManaged"]["replicas"]] == ["europe-west4"]
    readers = [item for item in hardened.values() if "secretIamMember" in item.type]
    pool = "projects/100000000002/locations/global/workloadIdentityPools/acme-dev.svc.id.goog"
    churn = f"principal://iam.googleapis.com/{pool}/subject/ns/growth/sa/churn"
    assert [item.inputs["member"] for item in readers] == [churn]
    assert readers[0].inputs["role"] == "roles/secretmanager.secretAccessor"


def test_the_entrance(hardened: dict[str, Declared]) -> None:
    assert hardened["entrance-public"].inputs["addressType"] == "EXTERNAL"
    assert hardened["entrance-internal"].inputs["purpose"] == "SHARED_LOADBALANCER_VIP"
    assert hardened["entrance-zone"].inputs["dnsName"] == "dev.ml.acme.example."
    assert hardened["entrance-certificate"].inputs["managed"]["domains"] == [
        "dev.ml.acme.example",
        "*.dev.ml.acme.example",
    ]
    assert {"entrance-churn", "entrance-churn-inside"} <= hardened.keys()
    assert hardened["entrance-user-ml-users-acme-example"].inputs["role"] == "roles/iap.httpsResourceAccessor"


def test_names_of_internal_hosts_are_told_to_nobody_outside() -> None:
    environment = base()
    environment["gateway"]["public"] = []
    found = {item.name for item in declared(wanted(environment, manifest="expose: {host: churn, auth: none}\n"))}
    assert "entrance-churn-inside" in found
    assert not {"entrance-churn", "entrance-public"} & found


def test_costs_are_told_apart_by_a_label(hardened: dict[str, Declared]) -> None:
    budget = hardened["budget-budget"].inputs
    assert budget["budgetFilter"]["labels"] == {"slipway-environment": "dev"}
    assert [rule["thresholdPercent"] for rule in budget["thresholdRules"]] == [0.5, 0.9, 1]
    assert "slipway-environment" in hardened["google"].inputs["defaultLabels"]
    pool = hardened["main-general-pool"].inputs
    assert pool["nodeConfig"]["resourceLabels"] == {"slipway-environment": "dev"}


def test_readers_of_a_team_find_the_cluster_and_the_logs(hardened: dict[str, Declared]) -> None:
    roles = {item.inputs["role"] for item in hardened.values() if item.name.startswith("viewers-") and item.custom}
    assert roles == {"roles/container.clusterViewer", "roles/logging.viewer"}


def test_accelerators_sharing_and_slices() -> None:
    environment = base()
    pools = environment["clusters"]["main"]["pools"]
    pools["shared"] = {
        "machine": "g2-standard-8",
        "gpu": {"driver": "latest", "sharing": {"by": "mps", "clients": 3}},
        "nodes": {"per_zone": 1},
    }
    pools["slice"] = {
        "machine": "ct6e-standard-4t",
        "tpu": {"topology": "4x4"},
        "zones": ["europe-west4-a"],
        "nodes": {"per_zone": 4},
    }
    found = {item.name: item.inputs for item in of(declared(wanted(environment)), POOL)}
    assert found["main-shared-pool"]["nodeConfig"]["guestAccelerators"] == [
        {
            "type": "nvidia-l4",
            "count": 1,
            "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
            "gpuSharingConfig": {"gpuSharingStrategy": "MPS", "maxSharedClientsPerGpu": 3},
        }
    ]
    assert found["main-slice-pool"]["placementPolicy"] == {"type": "COMPACT", "tpuTopology": "4x4"}
    assert found["main-slice-pool"]["nodeLocations"] == ["europe-west4-a"]


def test_every_declared_field_is_the_provider_s(hardened: dict[str, Declared], regulated: dict[str, Declared]) -> None:
    """A field that the provider's schema does not have would be an error of the real plugin."""
    checked = 0
    for item in [*hardened.values(), *regulated.values()]:
        if known := schema.load(item.type):
            checked += 1
            assert unknown(item.inputs, known.fields) == []
    assert checked > 60


def unknown(inputs: dict[str, Any], fields: Any) -> list[str]:
    found: list[str] = []
    for key, value in inputs.items():
        if key not in fields:
            found.append(key)
        elif fields[key].fields:
            for block in value if isinstance(value, list) else [value]:
                found += [f"{key}.{name}" for name in unknown(block, fields[key].fields)]
    return found


def test_maintenance_and_auto_provisioning() -> None:
    environment = base()
    environment["clusters"]["main"] |= {
        "maintenance": {
            "start": "22:30",
            "for": "6h",
            "days": ["SU", "SA"],
            "exclusions": {"year-end": {"from": "2026-12-18", "to": "2027-01-03"}},
        },
        "auto_provisioning": {"max_cpu": "64", "max_memory": "256Gi", "max_gpus": {"nvidia-l4": 2}},
    }
    (cluster,) = of(declared(wanted(environment)), CLUSTER)
    window = cluster.inputs["maintenancePolicy"]
    assert window["recurringWindow"] == {
        "startTime": "2026-01-10T22:30:00Z",
        "endTime": "2026-01-11T04:30:00Z",
        "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU",
    }
    assert [each["endTime"] for each in window["maintenanceExclusions"]] == ["2027-01-04T00:00:00Z"]
    scaling = cluster.inputs["clusterAutoscaling"]
    assert scaling["resourceLimits"] == [
        {"resourceType": "cpu", "maximum": 64},
        {"resourceType": "memory", "maximum": 256},
        {"resourceType": "nvidia-l4", "maximum": 2},
    ]
    assert scaling["autoProvisioningDefaults"]["shieldedInstanceConfig"]["enableSecureBoot"] is True
