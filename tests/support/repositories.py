"""A small Slipway repository in a folder of the test's own: valid as it comes, and there to be edited."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from slipway import repository
from slipway.desired import Desired, desired
from slipway.errors import Problem, Refused

DIGEST = "sha256:" + "0123456789abcdef" * 4
DEV, PRODUCTION, LOCAL = "environments/dev.yaml", "environments/production.yaml", "environments/local.yaml"
CHURN, FRAUD, RANKING = "manifests/growth/churn.yaml", "manifests/growth/fraud.yaml", "manifests/search/ranking.yaml"

_ENVIRONMENT = """\
branch: {name}
google:
  project: acme-{name}
  number: "100000000002"
  region: europe-west4
state:
  backend: gs://acme-{name}-state
network:
  range: 10.16.0.0/20
  pods: 10.20.0.0/14
  services: 10.24.0.0/20
  control_plane: 172.16.1.0/28
clusters:
  main:
    location: europe-west4
    pools:
      general:
        machine: e2-standard-4
        nodes: {{min_per_zone: 1, max_per_zone: 3}}
registries:
  ml: {{}}
  quay: {{remote: quay}}
  hub: {{remote: docker-hub}}
buckets: {{models: {{}}}}
"""
FILES = {
    "Pulumi.yaml": "name: slipway\nruntime: python\n",
    DEV: _ENVIRONMENT.format(name="dev"),
    PRODUCTION: _ENVIRONMENT.format(name="production")
    + "services:\n  growth/churn:\n    scaling:\n      min: 6\n      max: 24\n",
    LOCAL: """\
stand_ins: true
google: {project: slipway-local, number: "100000000001", region: europe-west4}
clusters:
  main: {location: europe-west4}
registries: {ml: {}, quay: {remote: quay}, hub: {remote: docker-hub}}
buckets: {models: {}}
""",
    CHURN: f"""\
kind: Service
name: churn
description: Probability that a customer leaves
release:
  image: ml/churn:1.4.0@{DIGEST}
  model: churn/42@{DIGEST}
port: 8080
probes:
  ready: /readyz
  live: /healthz
resources:
  cpu: 250m
  memory: 512Mi
scaling:
  min: 4
  max: 12
rollout:
  strategy: canary
  steps:
    - weight: 25
      for: 5m
    - weight: 50
      for: 10m
""",
    FRAUD: f"""\
kind: Service
name: fraud
release:
  image: ml/fraud:2.1.3@{DIGEST}
port: 8080
probes: {{ready: /readyz}}
scaling: {{min: 3}}
""",
    RANKING: f"""\
kind: Service
name: ranking
release: {{image: "ml/ranking@{DIGEST}"}}
probes: {{live: {{exec: [python, -m, alive]}}}}
scaling: {{min: 1}}
rollout: {{strategy: recreate}}
""",
}


TEMPLATE = """\
template: {branches: "feature/*", lifetime: 72h}
profile: baseline
google: {project: acme-dev, number: "100000000002", region: europe-west4}
state: {backend: "gs://acme-dev-state"}
clusters:
  main:
    location: europe-west4-a
    deletion_protection: false
registries: {ml: {shared: true}, quay: {remote: quay, shared: true}, hub: {remote: docker-hub, shared: true}}
buckets: {models: {existing: acme-dev-dev-models}}
"""
"""A template beside `dev`, in its project; no part of FILES."""


@dataclass(frozen=True)
class Clone:
    """The repository at `root`."""

    root: Path

    def write(self, file: str, content: str | bytes) -> Path:
        """Make or replace a file."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return path

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text that must be there."""
        text = (self.root / file).read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        self.write(file, text.replace(old, new, 1))

    def problems(self) -> list[Problem]:
        """Everything that is wrong, in any environment."""
        try:
            found = repository.load(self.root)
        except Refused as refused:
            return refused.problems
        problems: set[Problem] = set()
        for name in found.names:
            try:
                desired(found, name)
            except Refused as refused:
                problems |= set(refused.problems)
        return sorted(problems)

    def desired(self, name: str) -> Desired:
        """What an environment wants."""
        return desired(repository.load(self.root), name)

    def fingerprint(self) -> str:
        """Changes when anything on disk does: names, kinds, contents, links."""
        digest = hashlib.sha256()
        for folder, names, files in os.walk(self.root):
            names.sort()
            for name in sorted([*names, *files]):
                path = Path(folder) / name
                kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file"
                digest.update(f"{path.relative_to(self.root)} {kind} ".encode())
                digest.update(str(path.readlink()).encode() if kind == "link" else b"")
                digest.update(path.read_bytes() if kind == "file" else b"")
        return digest.hexdigest()


def make(root: Path) -> Clone:
    """A valid repository under `root`."""
    clone = Clone(root)
    for file, text in FILES.items():
        clone.write(file, text)
    return clone


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return make(tmp_path / "clone")
