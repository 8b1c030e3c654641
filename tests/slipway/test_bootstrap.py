"""What `slipway bootstrap` makes, and what it refuses, as far as no engine is needed."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from slipway import repository
from slipway.bootstrap import plan as plans
from slipway.bootstrap import settings
from slipway.bootstrap.plan import DEPLOY, PREVIEW, Plan
from slipway.bootstrap.roles import BEYOND, DEPLOY_GRANTS, GRANTED, PREVIEW_GRANTS, table
from slipway.engine.recorder import Declared, record
from slipway.engine.workspace import program
from slipway.errors import Refused
from tests import golden

if TYPE_CHECKING:
    from pathlib import Path

KEY = "gcpkms://projects/acme-ml-dev/locations/europe-west4/keyRings/slipway/cryptoKeys/state"
"""As environments/dev.yaml names it."""


def dev() -> Plan:
    return plans.checked(repository.load(golden.ROOT).environment("dev"))


@functools.cache
def declared() -> list[Declared]:
    return [item for item in record("dev.bootstrap", program(golden.ROOT)) if item.custom]


def one(kind: str, name: str = "") -> Declared:
    found = [item for item in declared() if item.type.endswith(kind) and name in item.name]
    assert len(found) == 1, [item.name for item in found]
    return found[0]


def test_names_follow_from_the_file() -> None:
    plan = dev()
    assert (plan.bucket, plan.ring, plan.key) == ("acme-ml-dev-slipway-state", "slipway", "state")
    assert plan.provider(DEPLOY) == (
        "projects/100000000002/locations/global/workloadIdentityPools/slipway-dev/providers/github-deploy"
    )
    assert plan.email(PREVIEW) == "dev-preview@acme-ml-dev.iam.gserviceaccount.com"


def test_who_can_deploy() -> None:
    condition = dev().condition(DEPLOY)
    assert condition == (
        "assertion.repository == 'acme/ml-platform' && assertion.ref == 'refs/heads/dev' && "
        "assertion.event_name in ['push', 'workflow_dispatch']"
    )
    assert "ref ==" not in dev().condition(PREVIEW)
    for identity in (PREVIEW, DEPLOY):
        assert "pull_request" not in dev().condition(identity), "what a pull request brings is hostile"
        assert f"'{identity}'" == dev().mapping(identity)["attribute.identity"]
        assert dev().principals(identity).endswith(f"/attribute.identity/{identity}")


def test_each_identity_has_a_provider_of_its_own() -> None:
    for identity in (PREVIEW, DEPLOY):
        provider = one("WorkloadIdentityPoolProvider", f"{identity}-provider")
        assert provider.inputs["attributeCondition"] == dev().condition(identity)
        member = one("serviceaccount/iAMMember:IAMMember", identity)
        assert member.inputs["role"] == "roles/iam.workloadIdentityUser"
        assert member.inputs["member"] == dev().principals(identity)


def test_the_bucket_and_the_key_are_safe() -> None:
    bucket, ring, key = one("bucket:Bucket"), one("keyRing:KeyRing"), one("cryptoKey:CryptoKey")
    assert all(item.protect for item in (bucket, ring, key))
    assert bucket.inputs["versioning"] == {"enabled": True}
    assert bucket.inputs["uniformBucketLevelAccess"] is True
    assert bucket.inputs["publicAccessPrevention"] == "enforced"
    assert bucket.inputs["softDeletePolicy"]["retentionDurationSeconds"] == 30 * 86400
    assert bucket.inputs["forceDestroy"] is False
    assert key.inputs["rotationPeriod"] == f"{90 * 86400}s"


def test_nobody_gets_a_key_or_a_basic_role() -> None:
    assert not [item for item in declared() if "serviceaccount/key" in item.type.lower()]
    roles = {item.inputs["role"] for item in declared() if "role" in item.inputs}
    assert not roles & {"roles/owner", "roles/editor", "roles/viewer"}


def test_preview_changes_nothing() -> None:
    for grant in PREVIEW_GRANTS:
        assert grant.role.rpartition(".")[2].lower().endswith(("viewer", "reader", "reviewer")), grant.role
    used = {
        item.name: item.inputs["role"]
        for item in declared()
        if item.name in {"state-bucket-preview", "state-key-preview"}
    }
    assert used == {
        "state-bucket-preview": "roles/storage.objectViewer",
        "state-key-preview": "roles/cloudkms.cryptoKeyDecrypter",
    }


def platform() -> list[dict[str, Any]]:
    """What the goldens of real environments declare as their platforms."""
    found: list[dict[str, Any]] = []
    for name in ("dev", "staging", "production"):
        content = yaml.safe_load((golden.FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        found += content[f"{name}.platform"]
    return [item for item in found if item["type"].startswith("gcp:")]


@pytest.mark.parametrize("grants", [PREVIEW_GRANTS, DEPLOY_GRANTS], ids=["preview", "deploy"])
def test_every_type_of_the_platform_has_its_role(grants: Any) -> None:
    covered = {kind for grant in grants for kind in grant.types} | BEYOND.keys()
    assert sorted({item["type"] for item in platform()} - covered) == [], "name its role in slipway/bootstrap/roles.py"


def test_deploy_can_grant_what_the_platform_grants_and_nothing_above_itself() -> None:
    granted = {item["inputs"]["role"] for item in platform() if item["type"] == "gcp:projects/iAMMember:IAMMember"}
    assert granted <= set(GRANTED)
    assert not any(role.lower().endswith(("admin", "owner", "editor", "user", "tokencreator")) for role in GRANTED)
    admin = one("projects/iAMMember:IAMMember", "deploy-resourcemanager.projectIamAdmin")
    listed = ", ".join(f"'{role}'" for role in GRANTED)
    assert admin.inputs["condition"]["expression"].endswith(f".hasOnly([{listed}])")


@pytest.mark.parametrize(
    ("role", "spared"),
    [("storage.admin", "projects/_/buckets/acme-ml-dev-slipway-state"), ("cloudkms.admin", "keyRings/slipway")],
)
def test_deploy_has_no_power_over_the_state_s_bucket_and_key(role: str, spared: str) -> None:
    expression = one("projects/iAMMember:IAMMember", f"deploy-{role}").inputs["condition"]["expression"]
    assert expression.count(spared) == 2
    assert expression.count("!") == 2


def test_the_tables_are_in_the_guide() -> None:
    guide = (golden.ROOT / "docs" / "bootstrap.md").read_text(encoding="utf-8")
    assert table(PREVIEW_GRANTS) in guide
    assert table(DEPLOY_GRANTS) in guide


LACKING = [
    ({"forge": None}, "`forge` is missing, and identities are bound to a repository; add `forge: {github: OWNER/REPOSITORY}`"),
    ({"state.backend": "s3://bucket"}, "`s3://bucket` is no bucket that can be made here; write gs://BUCKET, or make the backend by hand"),
    ({"state.secrets": "passphrase"}, "`passphrase` is no key that can be made here; write gcpkms://projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY"),
    ({"state.secrets": KEY.replace("acme-ml-dev", "acme-keys")}, "the key is in project acme-keys, the environment in acme-ml-dev; name a key in the environment's own project"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), LACKING, ids=["forge", "backend", "passphrase", "other-project"])
def test_what_cannot_be_bootstrapped_is_told_at_its_line(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    content = yaml.safe_load((golden.ROOT / "environments" / "dev.yaml").read_text())
    for name, value in changes.items():
        *parents, last = name.split(".")
        block = functools.reduce(lambda found, key: found[key], parents, content)
        block[last] = value
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "dev.yaml").write_text(yaml.safe_dump({k: v for k, v in content.items() if v}))
    with pytest.raises(Refused) as refused:
        plans.checked(repository.load(tmp_path).environment("dev"))
    assert [told in str(problem) for problem in refused.value.problems] == [True], refused.value.problems
    assert str(refused.value.problems[0]).startswith("environments/dev.yaml:")


def test_a_template_keeps_its_state_with_another_environment() -> None:
    with pytest.raises(Refused, match=r"environments/feature\.yaml:\d+: branches' environments keep their state with"):
        plans.checked(repository.load(golden.ROOT).environments["feature"])


def test_settings_are_written_once_and_hold_no_path(tmp_path: Path) -> None:
    stacks = ["dev.platform", "dev.growth"]
    assert settings.lacking(tmp_path, stacks, KEY) == [settings.path_of(tmp_path, name) for name in stacks]
    assert not (tmp_path / "stacks").exists()
    assert len(settings.write(tmp_path, stacks, KEY)) == 2
    path = tmp_path / "stacks" / "Pulumi.dev.growth.yaml"
    assert yaml.safe_load(path.read_text()) == {"secretsprovider": KEY}
    with_key = f"secretsprovider: {KEY}\nencryptedkey: CiQAabc=\n# a remark of somebody\n"
    path.write_text(with_key)
    assert settings.write(tmp_path, stacks, KEY) == []
    assert path.read_text() == with_key, "what is right stays as it is"


def test_a_stack_s_key_under_another_provider_is_not_thrown_away(tmp_path: Path) -> None:
    path = settings.path_of(tmp_path, "dev.growth")
    path.parent.mkdir()
    path.write_text("secretsprovider: gcpkms://projects/old\nencryptedkey: CiQAabc=\n")
    with pytest.raises(Refused) as refused:
        settings.write(tmp_path, ["dev.platform", "dev.growth"], KEY)
    assert "pulumi stack change-secrets-provider --stack dev.growth gcpkms://" in str(refused.value)
    assert not settings.path_of(tmp_path, "dev.platform").exists(), "nothing is written when anything is refused"


def test_settings_that_are_no_yaml(tmp_path: Path) -> None:
    path = settings.path_of(tmp_path, "dev.growth")
    path.parent.mkdir()
    path.write_text("secretsprovider: [\n")
    with pytest.raises(Refused, match=r"stacks/Pulumi\.dev\.growth\.yaml:\d+: is no YAML; restore it from Git"):
        settings.lacking(tmp_path, ["dev.growth"], KEY)


def test_other_settings_are_kept(tmp_path: Path) -> None:
    path = settings.path_of(tmp_path, "dev.growth")
    path.parent.mkdir()
    path.write_text("config:\n  slipway:x: '1'\n")
    settings.write(tmp_path, ["dev.growth"], KEY)
    assert yaml.safe_load(path.read_text()) == {"config": {"slipway:x": "1"}, "secretsprovider": KEY}
