"""Every environment that is accepted keeps the hardening that no profile and no file can switch off."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, given, settings

from slipway import profiles
from slipway.errors import Refused
from slipway.hardening import filled
from tests.infra.gcp.platforms import CLUSTER, POOL, base, declared, environments, of, wanted

if TYPE_CHECKING:
    from slipway.desired import Desired
    from slipway.engine.recorder import Declared
    from slipway.profiles import Profile

DATA_KEY = "projects/acme-dev/locations/europe-west4/keyRings/slipway-dev/cryptoKeys/data"
several = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@several
@given(environments())
def test_every_accepted_environment_is_hardened(environment: dict[str, Any]) -> None:
    try:
        desired = wanted(environment)
    except Refused:
        assume(False)
    assert violations(desired, declared(desired)) == []


def test_what_is_checked_can_fail() -> None:
    """The checks themselves: each of these inputs, when it is missing, is told."""
    desired = wanted(base())
    resources = declared(desired)
    assert violations(desired, resources) == []
    for kind, path in sorted(MUST):
        resource = next(each for each in resources if each.custom and each.type.endswith(f":{kind}"))
        changed = dataclasses.replace(resource, inputs=_without(resource.inputs, path.split(".")))
        others = [changed if each is resource else each for each in resources]
        assert violations(desired, others), f"{kind} without {path} is not noticed"


MUST = {
    ("Cluster", "privateClusterConfig.enablePrivateNodes"),
    ("Cluster", "privateClusterConfig.enablePrivateEndpoint"),
    ("Cluster", "masterAuthorizedNetworksConfig.cidrBlocks"),
    ("Cluster", "workloadIdentityConfig.workloadPool"),
    ("Cluster", "datapathProvider"),
    ("Cluster", "databaseEncryption.keyName"),
    ("Cluster", "ipAllocationPolicy.clusterSecondaryRangeName"),
    ("NodePool", "nodeConfig.shieldedInstanceConfig.enableSecureBoot"),
    ("NodePool", "nodeConfig.metadata.disable-legacy-endpoints"),
    ("NodePool", "nodeConfig.workloadMetadataConfig.mode"),
    ("NodePool", "nodeConfig.serviceAccount"),
    ("NodePool", "management.autoRepair"),
    ("Bucket", "publicAccessPrevention"),
    ("Bucket", "uniformBucketLevelAccess"),
    ("Bucket", "versioning.enabled"),
    ("Repository", "cleanupPolicies"),
    ("Policy", "defaultAdmissionRule.evaluationMode"),
    ("ManagedZone", "dnssecConfig.state"),
    ("Service", "disableOnDestroy"),
}


def violations(desired: Desired, resources: list[Declared]) -> list[str]:
    """Everything in a platform that breaks what always holds, or what its profile says."""
    profile = profiles.profile(desired.environment.profile)
    assert filled(desired.environment) == desired.environment, "what is declared is what was filled in"
    found = [*_network(profile, resources), *_grants(resources)]
    for resource in resources:
        found += [
            f"{resource.name}: {path} is {_at(resource.inputs, path)!r}, not {value!r}"
            for path, value in expected(resource, desired, profile).items()
            if _at(resource.inputs, path) != value
        ]
        if resource.type == CLUSTER:
            found += _control_plane(resource)
        if resource.type == "gcp:artifactregistry/repository:Repository":
            found += _cleanup(resource)
        if resource.type == POOL and "serviceAccount" not in resource.inputs["nodeConfig"]:
            found.append(f"{resource.name} runs as the project's default account")
    return found


def expected(resource: Declared, desired: Desired, profile: Profile) -> dict[str, Any]:
    """What the inputs of a resource have to be, by path."""
    inputs, kind = resource.inputs, resource.type.rsplit(":", 1)[-1]
    if resource.type == CLUSTER:
        return _cluster(desired, profile)
    if resource.type == POOL:
        encrypted = {"nodeConfig.confidentialNodes.enabled": True if profile.confidential_nodes else None}
        return {**_POOL, **encrypted, "nodeConfig.bootDiskKmsKey": DATA_KEY if profile.data_keys else None}
    if kind == "Bucket" and resource.custom:
        return {
            "publicAccessPrevention": "enforced",
            "uniformBucketLevelAccess": True,
            "versioning.enabled": not _at(inputs, "retentionPolicy.retentionPeriod"),
            "softDeletePolicy.retentionDurationSeconds": profile.soft_delete_days * 86400,
            "encryption.defaultKmsKeyName": DATA_KEY if profile.data_keys else None,
        }
    if kind == "Repository":
        return {"kmsKeyName": DATA_KEY if profile.data_keys else None, "cleanupPolicyDryRun": False}
    if kind == "CryptoKey":
        rotation = f"{profile.key_rotation_days * 86400}s"
        return {"rotationPeriod": rotation, "versionTemplate.protectionLevel": profile.key_protection}
    if kind == "Policy":
        enforced = "ENFORCED_BLOCK_AND_AUDIT_LOG" if profile.image_admission == "enforce" else "DRYRUN_AUDIT_LOG_ONLY"
        rule = "defaultAdmissionRule"
        return {f"{rule}.evaluationMode": "ALWAYS_DENY", f"{rule}.enforcementMode": enforced}
    if kind == "ManagedZone" and inputs.get("visibility") != "private":
        return {"dnssecConfig.state": "on"}
    return {"disableOnDestroy": False} if kind == "Service" else {}


def _control_plane(cluster: Declared) -> list[str]:
    found = [] if cluster.protect else ["the engine may replace the cluster"]
    if not isinstance(_at(cluster.inputs, "masterAuthorizedNetworksConfig.cidrBlocks"), list):
        found.append("authorized networks are absent, which means everyone")
    private = cluster.inputs["privateClusterConfig"]
    if ("masterIpv4CidrBlock" in private) == ("privateEndpointSubnetwork" in private):
        found.append("the control plane is in two places, or in none")
    return found


def _cluster(desired: Desired, profile: Profile) -> dict[str, Any]:
    wanted_cluster = desired.environment.clusters["main"]
    return {
        "privateClusterConfig.enablePrivateNodes": True,
        "privateClusterConfig.enablePrivateEndpoint": True,
        "controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic": wanted_cluster.access == "dns",
        "workloadIdentityConfig.workloadPool": f"{desired.environment.google.project}.svc.id.goog",
        "enableShieldedNodes": True,
        "enableLegacyAbac": False,
        "anonymousAuthenticationConfig.mode": "LIMITED",
        "datapathProvider": "ADVANCED_DATAPATH",
        "networkingMode": "VPC_NATIVE",
        "ipAllocationPolicy.clusterSecondaryRangeName": "pods",
        "ipAllocationPolicy.servicesSecondaryRangeName": "services",
        "binaryAuthorization.evaluationMode": "PROJECT_SINGLETON_POLICY_ENFORCE",
        "securityPostureConfig.mode": "BASIC",
        "costManagementConfig.enabled": True,
        "secretManagerConfig.enabled": True,
        "gatewayApiConfig.channel": "CHANNEL_STANDARD",
        "monitoringConfig.managedPrometheus.enabled": True,
        "nodePoolDefaults.nodeConfigDefaults.insecureKubeletReadonlyPortEnabled": "FALSE",
        "removeDefaultNodePool": True,
        "deletionProtection": wanted_cluster.deletion_protection,
        "enableIntranodeVisibility": profile.intranode_visibility,
        "databaseEncryption.state": "ENCRYPTED" if profile.etcd_key else "DECRYPTED",
        "databaseEncryption.keyName": (
            "projects/acme-dev/locations/europe-west4/keyRings/slipway-dev/cryptoKeys/etcd"
            if profile.etcd_key
            else None
        ),
        "inTransitEncryptionConfig": (
            "IN_TRANSIT_ENCRYPTION_INTER_NODE_TRANSPARENT" if profile.encrypted_in_transit else None
        ),
        "addonsConfig.gkeBackupAgentConfig.enabled": wanted_cluster.backup is not None,
    }


_POOL: dict[str, Any] = {
    "management.autoRepair": True,
    "management.autoUpgrade": True,
    "networkConfig.enablePrivateNodes": True,
    "nodeConfig.imageType": "COS_CONTAINERD",
    "nodeConfig.metadata.disable-legacy-endpoints": "true",
    "nodeConfig.shieldedInstanceConfig.enableSecureBoot": True,
    "nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring": True,
    "nodeConfig.workloadMetadataConfig.mode": "GKE_METADATA",
    "nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled": "FALSE",
    "nodeConfig.oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
}


def _cleanup(repository: Declared) -> list[str]:
    """No DELETE policy without UNTAGGED and an age, and KEEP policies for the newest and for what was released."""
    policies = repository.inputs.get("cleanupPolicies") or []
    deletes = [policy for policy in policies if policy["action"] == "DELETE"]
    kept = [policy for policy in policies if policy["action"] == "KEEP"]
    found = [
        f"{repository.name} may delete what is tagged"
        for policy in deletes
        if policy["condition"].get("tagState") != "UNTAGGED" or not policy["condition"].get("olderThan")
    ]
    if not any(policy.get("mostRecentVersions") for policy in kept):
        found.append(f"{repository.name} does not keep the newest")
    if not any((policy.get("condition") or {}).get("tagPrefixes") == ["released-"] for policy in kept):
        found.append(f"{repository.name} does not keep what was released")
    return found


def _network(profile: Profile, resources: list[Declared]) -> list[str]:
    rules = {rule.name: rule.inputs for rule in of(resources, "gcp:compute/firewall:Firewall")}
    found = [
        f"{name} lets {source} in"
        for name, rule in rules.items()
        if rule.get("allows") and rule["direction"] == "INGRESS"
        for source in rule["sourceRanges"]
        if source == "0.0.0.0/0"
    ]
    denies = rules["network-firewall-deny-ingress"]
    if (denies["denies"], denies["sourceRanges"]) != ([{"protocol": "all"}], ["0.0.0.0/0"]):
        found.append("incoming connections are not denied")
    if bool(of(resources, "gcp:compute/routerNat:RouterNat")) != profile.internet_egress:
        found.append("the way to the internet is not the profile's")
    if ("network-firewall-deny-egress" in rules) == profile.internet_egress:
        found.append("outgoing connections are not the profile's")
    nodes = next(item for item in of(resources, "gcp:compute/subnetwork:Subnetwork") if item.name == "network-subnet")
    if not nodes.inputs.get("privateIpGoogleAccess"):
        found.append("nodes reach Google's APIs by the internet only")
    ranges = nodes.inputs["secondaryIpRanges"]
    if {each["rangeName"] for each in ranges} != {"pods", "services"}:
        found.append("secondary ranges are not two named ones")
    return found


def _grants(resources: list[Declared]) -> list[str]:
    """Nobody is everybody, nobody owns or edits, and no version of a secret is declared."""
    wide = {"roles/owner", "roles/editor", "roles/viewer", "roles/container.admin", "roles/storage.admin"}
    found: list[str] = []
    for resource in resources:
        member, role = resource.inputs.get("member"), resource.inputs.get("role")
        if member in {"allUsers", "allAuthenticatedUsers"} or role in wide:
            found.append(f"{resource.name} grants {role} to {member}")
        if "secretVersion" in resource.type or "serviceaccount/key" in resource.type:
            found.append(f"{resource.name} is a {resource.type}")
    return found


def _at(inputs: dict[str, Any], path: str) -> Any:
    value: Any = inputs
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _without(inputs: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """The inputs without one leaf."""
    changed = dict(inputs)
    block = changed
    for part in path[:-1]:
        block[part] = dict(block[part])
        block = block[part]
    del block[path[-1]]
    return changed
