"""Time to healthy of a release: `slipway up` against `kubectl apply` of the same manifests, in one run.

A temporary clone comes up on stand-ins. Its team `growth` is copied, object by object, to a namespace beside it. Then,
in turn, both get a release with new images: one by `slipway up local --stack local.growth`, which previews, updates,
waits and verifies; the other by `kubectl apply --server-side` of its manifests and a look each second until every
Deployment and Rollout is as `kubectl rollout status` and the Rollouts controller call complete. Both run the same
steps with the same holds. Prints seconds and the ratio (goal: 1.5 at most). Needs kubectl.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.health import State, judge
from slipway.operations.kinds import KINDS
from tests.support.environment import temporary_clone

if TYPE_CHECKING:
    from tests.support.environment import Clone

TEAM, BESIDE = "growth", "growth-plain"
SERVICES = {"churn": ("rollouts.argoproj.io", 4), "fraud": ("deployments.apps", 3)}
"""The services that are released: where each is in the API, and its least number of pods."""
COPIED = (
    "serviceaccounts,services,configmaps,secretproviderclasses.secrets-store.csi.x-k8s.io,networkpolicies,"
    "poddisruptionbudgets,horizontalpodautoscalers,deployments.apps,rollouts.argoproj.io"
)
_DROPPED = ("creationTimestamp", "generation", "managedFields", "ownerReferences", "resourceVersion", "uid")
_LIMIT = 300.0
"""Seconds after which a release is a failure of the benchmark."""


class Plain:
    """The manifests of the copied team, and kubectl."""

    def __init__(self, clone: Clone, folder: Path) -> None:
        self._config = clone.slipway("cluster", "kubeconfig").out.strip()
        self._file = folder / "manifests.json"
        self._kubectl("create", "namespace", BESIDE)
        chosen = ("-n", TEAM, "-l", "app.kubernetes.io/managed-by=slipway")
        found = json.loads(self._kubectl("get", COPIED, *chosen, "-o", "json"))
        self._objects = [_bare(item) for item in found["items"]]

    def release(self, images: dict[str, str]) -> float:
        """Seconds from `kubectl apply` until everything is complete."""
        for item in self._objects:
            if (spec := item.get("spec", {}).get("template", {}).get("spec")) and item["metadata"]["name"] in images:
                container = spec["containers"][0]
                container["image"] = f"{container['image'].partition('@')[0]}@{images[item['metadata']['name']]}"
        # a Service's selector is the Rollouts controller's once it has seen it, and a person applies what has changed
        items = [each for each in self._objects if not self._file.exists() or "template" in each.get("spec", {})]
        self._file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        started = time.monotonic()
        self._kubectl("apply", "--server-side", "-f", str(self._file))
        while not all(self._complete(name, image) for name, image in images.items()):
            if time.monotonic() - started > _LIMIT:
                raise SystemExit("the plain release is not complete in time")
            time.sleep(1)
        return time.monotonic() - started

    def _complete(self, name: str, image: str) -> bool:
        where, least = SERVICES[name]
        live = json.loads(self._kubectl("get", where, name, "-n", BESIDE, "-o", "json"))
        runs = live["spec"]["template"]["spec"]["containers"][0]["image"]
        return runs.endswith(image) and judge(live, runs, least).state is State.HEALTHY

    def _kubectl(self, *arguments: str) -> str:
        command = ["kubectl", "--kubeconfig", self._config, *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SystemExit(f"{' '.join(arguments[:2])}: {ended.stderr}")
        return ended.stdout


def ours(clone: Clone, images: dict[str, str]) -> float:
    """Seconds of `slipway up`, which ends when everything is healthy."""
    for name, image in images.items():
        clone.edit(f"manifests/{TEAM}/{name}.yaml", {"release.image": f"ml/{name}:9.9.9@{image}"})
    return clone.slipway("up", "local", "--stack", f"local.{TEAM}", "--quiet").seconds


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """What somebody would have written: without what the API server and controllers added."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _DROPPED}
    metadata["namespace"] = BESIDE
    kept = {key: value for key, value in item.items() if key not in {"status", "metadata"}}
    spec = kept.get("spec", {})
    for key in ("clusterIP", "clusterIPs", "replicas"):  # the last is the autoscaler's
        spec.pop(key, None)
    if item["kind"] == "Service":
        spec.get("selector", {}).pop(KINDS["Rollout"].hash, None)
    return {**kept, "metadata": metadata}


def _images() -> dict[str, str]:
    return {name: f"sha256:{secrets.token_hex(32)}" for name in SERVICES}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    if not shutil.which("kubectl"):
        raise SystemExit("kubectl is not installed: there is nothing to compare with")
    left: list[float] = []
    right: list[float] = []
    with tempfile.TemporaryDirectory() as folder, temporary_clone(Path(folder)) as clone:
        clone.slipway("up", "local", "--quiet")
        plain = Plain(clone, Path(folder))
        plain.release(_images())
        for _ in range(rounds):
            left.append(ours(clone, _images()))
            right.append(plain.release(_images()))
    mine, theirs = statistics.median(left), statistics.median(right)
    print(f"release of {' and '.join(SERVICES)}, from the command to healthy, median of {rounds}")
    print(f"slipway up                   {mine:6.1f} s   ({', '.join(f'{each:.1f}' for each in left)})")
    print(f"kubectl apply and looking    {theirs:6.1f} s   ({', '.join(f'{each:.1f}' for each in right)})")
    print(f"ratio {mine / theirs:.2f}")


if __name__ == "__main__":
    main()
