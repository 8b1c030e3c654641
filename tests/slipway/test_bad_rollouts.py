"""What people get wrong about a rollout, and the exact sentence that they are told."""

# ruff: noqa: E501 - one case is one row, and its message stands in it as people read it

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from slipway.rollouts.traffic import TABLE
from tests.slipway.test_bad_input import OVERLAY, SHARE, ids, told
from tests.support.repositories import CHURN, PRODUCTION

if TYPE_CHECKING:
    from tests.support.repositories import Clone

STEPS = "  strategy: canary\n  steps:\n    - weight: 25\n      for: 5m\n    - weight: 50\n      for: 10m\n"

# id, file, old text, new text, what is told
EDITS = [
    ("strategy", CHURN, "strategy: canary", "strategy: cannary", f"{CHURN}:18: unknown strategy `cannary`; did you mean `canary`?"),
    ("strategy-number", CHURN, "strategy: canary", "strategy: 3", f"{CHURN}:18: unknown strategy `3`; use one of: a-b, blue-green, canary, recreate, rolling, shadow"),
    ("strategy-none", CHURN, "  strategy: canary\n", "", f"{CHURN}:17: the key `strategy` is missing under `rollout`; add the strategy, such as `strategy: rolling` or `strategy: canary`"),
    ("strategy-of-other", CHURN, "strategy: canary", "strategy: recreate", f"{CHURN}:19: unknown key `rollout.steps`; use one of: deadline, strategy"),
    ("weights-equal", CHURN, "weight: 50", "weight: 25", f"{CHURN}:22: rollout: weight 25 does not rise above 25, that of the step before; each step needs a higher weight"),
    ("weights-fall", CHURN, "weight: 50", "weight: 10", f"{CHURN}:22: rollout: weight 10 does not rise above 25, that of the step before; each step needs a higher weight"),
    ("weight-all", CHURN, "weight: 50", "weight: 100", f"{CHURN}:22: `rollout.steps[1].weight` is 100; write a whole number from 1 to 99"),
    ("weight-none", CHURN, "weight: 25", "weight: 0", f"{CHURN}:20: `rollout.steps[0].weight` is 0; write a whole number from 1 to 99"),
    ("steps-empty", CHURN, "steps:\n    - weight: 25\n      for: 5m\n    - weight: 50\n      for: 10m", "steps: []", f"{CHURN}:19: `rollout.steps` is empty; write at least one"),
    ("surge", CHURN, "  strategy: canary", "  strategy: canary\n  max_surge: lots", f"{CHURN}:19: rollout.max_surge: `lots` is no share of pods; {SHARE}"),
    ("surge-over", CHURN, "  strategy: canary", "  strategy: canary\n  max_surge: 101%", f"{CHURN}:19: rollout.max_surge: `101%` is no share of pods; {SHARE}"),
    ("surge-none", CHURN, "  strategy: canary", "  strategy: canary\n  max_surge: 00%", f"{CHURN}:19: rollout: max_surge and max_unavailable are both 0, so no pod could ever be replaced; raise one of them"),
    ("canary-of-one", CHURN, "  min: 4\n  max: 12", "  min: 1", f"{CHURN}:17: a canary of 1 pod is all or nothing; set scaling.min to 2 or more, or use rolling"),
    ("canary-no-pod", CHURN, "weight: 25", "weight: 5", [f"{PRODUCTION}:28: weight 5 with 6 replicas and no gateway cannot be kept: 16 % is the least ({CHURN}:20); use 16 or more, or raise scaling.min", f"{CHURN}:20: weight 5 with 4 replicas and no gateway cannot be kept: 25 % is the least; use 25 or more, or raise scaling.min"]),
    ("canary-every-pod", CHURN, "weight: 50", "weight: 95", [f"{PRODUCTION}:28: weight 95 with 6 replicas and no gateway cannot be kept: 84 % is the most ({CHURN}:22); use 84 or less, or raise scaling.min", f"{CHURN}:22: weight 95 with 4 replicas and no gateway cannot be kept: 75 % is the most; use 75 or less, or raise scaling.min"]),
    ("canary-same-pods", CHURN, "weight: 50", "weight: 30", [f"{PRODUCTION}:28: weight 30 with 6 replicas and no gateway cannot be kept: it is 2 pods, as the step before ({CHURN}:22); drop it or raise scaling.min", f"{CHURN}:22: weight 30 with 4 replicas and no gateway cannot be kept: it is 1 pod, as the step before; drop it or raise scaling.min"]),
    ("canary-scaled-away", PRODUCTION, "min: 6", "min: 2", f"{PRODUCTION}:28: weight 25 with 2 replicas and no gateway cannot be kept: 50 % is the least ({CHURN}:20); use 50 or more, or raise scaling.min"),
    ("canary-scaled-to-one", PRODUCTION, "min: 6", "min: 1", f"{PRODUCTION}:28: a canary of 1 pod is all or nothing ({CHURN}:18); set scaling.min to 2 or more, or use rolling"),
    ("canary-overlaid", PRODUCTION, OVERLAY, "  growth/churn:\n    rollout:\n      strategy: canary\n      steps:\n        - {weight: 5, for: 1m}\n", f"{PRODUCTION}:30: weight 5 with 4 replicas and no gateway cannot be kept: 25 % is the least; use 25 or more, or raise scaling.min"),
    ("hold-none", CHURN, "      for: 10m", "", f"{CHURN}:22: rollout.steps[1]: nothing says how long it is kept; add `for: 5m` or `until: approved`"),
    ("hold-both", CHURN, "for: 10m", "for: 10m\n      until: approved", f"{CHURN}:24: rollout.steps[1]: `for` and `until` both say when the rollout goes on; keep one"),
    ("until-other", CHURN, "for: 10m", "until: monday", f"{CHURN}:23: unknown until `monday`; use `approved`"),
    ("blue-green-steps", CHURN, "strategy: canary", "strategy: blue-green", f"{CHURN}:19: unknown key `rollout.steps`; use one of: after, checks, checks_after, deadline, keep_old, preview_pods, promote, strategy"),
    ("blue-green-both", CHURN, STEPS, "  strategy: blue-green\n  promote: approved\n  after: 5m\n", f"{CHURN}:20: rollout: `after` is for the automatic switch and `promote` is `approved`; keep one"),
    ("blue-green-long", CHURN, STEPS, "  strategy: blue-green\n  keep_old: 2h\n", f"{CHURN}:19: rollout.keep_old: `2h` is out of bounds; write 0s to 1h"),
    ("a-b-no-match", CHURN, STEPS, "  strategy: a-b\n  for: 1h\n", f"{CHURN}:17: the key `match` is missing; add it to `rollout`"),
    ("a-b-both", CHURN, STEPS, "  strategy: a-b\n  for: 1h\n  match: {header: {name: a, value: b}, cookie: {name: a, value: b}}\n", f"{CHURN}:20: rollout.match: it needs a header or a cookie; write one of the two, such as {{header: {{name: x-group, value: b}}}}"),
    ("a-b-header", CHURN, STEPS, "  strategy: a-b\n  for: 1h\n  match: {header: {name: x group, value: b}}\n", f"{CHURN}:20: rollout.match.header.name: `x group` is no name of a header or cookie; use letters, digits and dashes, such as x-group"),
    ("shadow-more-than-all", CHURN, STEPS, "  strategy: shadow\n  for: 1h\n  share: 110\n", f"{CHURN}:20: `rollout.share` is 110; write a whole number from 1 to 100"),
    ("shadow-for-ever", CHURN, STEPS, "  strategy: shadow\n", f"{CHURN}:17: rollout: nothing says how long it is kept; add `for: 5m` or `until: approved`"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "expected"), EDITS, ids=ids(EDITS))
def test_edits(clone: Clone, name: str, file: str, old: str, new: str, expected: str | list[str]) -> None:
    del name
    clone.edit(file, old, new)
    assert told(clone) == ([expected] if isinstance(expected, str) else expected)


AB = "  strategy: a-b\n  until: approved\n  match: {header: {name: x-group, value: b}}\n"
COOKIE = AB.replace("header: ", "cookie: ")
SHADOW = "  strategy: shadow\n  for: 1h\n"
ANY_POD = "cannot be carried by pods alone: a Service of Kubernetes sends to any of its pods and reads no request"
ADD_MESH = "add `mesh: {{}}` to {} (docs/traffic.md), or use canary or blue-green"
EXPOSED = "use canary or blue-green; a mesh would not help what is exposed, for GKE's gateway sends straight to pods, past the routes of a mesh"

# id, rollout, key that is blamed, what is told, with the environment's file
LAYERS = [
    ("a-b", AB, 18, f"an a-b test by a header {ANY_POD}; {ADD_MESH}"),
    ("a-b-cookie", COOKIE, 18, f"an a-b test by a cookie {ANY_POD}; {ADD_MESH}"),
    ("shadow", SHADOW, 18, f"a shadow cannot be carried by pods alone: a Service of Kubernetes sends each request once; {ADD_MESH}"),
    ("a-b-gateway", AB + "  traffic: gateway\n", 18, f"an a-b test by a header cannot be carried by the gateway: {TABLE['gateway']['header'].why}; {ADD_MESH}"),
    ("shadow-gateway", SHADOW + "  traffic: gateway\n", 18, f"a shadow cannot be carried by the gateway: {TABLE['gateway']['mirror'].why}; {ADD_MESH}"),
    ("canary-gateway", STEPS + "  traffic: gateway\n", 24, "`traffic: gateway`, and the service is not exposed: a gateway carries what comes from outside of the cluster; use canary with traffic: auto, or expose it"),
    ("canary-mesh", STEPS + "  traffic: mesh\n", 24, "`traffic: mesh`, and environment `{name}` has no mesh; add `mesh: {{}}` to {} (docs/traffic.md), or use canary with traffic: auto"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rollout", "line", "expected"), LAYERS, ids=ids(LAYERS))
def test_layers_that_an_environment_does_not_have(
    clone: Clone, name: str, rollout: str, line: int, expected: str
) -> None:
    del name
    clone.edit(CHURN, STEPS, rollout)
    environments = [path.stem for path in sorted((clone.root / "environments").glob("*.yaml"))]
    files = {each: f"environments/{each}.yaml" for each in environments}
    wanted = {f"{CHURN}:{line}: {expected.format(file, name=each)}" for each, file in files.items()}
    assert set(told(clone)) == wanted


@pytest.mark.parametrize(("rollout", "line"), [(AB, 18), (SHADOW, 18)])
def test_a_mesh_does_not_help_what_is_exposed(clone: Clone, rollout: str, line: int) -> None:
    expose(clone)
    clone.edit(CHURN, STEPS, rollout)
    said = told(clone)
    assert said
    assert all(each.startswith(f"{CHURN}:{line}: ") and each.endswith(EXPOSED) for each in said)


def test_a_mesh_is_not_taken_for_what_is_exposed(clone: Clone) -> None:
    expose(clone)
    clone.edit(CHURN, STEPS, STEPS + "  traffic: mesh\n")
    past = "GKE's gateway sends straight to pods, past the routes of a mesh"
    what = f"`traffic: mesh`, and the service is exposed: {past}; use canary with traffic: auto, or do not expose it"
    assert told(clone) == [f"{CHURN}:24: {what}"]


TOLD_WEIGHTS = "set `gateway.weights: true` in {} (docs/traffic.md), or traffic: auto"


def test_the_gateway_is_told_to_take_weights(clone: Clone) -> None:
    expose(clone)
    clone.edit(CHURN, STEPS, STEPS + "  traffic: gateway\n")
    files = sorted(path.name for path in (clone.root / "environments").glob("*.yaml"))
    what = f"{CHURN}:24: `traffic: gateway`, and the gateway of environment `{{}}` takes no weights; {TOLD_WEIGHTS}"
    wanted = {what.format(file.removesuffix(".yaml"), f"environments/{file}") for file in files}
    assert set(told(clone)) == wanted


def test_a_gateway_with_weights_needs_the_plugins_image(clone: Clone) -> None:
    expose(clone, ", weights: true")
    said = told(clone)
    assert len(said) == len(list((clone.root / "environments").glob("*.yaml")))
    assert all("has no cache of ghcr, which its plugin for weights at the gateway" in each for each in said)
    assert all(each.endswith("add `ghcr: {remote: ghcr}`") for each in said)


@pytest.mark.parametrize("affinity", ["cookie", "client-ip"])
def test_no_weight_keeps_a_caller_at_its_pod(clone: Clone, affinity: str) -> None:
    expose(clone, ", weights: true", f", affinity: {affinity}")
    for path in sorted((clone.root / "environments").glob("*.yaml")):
        text = path.read_text()
        path.write_text(
            text.replace("  quay: {", "  ghcr: {remote: ghcr}\n  quay: {").replace(
                ", quay:", ", ghcr: {remote: ghcr}, quay:"
            )
        )
    assert told(clone) == [], "auto goes by numbers of pods"
    clone.edit(CHURN, STEPS, STEPS + "  traffic: gateway\n")
    what = f"`traffic: gateway`, and `affinity: {affinity}` cannot be kept: {TABLE['gateway']['sticky'].why}"
    assert told(clone) == [f"{CHURN}:24: {what}; use traffic: auto (numbers of pods), or remove `affinity`"]


def expose(clone: Clone, gateway: str = "", how: str = "") -> None:
    """Let the outside reach `churn` in every environment, each of which has a mesh."""
    for path in sorted((clone.root / "environments").glob("*.yaml")):
        path.write_text(path.read_text() + "mesh: {}\ngateway: {domain: ml.example.com" + gateway + "}\n")
    manifest = clone.root / CHURN
    manifest.write_text(manifest.read_text() + "expose: {host: churn, auth: none" + how + "}\n")


def test_what_is_about_traffic_needs_a_port(clone: Clone) -> None:
    clone.edit(CHURN, "port: 8080\nprobes:\n  ready: /readyz\n  live: /healthz\n", "")
    clone.edit(CHURN, STEPS, "  strategy: blue-green\n")
    what = "blue-green is about who gets the traffic, and the service has no port"
    assert told(clone) == [f"{CHURN}:14: {what}; set `port`, or use rolling, recreate or canary"]
