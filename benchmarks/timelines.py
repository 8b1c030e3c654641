"""Runs each strategy on the local control plane, well and failing, and writes what was seen to docs/timelines.md.

A temporary clone comes up on stand-ins, with a mesh. One service of 3 pods gets a release by each strategy, and then
one whose container crashes. Twice a second the API is asked how the service is, whom its callers reach, and how many
pods of each release are ready. A line of a timeline is a stretch in which nothing but numbers changed.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.controlplane.api import ApiError
from slipway.health import judge
from slipway.operations.kinds import KINDS
from slipway.rollouts.traffic import PRIMARY
from tests.support.environment import REPOSITORY, temporary_clone
from tests.support.watching import is_ready

if TYPE_CHECKING:
    from tests.support.environment import Clone

SERVICE, FILE, LOCAL = "search/ranking", "manifests/search/ranking.yaml", "environments/local.yaml"
TEAM, NAME = SERVICE.split("/")
PODS = 3
EVERY = 0.5
STRATEGIES: dict[str, dict[str, Any]] = {
    "rolling": {"strategy": "rolling", "max_surge": "1", "max_unavailable": "0"},
    "recreate": {"strategy": "recreate"},
    "canary, by pods": {"strategy": "canary", "traffic": "replicas", "steps": [{"weight": 34, "for": "4s"}]},
    "canary, by a mesh": {
        "strategy": "canary",
        "traffic": "mesh",
        "steps": [{"weight": 5, "for": "4s"}, {"weight": 50, "for": "4s"}],
    },
    "blue-green": {"strategy": "blue-green", "preview_pods": 1, "after": "4s", "keep_old": "5s"},
    "a-b": {"strategy": "a-b", "match": {"header": {"name": "x-group", "value": "b"}}, "pods": 1, "for": "5s"},
    "shadow": {"strategy": "shadow", "share": 100, "pods": 1, "for": "5s"},
}
DEADLINE = "10s"
TARGET = REPOSITORY / "docs" / "timelines.md"


@dataclass
class Stretch:
    """From `since` seconds on it was this way, with that many ready pods at its end."""

    since: float
    what: str
    reach: str
    old: int
    new: int
    samples: int = 1

    def same(self, other: Stretch) -> bool:
        """Whether nothing but numbers changed."""
        return (re.sub(r"\d+", "", self.what), self.reach) == (re.sub(r"\d+", "", other.what), other.reach)


class Watcher:
    """Samples a service until it is told to stop."""

    def __init__(self, clone: Clone, image: str) -> None:
        self._clone, self._image = clone, image
        self.stretches: list[Stretch] = []
        self._over = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watcher:  # noqa: PYI034
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            try:
                found = self._sample()
            except ApiError:  # a busy machine: the next one is half a second away
                continue
            if self.stretches and self.stretches[-1].same(found):
                last = self.stretches[-1]
                last.old, last.new, last.what, last.samples = found.old, found.new, found.what, last.samples + 1
            else:
                self.stretches.append(found)

    def _sample(self) -> Stretch:
        kube = self._clone.kube
        pods = [pod for pod in kube.pods(TEAM, f"app.kubernetes.io/name={NAME}") if is_ready(pod)]
        new = sum(pod["spec"]["containers"][0]["image"].endswith(self._image) for pod in pods)
        since = round(time.monotonic() - self._started, 1)
        return Stretch(since, self._health(), self._reach(pods), len(pods) - new, new)

    def _health(self) -> str:
        for kind in KINDS.values():
            if workload := self._get(kind.path(TEAM, NAME)):
                runs = workload["spec"]["template"]["spec"]["containers"][0]["image"]
                if not runs.endswith(self._image):
                    return "the release before"
                health = judge({**workload, "kind": kind.name}, runs, PODS)
                return f"{health.state}: {health.message}" if health.message else str(health.state)
        return "not there"

    def _reach(self, pods: list[dict[str, Any]]) -> str:
        """Whom callers by the service's name reach."""
        route = self._get(f"/apis/networking.istio.io/v1/namespaces/{TEAM}/virtualservices/{NAME}")
        if route is None:
            wanted = self._clone.kube.get(TEAM, "v1", "services", NAME)["spec"]["selector"].items()
            reached = [pod for pod in pods if wanted <= pod["metadata"]["labels"].items()]
            new = sum(pod["spec"]["containers"][0]["image"].endswith(self._image) for pod in reached)
            return (
                " and ".join(name for name, count in (("old", len(reached) - new), ("new", new)) if count) or "nobody"
            )
        said: list[str] = []
        for each in route["spec"]["http"]:
            if each.get("name") == PRIMARY:
                weights = {way["destination"]["host"].rpartition("-")[2]: way["weight"] for way in each["route"]}
                said.append(f"stable {weights.get('stable', 0)} %, canary {weights.get('canary', 0)} %")
            else:
                said.append("a copy to the canary" if "mirror" in each else "those that match: the canary")
        return "; ".join(said)

    def _get(self, path: str) -> dict[str, Any] | None:
        try:
            return dict(self._clone.kube.api.call("GET", path))
        except ApiError:
            return None


def timeline(clone: Clone, digit: str, changes: dict[str, Any], code: int) -> tuple[list[Stretch], str]:
    """Release, watch until `slipway up` ends, and 6 s longer; the stretches, and what it said of the service."""
    image = f"sha256:{digit * 64}"
    clone.edit(FILE, {"release.image": f"ml/{NAME}:9.9.9@{image}", **changes})
    with Watcher(clone, image) as watcher:
        done = clone.slipway("up", "local", "--stack", f"local.{TEAM}", "--json", code=code)
        time.sleep(6)
    (service,) = [each for each in done.json["services"] if each["service"] == SERVICE]
    said = f"exit {done.code}, `{service['state']}`" + (f": {service['message']}" if service["message"] else "")
    stretches = watcher.stretches
    return [each for each in stretches if each.samples > 1 or each is stretches[-1]], said


def table(stretches: list[Stretch], said: str) -> str:
    """A timeline in Markdown."""
    rows = [f"| {each.since} | {each.what} | {each.reach} | {each.old} | {each.new} |" for each in stretches]
    head = ["| s | how it is | callers reach | old | new |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, "", f"`up` ended with {said}", ""])


def main() -> None:
    """Run all and write the page."""
    parts = [
        "# Timelines of each strategy",
        "",
        "Written by `python -m benchmarks.timelines` from real runs: the real engine, API server and Rollouts",
        f"controller; pods and load balancing are played. A service of {PODS} pods; seconds from `slipway up`; `old`",
        "and `new` are ready pods of each release at the end of a line. In a mesh, `stable` is the old release until",
        "the new one has replaced it. A release after one that crashed is Git's way back.",
        "",
    ]
    digits = iter("123456789abcdef")
    with tempfile.TemporaryDirectory() as folder, temporary_clone(Path(folder)) as clone:
        first = next(digits)
        clone.edit(LOCAL, {"mesh": {}})
        clone.edit(FILE, {"scaling": {"min": PODS}, "release.image": f"ml/{NAME}:9.9.9@sha256:{first * 64}"})
        clone.slipway("up", "local", "--quiet")
        for name, rollout in STRATEGIES.items():
            print(name, flush=True)
            clone.edit(FILE, {"rollout": {**rollout, "deadline": DEADLINE}})
            clone.slipway("up", "local", "--stack", f"local.{TEAM}", "--quiet")
            good = next(digits)
            well = timeline(clone, good, {}, 0)
            failing = timeline(clone, next(digits), {"env": {"LOCALCLOUD_FAULT": "crash"}}, 1)
            block = "\n".join(f"    {key}: {value}" for key, value in {**rollout, "deadline": DEADLINE}.items())
            parts += [f"## {name}", "", block, "", "A good release:", "", table(*well)]
            parts += ["One that crashes:", "", table(*failing)]
            clone.edit(FILE, {"release.image": f"ml/{NAME}:9.9.9@sha256:{good * 64}", "env": {}})
            clone.slipway("up", "local", "--stack", f"local.{TEAM}", "--quiet")
            TARGET.write_text("\n".join(parts))  # after each: the next one may fail


if __name__ == "__main__":
    main()
