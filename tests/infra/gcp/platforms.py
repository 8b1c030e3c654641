"""Environments over the whole schema, and what their platforms declare. A helper of the tests beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from slipway.engine.recorder import Declared, record
from stacks import platform
from tests.support.repositories import CHURN, DEV, FILES, make

if TYPE_CHECKING:
    from slipway.desired import Desired

CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
EXPOSED = "expose: {host: churn, auth: iap}\nsecrets:\n  API_KEY: {name: api, version: 3}\n"
CONFIDENTIAL = ["n2d-standard-8", "c2d-standard-8", "c3d-standard-8"]


def base() -> dict[str, Any]:
    """The small repository's `dev`, with all that one can have."""
    environment: dict[str, Any] = yaml.safe_load(FILES[DEV])
    environment["gateway"] = {
        "domain": "dev.ml.acme.example",
        "public": ["churn"],
        "users": ["group:ml-users@acme.example"],
        "oauth_client": "100000000002-abc123.apps.googleusercontent.com",
    }
    environment["teams"] = {"growth": {"viewers": ["group:growth@acme.example"]}}
    environment["budget"] = {"billing_account": "0AB1C2-D3E4F5-678901", "amount": 100, "currency": "EUR"}
    environment["clusters"]["main"]["pools"]["general"]["machine"] = "n2d-standard-8"
    environment["network"]["range"] = "10.16.0.0/20"
    return environment


def wanted(environment: dict[str, Any], *, manifest: str = EXPOSED) -> Desired:
    """What the environment wants of the small repository's services; raises Refused."""
    with tempfile.TemporaryDirectory() as folder:
        clone = make(Path(folder) / "clone")
        clone.write(DEV, yaml.safe_dump(environment, sort_keys=False))
        for other in ("production", "local"):  # one environment is enough to be refused or accepted
            (clone.root / f"environments/{other}.yaml").unlink()
        clone.edit(CHURN, "port: 8080\n", f"port: 8080\n{manifest}")
        return clone.desired("dev")


def declared(desired: Desired) -> list[Declared]:
    """What the platform of `desired` declares."""
    return record(f"{desired.name}.platform", lambda: platform.declare(desired, "platform"))


def of(resources: list[Declared], kind: str) -> list[Declared]:
    """Those of one type."""
    return [resource for resource in resources if resource.type == kind]


@st.composite
def environments(draw: st.DrawFn) -> dict[str, Any]:
    """Environments over the whole schema; most are accepted, the others are refused by the core."""
    environment = base()
    cluster = environment["clusters"]["main"]
    environment["profile"] = draw(st.sampled_from(["baseline", "hardened", "regulated"]))
    cluster["location"] = draw(st.sampled_from(["europe-west4", "europe-west4-a"]))
    cluster["pools"] = {name: draw(pools(environment["profile"])) for name in draw(names)}
    cluster |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "access": st.sampled_from(["dns", "private-runner"]),
                "authorized_networks": st.just({"office": "203.0.113.0/24"}),
                "release_channel": st.sampled_from(["RAPID", "REGULAR", "STABLE", "EXTENDED"]),
                "maintenance": st.just({"start": "23:30", "for": "8h", "days": ["SA", "SU"]}),
                "backup": st.fixed_dictionaries(
                    {}, optional={"keep_days": st.integers(1, 365), "lock_days": st.integers(0, 1)}
                ),
                "auto_provisioning": st.just({"max_cpu": "64", "max_memory": "256Gi", "max_gpus": {"nvidia-l4": 2}}),
                "deletion_protection": st.booleans(),
            },
        )
    )
    environment["registries"] |= draw(st.dictionaries(st.sampled_from(["own", "cache"]), registries, max_size=2))
    environment["buckets"] |= draw(st.dictionaries(st.sampled_from(["data", "more"]), buckets, max_size=2))
    for key in draw(st.sets(st.sampled_from(["gateway", "teams", "budget"]))):
        environment.pop(key)
    if draw(st.booleans()):
        environment["network"].pop("control_plane")
        environment["network"]["control_plane_subnet"] = "10.24.32.0/28"
    return environment


names = st.sets(st.sampled_from(["general", "batch", "gpu"]), min_size=1)
registries = st.one_of(
    st.fixed_dictionaries({}, optional={"immutable_tags": st.booleans(), "keep_newest": st.integers(1, 1000)}),
    st.sampled_from([{"format": "python"}, {"format": "kfp"}, {"format": "python", "remote": "pypi"}]),
    st.sampled_from([{"remote": name} for name in ("docker-hub", "quay", "ghcr", "gcr", "kubernetes")]),
)
buckets = st.fixed_dictionaries(
    {},
    optional={
        "protect": st.booleans(),
        "retention": st.sampled_from(["24h", "720h"]),
        "keep_old_versions": st.integers(1, 1000),
    },
)


@st.composite
def pools(draw: st.DrawFn, profile: str) -> dict[str, Any]:
    """A node pool, of machines that the profile takes."""
    machines = st.sampled_from(CONFIDENTIAL)
    if profile != "regulated":
        machines |= st.sampled_from(["e2-standard-4", "n1-standard-8", "g2-standard-8", "n2-standard-8"])
    pool: dict[str, Any] = {"machine": draw(machines)}
    if draw(st.booleans()):
        pool["nodes"] = {"per_zone": draw(st.integers(1, 3))}
    if pool["machine"].startswith("n1") and draw(st.booleans()):
        pool["gpu"] = {"type": "nvidia-tesla-t4", "count": 1, "sharing": {"by": "time", "clients": 4}}
    if pool["machine"].startswith("g2") and draw(st.booleans()):
        pool["gpu"] = {"driver": draw(st.sampled_from(["default", "latest", "none"]))}
    upgrades = [{"strategy": "surge", "max_surge": 2, "max_unavailable": 1}, {"strategy": "blue-green", "batch": "1"}]
    return pool | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "spot": st.booleans(),
                "confidential": st.none(),
                "disk_gb": st.integers(20, 500),
                "disk_type": st.sampled_from(["pd-balanced", "pd-ssd"]),
                "max_pods": st.integers(8, 110),
                "zones": st.just(["europe-west4-a"]),
                "upgrade": st.sampled_from(upgrades),
                "labels": st.just({"team": "growth"}),
                "taints": st.just([{"key": "only", "value": "batch", "effect": "NO_SCHEDULE"}]),
            },
        )
    )
