"""GCPBackendPolicy, HealthCheckPolicy and GCPGatewayPolicy: attached to what they name, or why not.

Source: GKE documentation, "Configure Gateway resources using Policies": a policy attaches to a Service (a
GCPGatewayPolicy to a Gateway) of its own namespace; of two with the same target the older one is attached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.gateway.world import GROUP, Finding, conditions, key

if TYPE_CHECKING:
    from localcloud.gateway.world import Object, World

#: plural -> kind, and the target's group and kind
KINDS: Final = {
    "gcpbackendpolicies": ("GCPBackendPolicy", "", "Service"),
    "healthcheckpolicies": ("HealthCheckPolicy", "", "Service"),
    "gcpgatewaypolicies": ("GCPGatewayPolicy", GROUP, "Gateway"),
}


def policy_conditions(world: World, policy: Object, now: str) -> list[Object]:
    """The policy's conditions."""
    before = (policy.get("status") or {}).get("conditions") or []
    return conditions([_attached(world, policy)], before, policy["metadata"].get("generation", 0), now)


def _attached(world: World, policy: Object) -> Finding:
    target, (home, name) = policy["spec"]["targetRef"], key(policy)
    group, kind = next(rest for named, *rest in KINDS.values() if named == policy["kind"])
    if target.get("group", "") != group or target["kind"] != kind:
        words = f"{policy['kind']} attaches to a {kind}, not to {target.get('group', '')}/{target['kind']}"
        return Finding("Attached", False, "Invalid", words)
    if target.get("namespace") not in {None, home}:
        return Finding("Attached", False, "Invalid", f"the target has to be in the policy's namespace {home}")
    there = (world.service if kind == "Service" else world.gateway)(home, target["name"])
    if there is None:
        return Finding("Attached", False, "TargetNotFound", f"{kind} {home}/{target['name']} not found")
    for other in world.policies:
        same = other["kind"] == policy["kind"] and key(other)[0] == home
        if same and other["spec"]["targetRef"]["name"] == target["name"] and _age(other) < _age(policy):
            return Finding("Attached", False, "Conflicted", f"{policy['kind']} {key(other)[1]} is older than {name}")
    return Finding("Attached", True, "Attached")


def _age(policy: Object) -> tuple[str, str]:
    return policy["metadata"].get("creationTimestamp") or "", key(policy)[1]
