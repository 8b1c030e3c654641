"""HTTPRoutes: which listeners take them, and whether what they send to is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from localcloud.gateway.world import GROUP, Finding, Object, World, conditions, key
from localcloud.providers.gcp.addons import CONTROLLER

if TYPE_CHECKING:
    from collections.abc import Iterator

_HTTP_ROUTE: Final = {"group": GROUP, "kind": "HTTPRoute"}


def parents(world: World, route: Object, now: str) -> list[Object]:
    """The route's `status.parents`: those of other controllers as they are, ours anew.

    A parent that is no Gateway of ours has no entry: a controller says nothing of what belongs to another one, or to
    nobody.
    """
    before = (route.get("status") or {}).get("parents") or []
    found = [item for item in before if item["controllerName"] != CONTROLLER]
    for reference in route["spec"].get("parentRefs") or []:
        gateway = _gateway(world, route, reference)
        if gateway is None:
            continue
        old = [item for item in before if item["controllerName"] == CONTROLLER and item["parentRef"] == reference]
        findings = [_accepted(world, route, gateway, reference), _resolved(world, route)]
        generation = route["metadata"].get("generation", 0)
        written = conditions(findings, old[0]["conditions"] if old else [], generation, now)
        found.append({"parentRef": reference, "controllerName": CONTROLLER, "conditions": written})
    return found


def attached(world: World, gateway: Object) -> dict[str, int]:
    """How many routes each listener of the Gateway takes."""
    counts = dict.fromkeys((listener["name"] for listener in gateway["spec"]["listeners"]), 0)
    for route in world.routes:
        taken: set[str] = set()
        for reference in route["spec"].get("parentRefs") or []:
            if _gateway(world, route, reference) is gateway:
                taken |= {listener["name"] for listener in _taking(world, route, gateway, reference)}
        for name in taken:
            counts[name] += 1
    return counts


def _gateway(world: World, route: Object, reference: Object) -> Object | None:
    if reference.get("group", GROUP) != GROUP or reference.get("kind", "Gateway") != "Gateway":
        return None
    return world.gateway(reference.get("namespace") or key(route)[0], reference["name"])


def _named(gateway: Object, reference: Object) -> list[Object]:
    """The listeners that a reference means: by name and port where it states them."""
    return [
        listener
        for listener in gateway["spec"]["listeners"]
        if reference.get("sectionName") in {None, listener["name"]}
        and reference.get("port") in {None, listener["port"]}
    ]


def _taking(world: World, route: Object, gateway: Object, reference: Object) -> list[Object]:
    return [
        listener
        for listener in _named(gateway, reference)
        if allows(world, gateway, listener, key(route)[0]) and meets(route, listener)
    ]


def _accepted(world: World, route: Object, gateway: Object, reference: Object) -> Finding:
    listeners = _named(gateway, reference)
    if not listeners:
        where = reference.get("sectionName") or reference.get("port")
        return Finding(
            "Accepted", False, "NoMatchingParent", f"Gateway {'/'.join(key(gateway))} has no listener {where}"
        )
    allowing = [listener for listener in listeners if allows(world, gateway, listener, key(route)[0])]
    if not allowing:
        names = ", ".join(listener["name"] for listener in listeners)
        words = f"listeners {names} do not allow routes of namespace {key(route)[0]}"
        return Finding("Accepted", False, "NotAllowedByListeners", words)
    if not any(meets(route, listener) for listener in allowing):
        names = ", ".join(f"{listener['name']} ({listener.get('hostname')})" for listener in allowing)
        return Finding("Accepted", False, "NoMatchingListenerHostname", f"no host name of the route is one of {names}")
    return Finding("Accepted", True, "Accepted")


def allows(world: World, gateway: Object, listener: Object, namespace: str) -> bool:
    """Whether a listener takes HTTPRoutes of a namespace: by default those of the Gateway's own."""
    allowed: dict[str, Any] = listener.get("allowedRoutes") or {}
    kinds = allowed.get("kinds") or [_HTTP_ROUTE]
    if not any(kind["kind"] == "HTTPRoute" and kind.get("group", GROUP) == GROUP for kind in kinds):
        return False
    spaces = allowed.get("namespaces") or {}
    who = spaces.get("from", "Same")
    if who == "Selector":
        return _selects(spaces.get("selector") or {}, dict(world.namespaces.get(namespace) or {}))
    return who == "All" or (who == "Same" and key(gateway)[0] == namespace)


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Kubernetes API reference, LabelSelector."""
    wanted: dict[str, str] = selector.get("matchLabels") or {}
    tests = {
        "In": lambda key, values: labels.get(key) in values,
        "NotIn": lambda key, values: labels.get(key) not in values,
        "Exists": lambda key, _: key in labels,
        "DoesNotExist": lambda key, _: key not in labels,
    }
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        tests[each["operator"]](each["key"], each.get("values") or [])
        for each in selector.get("matchExpressions") or []
    )


def meets(route: Object, listener: Object) -> bool:
    """Whether one of the route's host names is one of the listener's; none at all is every one."""
    host, hosts = listener.get("hostname"), route["spec"].get("hostnames") or []
    return not host or not hosts or any(_overlap(host, one) or _overlap(one, host) for one in hosts)


def _overlap(pattern: str, name: str) -> bool:
    """`*.example.com` means names below it, at any depth, and not itself (Gateway API, `Hostname`)."""
    return pattern == name or (pattern.startswith("*.") and name.endswith(pattern[1:]) and name != pattern)


def _resolved(world: World, route: Object) -> Finding:
    for reason, words in _unresolved(world, route):
        return Finding("ResolvedRefs", False, reason, words)
    return Finding("ResolvedRefs", True, "ResolvedRefs")


def _unresolved(world: World, route: Object) -> Iterator[tuple[str, str]]:
    home = key(route)[0]
    for backend in _backends(route):
        namespace, name = backend.get("namespace") or home, backend["name"]
        if backend.get("group", "") or backend.get("kind", "Service") != "Service":
            yield "InvalidKind", f"{backend.get('group')}/{backend.get('kind')} {name} is no Service"
        elif namespace != home and not _granted(world, home, namespace, name):
            yield (
                "RefNotPermitted",
                f"no ReferenceGrant in {namespace} lets HTTPRoutes of {home} send to Service {name}",
            )
        elif (service := world.service(namespace, name)) is None:
            yield "BackendNotFound", f"Service {namespace}/{name} not found"
        elif not any(port["port"] == backend.get("port") for port in service["spec"].get("ports") or []):
            yield "BackendNotFound", f"Service {namespace}/{name} has no port {backend.get('port')}"


def _backends(route: Object) -> Iterator[Object]:
    """What the rules send to, mirrors included."""
    for rule in route["spec"].get("rules") or []:
        yield from rule.get("backendRefs") or []
        for each in rule.get("filters") or []:
            if each["type"] == "RequestMirror":
                yield each["requestMirror"]["backendRef"]


def _granted(world: World, home: str, namespace: str, name: str) -> bool:
    for grant in world.grants:
        if key(grant)[0] != namespace:
            continue
        comes = any(
            one["group"] == GROUP and one["kind"] == "HTTPRoute" and one["namespace"] == home
            for one in grant["spec"]["from"]
        )
        goes = any(
            one["group"] == "" and one["kind"] == "Service" and one.get("name") in {None, name}
            for one in grant["spec"]["to"]
        )
        if comes and goes:
            return True
    return False
