"""What branches' environments declare in a project has no id that another one has: held by the table of all ids."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from slipway.engine.cloud_ids import cloud_id, known
from slipway.engine.recorder import UNKNOWN, record
from slipway.engine.workspace import program
from tests.golden import ROOT
from tests.support.repositories import DEV, TEMPLATE

if TYPE_CHECKING:
    from tests.support.repositories import Clone

SHARED = {"gcp:projects/service:Service"}
"""An API that is on is on for all: switching it on twice is no clash, and none is switched off at the end."""
GATEWAY = "gateway: {domain: ml.acme.example, public: [churn]}\n"


def ids(clone: Clone, name: str) -> dict[str, str]:
    """Type by id, of everything in Google Cloud that the platform declares. Members of IAM bear an unknown account."""
    google = clone.desired(name).environment.google.model_dump()
    found: dict[str, str] = {}
    for declared in record(f"{name}.platform", program(clone.root)):
        if declared.type.startswith("gcp:") and known(declared.type):
            full = cloud_id(declared.type, declared.inputs, google)
            assert full, declared.urn
            if UNKNOWN not in full:
                found[full] = declared.type
    return found


def test_no_id_is_declared_twice(clone: Clone) -> None:
    clone.write("__main__.py", (ROOT / "__main__.py").read_text())
    clone.write("environments/feature.yaml", TEMPLATE + GATEWAY)
    clone.write(DEV, (clone.root / DEV).read_text() + GATEWAY)
    names = ("dev", "feature-x", "feature-y", "feature-x-13578b")
    all_of = {name: ids(clone, name) for name in names}
    kinds = {kind for found in all_of.values() for kind in found.values()}
    assert {"gcp:container/cluster:Cluster", "gcp:serviceaccount/account:Account", "gcp:storage/bucket:Bucket"} <= kinds
    for first, second in itertools.combinations(names, 2):
        both = all_of[first].keys() & all_of[second].keys()
        assert {each: all_of[first][each] for each in both if all_of[first][each] not in SHARED} == {}


def test_what_the_owner_has_made_is_not_made_nor_granted_again(clone: Clone) -> None:
    clone.write("__main__.py", (ROOT / "__main__.py").read_text())
    clone.write("environments/feature.yaml", TEMPLATE)
    kinds = set(ids(clone, "dev").values()) - set(ids(clone, "feature-x").values())
    assert "gcp:artifactregistry/repository:Repository" in kinds
    assert "gcp:binaryauthorization/policy:Policy" in kinds
    assert "gcp:kms/keyRing:KeyRing" in kinds
    for declared in record("feature-x.platform", program(clone.root)):
        assert "acme-dev-dev-models" not in str(declared.inputs)
