"""Who may call pods to test them, and who may ask that of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.kubernetes import team_rights
from infra.kubernetes.analysis import askers
from tests.support.repositories import CHURN

if TYPE_CHECKING:
    from tests.support.repositories import Clone

CHECK = "  checks: [{name: golden, web: {path: /golden, value: $.accuracy}, min: 0.9}]\n"


@pytest.mark.parametrize(
    ("smoke", "check", "expected"),
    [
        ("", "", []),
        ("smoke: {path: /p}\n", "", ["kube-system"]),
        ("", CHECK, ["argo-rollouts"]),
        ("smoke: {path: /p}\n", CHECK, ["argo-rollouts", "kube-system"]),
    ],
)
def test_who_tests_is_let_in_and_nobody_else(clone: Clone, smoke: str, check: str, expected: list[str]) -> None:
    clone.edit(CHURN, "port: 8080\n", f"{smoke}port: 8080\n")
    clone.edit(CHURN, "  strategy: canary\n", f"  strategy: canary\n{check}")
    clone.edit(
        "environments/local.yaml",
        "stand_ins: true\n",
        "stand_ins: true\nservices: {growth/churn: {rollout: {strategy: rolling}}}\n",
    )
    (churn,) = [each for each in clone.desired("dev").services if each.name == "churn"]
    peers = askers(churn.spec)
    assert [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in peers] == expected
    agents = [each["podSelector"]["matchLabels"] for each in peers if "podSelector" in each]
    assert agents == [{"k8s-app": "konnectivity-agent"}] * bool(smoke), "and no other pod of that namespace"


def test_deployers_may_ask_services_and_viewers_may_not() -> None:
    asked = {
        name: [rule["verbs"] for rule in rules if "services/proxy" in rule["resources"]]
        for name, rules in (("deployer", team_rights.deployer()), ("viewer", team_rights.viewer()))
    }
    assert asked == {"deployer": [["get", "create", "update"]], "viewer": []}
