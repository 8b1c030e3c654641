"""How services are reached from outside of their cluster: gateways, routes, and what stands before them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway.tools.definitions import definitions
from tests.support.network_policy import Network, Pod
from tests.support.repositories import CHURN, DEV, FRAUD
from tests.support.schema import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from slipway.engine.recorder import Declared
    from tests.support.repositories import Clone

    Declare = Callable[[str], dict[str, Declared]]

CLIENT = "12345-abc.apps.googleusercontent.com"
GATEWAY = f"gateway: {{domain: dev.ml.acme.example, public: [churn, other], oauth_client: {CLIENT}}}\nbranch:"
NAMED = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "slipway-gateway"}
KINDS = {"Gateway", "HTTPRoute", "GCPBackendPolicy", "HealthCheckPolicy"}


@pytest.fixture(autouse=True)
def environment(clone: Clone) -> None:
    for name in ("dev", "production"):
        clone.edit(f"environments/{name}.yaml", "branch:", GATEWAY.replace("dev.", f"{name}."))
    clone.edit("environments/local.yaml", "stand_ins:", GATEWAY.replace("\nbranch:", "\nstand_ins:"))


def expose(clone: Clone, file: str, text: str) -> None:
    clone.edit(file, "port: 8080", f"port: 8080\nexpose: {{{text}}}")


@pytest.fixture
def both(clone: Clone) -> Clone:
    """One service to the internet, one inside of the VPC."""
    expose(clone, CHURN, "host: churn, auth: iap, timeout: 90s")
    expose(clone, FRAUD, "host: fraud, auth: none")
    return clone


@pytest.mark.usefixtures("both")
class TestGateways:
    def test_each_way_has_its_class_address_and_hosts(self, declared: Declare) -> None:
        found = declared("dev.cluster")
        seen = {
            name: (
                found[f"gateway-{name}"].inputs["spec"]["gatewayClassName"],
                found[f"gateway-{name}"].inputs["spec"]["addresses"],
                [each.get("hostname") for each in found[f"gateway-{name}"].inputs["spec"]["listeners"]],
            )
            for name in ("public", "internal")
        }
        address = {"type": "NamedAddress"}
        assert seen == {
            "public": (
                "gke-l7-regional-external-managed",
                [address | {"value": "slipway-dev-public"}],
                [None, "churn.dev.ml.acme.example"],
            ),
            "internal": (
                "gke-l7-rilb",
                [address | {"value": "slipway-dev-internal"}],
                [None, "fraud.dev.ml.acme.example"],
            ),
        }

    def test_hosts_are_https_with_the_certificate_and_for_one_team_only(self, declared: Declare) -> None:
        _, https = declared("dev.cluster")["gateway-public"].inputs["spec"]["listeners"]
        assert (https["name"], https["port"], https["protocol"]) == ("https-churn", 443, "HTTPS")
        assert https["tls"] == {
            "mode": "Terminate",
            "options": {"networking.gke.io/cert-manager-certs": "slipway-dev"},
        }
        assert https["allowedRoutes"]["namespaces"] == {
            "from": "Selector",
            "selector": {"matchLabels": {"slipway.dev/team": "growth"}},
        }

    def test_plain_http_only_redirects(self, declared: Declare) -> None:
        found = declared("dev.cluster")
        for way in ("public", "internal"):
            plain = found[f"gateway-{way}"].inputs["spec"]["listeners"][0]
            assert (plain["port"], plain["allowedRoutes"]["namespaces"]) == (80, {"from": "Same"})
            route = found[f"gateway-{way}-redirect"].inputs
            assert route["metadata"]["namespace"] == "slipway-gateway"
            assert route["spec"]["parentRefs"] == [NAMED | {"name": way, "sectionName": "http"}]
            (rule,) = route["spec"]["rules"]
            assert "backendRefs" not in rule
            assert rule["filters"][0]["requestRedirect"] == {"scheme": "https", "statusCode": 301}


def test_without_exposed_services_there_is_no_gateway(declared: Declare) -> None:
    assert [name for name in declared("dev.cluster") if name.startswith("gateway")] == ["gateway", "gateway-namespace"]


def test_a_listed_host_that_no_service_has_is_not_opened(clone: Clone, declared: Declare) -> None:
    expose(clone, CHURN, "host: churn, auth: iap")
    listeners = declared("dev.cluster")["gateway-public"].inputs["spec"]["listeners"]
    assert [listener["name"] for listener in listeners] == ["http", "https-churn"]


def test_an_environment_without_a_gateway_declares_none(clone: Clone, declared: Declare) -> None:
    clone.edit(DEV, GATEWAY.removesuffix("branch:"), "")
    assert not [name for name in declared("dev.cluster") if name.startswith("gateway")]


@pytest.mark.usefixtures("both")
class TestRoutes:
    def test_the_route_goes_to_the_callers_service_by_its_host(self, declared: Declare) -> None:
        spec = declared("dev.growth")["churn-route"].inputs["spec"]
        assert spec == {
            "parentRefs": [NAMED | {"name": "public", "sectionName": "https-churn"}],
            "hostnames": ["churn.dev.ml.acme.example"],
            "rules": [
                {
                    "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                    "backendRefs": [{"group": "", "kind": "Service", "name": "churn", "port": 80, "weight": 1}],
                }
            ],
        }
        inside = declared("dev.growth")["fraud-route"].inputs["spec"]["parentRefs"]
        assert inside == [NAMED | {"name": "internal", "sectionName": "https-fraud"}]

    def test_from_the_internet_everybody_is_asked_who_they_are(self, declared: Declare) -> None:
        found = declared("dev.growth")
        public = found["churn-backend"].inputs["spec"]
        assert public["default"]["iap"] == {
            "enabled": True,
            "clientID": CLIENT,
            "oauth2ClientSecret": {"name": "iap-oauth"},
        }
        assert public["default"]["timeoutSec"] == 90
        assert public["default"]["logging"]["enabled"] is True
        assert public["targetRef"] == {"group": "", "kind": "Service", "name": "churn"}
        assert "iap" not in found["fraud-backend"].inputs["spec"]["default"]

    def test_health_checks_ask_what_readiness_asks(self, declared: Declare, both: Clone) -> None:
        health = declared("dev.growth")["churn-health"].inputs["spec"]
        assert health["default"]["config"] == {
            "type": "HTTP",
            "httpHealthCheck": {"portSpecification": "USE_SERVING_PORT", "requestPath": "/readyz"},
        }
        both.edit(CHURN, "ready: /readyz", "ready: {exec: [ready]}")
        config = declared("dev.growth")["churn-health"].inputs["spec"]["default"]["config"]
        assert config == {"type": "TCP", "tcpHealthCheck": {"portSpecification": "USE_SERVING_PORT"}}

    def test_the_load_balancer_s_side_comes_in_on_the_service_s_port_only(self, declared: Declare) -> None:
        policy = declared("dev.growth")["churn-callers"].inputs
        pod = Pod("growth", "churn-1", "10.20.0.5", {"app.kubernetes.io/name": "churn"})
        network = Network({"growth": {"slipway.dev/team": "growth"}}, [policy])
        for source in ("35.191.3.4", "130.211.1.1", "10.24.16.7"):  # the last: a /23 like the default, of dev's range
            proxy = source if not source.startswith("10.") else "10.8.16.7"
            assert network.refusal(proxy, pod, 8080) == ""
            assert network.refusal(proxy, pod, 8081)
        for source in ("203.0.113.7", "10.8.15.255", "10.8.18.0", "10.16.0.5"):
            assert network.refusal(source, pod, 8080)


@pytest.mark.parametrize(
    ("affinity", "load_balancer", "service"),
    [
        ("none", None, None),
        ("cookie", {"type": "GENERATED_COOKIE", "cookieTtlSec": 0}, None),
        ("client-ip", {"type": "CLIENT_IP"}, "ClientIP"),
    ],
)
def test_affinity(clone: Clone, declared: Declare, affinity: str, load_balancer: Any, service: str | None) -> None:
    expose(clone, CHURN, f"host: churn, auth: iap, affinity: {affinity}")
    found = declared("dev.growth")
    assert found["churn-backend"].inputs["spec"]["default"].get("sessionAffinity") == load_balancer
    assert found["churn-service"].inputs["spec"].get("sessionAffinity") == service
    assert "sessionAffinity" not in found["churn-service-canary"].inputs["spec"], "its controller sends what it sends"


def weigh(clone: Clone) -> None:
    """Let the gateway take weights, and keep callers nowhere."""
    for file in (DEV, "environments/production.yaml", "environments/local.yaml"):
        text = (clone.root / file).read_text(encoding="utf-8")
        text = text.replace("gateway: {", "gateway: {weights: true, ").replace(
            "  quay: {", "  ghcr: {remote: ghcr}\n  quay: {"
        )
        clone.write(file, text.replace(", quay:", ", ghcr: {remote: ghcr}, quay:"))


def test_by_weights_a_route_of_its_own_leads_to_both_sides_and_both_are_guarded(
    clone: Clone, declared: Declare
) -> None:
    expose(clone, CHURN, "host: churn, auth: iap")
    before = declared("dev.growth")
    weigh(clone)
    found = declared("dev.growth")
    assert before.keys() - found.keys() == {"churn-route", "churn-backend", "churn-health"}
    new = {f"churn-{what}-{side}" for what in ("backend", "health") for side in ("stable", "canary")}
    assert found.keys() - before.keys() == {"churn-weighted-route", *new}
    route, old = found["churn-weighted-route"].inputs, before["churn-route"].inputs
    assert (route["metadata"]["name"], old["metadata"]["name"]) == ("churn-canary", "churn"), (
        "both are there for a while"
    )
    (rule,) = route["spec"]["rules"]
    assert [(each["name"], each["weight"]) for each in rule["backendRefs"]] == [
        ("churn-stable", 100),
        ("churn-canary", 0),
    ]
    assert route["spec"]["parentRefs"] == old["spec"]["parentRefs"]
    assert route["spec"]["hostnames"] == old["spec"]["hostnames"]
    for side in ("stable", "canary"):
        for what in ("backend", "health"):
            policy = found[f"churn-{what}-{side}"].inputs
            assert policy["metadata"]["name"] == policy["spec"]["targetRef"]["name"] == f"churn-{side}"
            assert policy["spec"]["default"] == before[f"churn-{what}"].inputs["spec"]["default"]
    known = {item["spec"]["names"]["kind"]: item for item in definitions(("gateway-api-crds", "gke-gateway-crds"))}
    for name in ("churn-weighted-route", *new):
        assert problems(known[found[name].inputs["kind"]], found[name].inputs) == [], name


def test_exposure_does_not_touch_the_pods(clone: Clone, declared: Declare) -> None:
    before = declared("dev.growth")
    expose(clone, CHURN, "host: churn, auth: iap")
    after = declared("dev.growth")
    assert after.keys() - before.keys() == {"churn-route", "churn-backend", "churn-health"}
    assert {name for name in before if after[name].inputs != before[name].inputs} == {"churn-callers"}


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("stack", ["dev.cluster", "dev.growth"])
def test_every_object_fits_the_definition_that_gke_installs(declared: Declare, stack: str) -> None:
    known = {item["spec"]["names"]["kind"]: item for item in definitions(("gateway-api-crds", "gke-gateway-crds"))}
    found = [item for item in declared(stack).values() if item.inputs.get("kind") in KINDS]
    assert len(found) == {"dev.cluster": 4, "dev.growth": 6}[stack]
    for item in found:
        assert problems(known[item.inputs["kind"]], item.inputs) == [], item.name


def test_a_slip_in_an_object_would_be_found(both: Clone, declared: Declare) -> None:
    del both
    (definition,) = [
        item for item in definitions(("gke-gateway-crds",)) if item["spec"]["names"]["kind"] == "GCPBackendPolicy"
    ]
    policy = declared("dev.growth")["churn-backend"].inputs
    for key, value in (
        ("timeoutSec", 0),
        ("iap", {"enabled": True, "clientId": "x"}),
        ("sessionAffinity", {"type": "IP"}),
    ):
        wrong = {**policy, "spec": {**policy["spec"], "default": {key: value}}}
        assert problems(definition, wrong), key


def test_without_an_oauth_client_it_is_refused(clone: Clone) -> None:
    expose(clone, CHURN, "host: churn, auth: iap")
    clone.edit(DEV, f", oauth_client: {CLIENT}", "")
    assert [(p.file, p.line, p.what) for p in clone.problems()] == [
        (DEV, 1, "`growth/churn` is exposed behind Identity-Aware Proxy, and there is no OAuth client to sign in with")
    ]


def test_an_oauth_client_is_an_id_and_no_secret(clone: Clone) -> None:
    clone.edit(DEV, CLIENT, "GOCSPX-abcdef")
    assert clone.problems()[0].what == "gateway.oauth_client: `GOCSPX-abcdef` is no OAuth client id"


def test_more_hosts_than_a_gateway_has_listeners_are_refused(clone: Clone) -> None:
    text = (clone.root / FRAUD).read_text(encoding="utf-8")
    for number in range(64):
        expose_ = f"port: 8080\nexpose: {{host: h{number}, auth: none}}"
        one = text.replace("name: fraud", f"name: f{number}").replace("port: 8080", expose_).replace("min: 3", "min: 1")
        clone.write(f"manifests/growth/f{number}.yaml", one)
    assert "64 services are exposed at one gateway, which takes 63" in {problem.what for problem in clone.problems()}
