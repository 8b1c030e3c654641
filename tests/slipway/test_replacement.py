"""No update replaces a cluster, and no destroy begins on what is protected: with the line that says so."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from slipway import repository
from slipway.engine import protection
from slipway.engine.results import PropertyChange, StackResult, Step
from slipway.replacement import CLUSTER, refused

if TYPE_CHECKING:
    from slipway.files import EnvironmentFile
    from tests.support.repositories import Clone

DEV = "environments/dev.yaml"
WAY = "take it back, or move to a second cluster (docs/replacing-a-cluster.md)"
UP = "slipway up dev --offline"
ENGINE = (
    "cluster-main-cluster: unable to replace resource\nas it is currently marked for protection. To unprotect it, …",
    "preview failed",
)


@pytest.fixture
def file(clone: Clone) -> EnvironmentFile:
    return repository.load(clone.root).environment("dev")


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev.platform::slipway::slipway:gcp:Thing${kind}::{name}"


def planned(
    operation: str, *changes: PropertyChange, kind: str = CLUSTER, name: str = "cluster-main-cluster"
) -> StackResult:
    told = (*ENGINE, "something else")
    return StackResult(
        "dev.platform", (Step(operation, urn(kind, name), changes),), messages=told, error="preview failed"
    )


@pytest.mark.parametrize(
    ("path", "before", "after", "line", "what"),
    [
        ("location", "europe-west4", "europe-west4-a", 15, "clusters.main.location: europe-west4 -> europe-west4-a"),
        ("network", "projects/a/global/networks/x", None, 8, "network: projects/a/global/networks/x -> (none)"),
        ("privateClusterConfig.masterIpv4CidrBlock", "172.16.1.0/28", "172.16.2.0/28", 12, "network.control_plane: 172.16.1.0/28 -> 172.16.2.0/28"),
        ("ipAllocationPolicy.clusterSecondaryRangeName", "pods", "other", 8, "ipAllocationPolicy.clusterSecondaryRangeName of cluster `main`: pods -> other"),
        ("project", "acme-dev", "acme-other", 3, "google.project: acme-dev -> acme-other"),
        ("datapathProvider", "LEGACY", "ADVANCED", 14, "datapathProvider of cluster `main`: LEGACY -> ADVANCED"),
        ("locationPolicy", "a", "b", 14, "locationPolicy of cluster `main`: a -> b"),
    ],
)  # fmt: skip
def test_the_line_that_forces_a_replacement(
    file: EnvironmentFile, path: str, before: Any, after: Any, line: int, what: str
) -> None:
    forcing = PropertyChange(path, before, after, replaces=True)
    result = refused(planned("replace", forcing, PropertyChange("description", "a", "b")), file)
    said = f"{DEV}:{line}: {what} would replace cluster `main` and all that runs in it; {WAY}"
    assert result.error == said
    assert result.messages == ("something else", said), "ours in place of the engine's"


def test_each_reason_is_told(file: EnvironmentFile) -> None:
    changes = [PropertyChange(name, "a", "b", replaces=True) for name in ("location", "project")]
    assert (refused(planned("replace", *changes), file).error or "").count(WAY) == 2


def test_a_replacement_without_a_reason_is_refused_all_the_same(file: EnvironmentFile) -> None:
    assert refused(planned("replace"), file).error == f"{DEV}:14: cluster `main` would be replaced; {WAY}"


def test_a_cluster_that_is_not_declared_any_more(file: EnvironmentFile) -> None:
    said = f"{DEV}:13: cluster `old` is not declared any more, and no update deletes a cluster; {WAY}"
    assert refused(planned("delete", name="cluster-old-cluster"), file).error == said


@pytest.mark.parametrize(
    "result",
    [
        planned("create"),
        planned("update", PropertyChange("location", "a", "b")),
        planned("replace", PropertyChange("location", "a", "b", replaces=True), kind="gcp:container/nodePool:NodePool"),
        planned("replace", kind="slipway:gcp:Cluster", name="cluster-main"),
    ],
)
def test_everything_else_is_as_it_was(file: EnvironmentFile, result: StackResult) -> None:
    assert refused(result, file) is result


def cluster(*, protected: bool, name: str = "cluster-main-cluster", **more: Any) -> dict[str, Any]:
    return {
        "urn": urn(CLUSTER, name),
        "type": CLUSTER,
        "protect": True,
        "inputs": {"deletionProtection": protected},
        **more,
    }


def bucket(name: str, **inputs: Any) -> dict[str, Any]:
    return {"urn": urn("gcp:storage/bucket:Bucket", name), "type": "gcp:storage/bucket:Bucket", "inputs": inputs}


def problems(deployment: dict[str, Any], file: EnvironmentFile) -> list[str]:
    return [str(problem) for problem in protection.kept(deployment, file, UP)]


def test_what_protects_is_named_with_the_way_to_end_it(file: EnvironmentFile) -> None:
    held = [cluster(protected=True), bucket("bucket-models-bucket"), bucket("bucket-slipway-bucket")]
    nothing = "is true, so nothing was destroyed"
    assert problems({"resources": held}, file) == [
        f"{DEV}:14: clusters.main.deletion_protection {nothing}; write deletion_protection: false, run {UP}, then destroy",
        f"{DEV}:24: buckets.models.protect {nothing}; write protect: false, run {UP}, then destroy",
    ]


def test_a_flag_has_to_be_applied_first(clone: Clone) -> None:
    clone.edit(DEV, "    location: europe-west4\n", "    location: europe-west4\n    deletion_protection: false\n")
    clone.edit(DEV, "models: {}", "models: {protect: false}")
    file = repository.load(clone.root).environment("dev")
    before = [cluster(protected=True), bucket("bucket-models-bucket", forceDestroy=False)]
    assert problems({"resources": before}, file) == [
        f"{DEV}:16: clusters.main.deletion_protection is false here but not yet applied, so nothing was destroyed; run {UP}, then destroy",
        f"{DEV}:25: buckets.models.protect is false here but not yet applied, so nothing was destroyed; run {UP}, then destroy",
    ]
    after = [cluster(protected=False), bucket("bucket-models-bucket", forceDestroy=True)]
    assert problems({"resources": after}, file) == []


def test_a_cluster_without_a_place_in_the_file_is_kept(file: EnvironmentFile) -> None:
    (said,) = problems({"resources": [cluster(protected=False, name="cluster-old-cluster")]}, file)
    assert said.startswith(f"{DEV}:13: clusters.old.deletion_protection is true")


def test_what_a_replacement_left_to_delete_is_no_cluster_to_keep(file: EnvironmentFile) -> None:
    assert problems({"resources": [cluster(protected=True, delete=True)]}, file) == []
    assert problems({}, file) == []


def test_the_engine_s_protection_is_lifted_and_nothing_else(file: EnvironmentFile) -> None:
    del file
    deployment = {"manifest": {}, "resources": [cluster(protected=False), bucket("b")], "pending_operations": []}
    lifted = protection.lifted(deployment)
    assert lifted is not None
    assert "protect" not in lifted["resources"][0]
    lifted["resources"][0]["protect"] = True
    assert lifted == deployment
    assert protection.lifted({"resources": [bucket("b")]}) is None
    assert protection.lifted({}) is None
