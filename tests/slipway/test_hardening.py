"""Safety profiles: what they choose, and that a file may only add to them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from slipway.profiles import NAMES, SETTINGS, Profile, profile
from tests.support.repositories import DEV

if TYPE_CHECKING:
    from slipway.profiles import Name, Setting
    from tests.support.repositories import Clone

BETTER: dict[str, Any] = {
    **dict.fromkeys(("internet_egress", "dns_access_allowed", "rapid_channel_allowed", "mutable_tags_allowed"), False),
    **dict.fromkeys(("unprotected_allowed", "spot_allowed"), False),
}
"""Fields of which less is safer; of the others more is, but for the words below."""
ORDER = {
    "image_admission": ["audit", "enforce"],
    "key_protection": ["SOFTWARE", "HSM"],
    "access": ["dns", "private-runner"],
}
LOCATION = "    location: europe-west4"


def rank(field: str, value: Any) -> float:
    if field in ORDER:
        return ORDER[field].index(value)
    return -float(value) if field in BETTER or field == "key_rotation_days" else float(value)


def test_the_table_has_every_field_of_a_profile_and_no_other() -> None:
    fields = [field.name for field in dataclasses.fields(Profile) if field.name != "name"]
    assert [setting.field for setting in SETTINGS] == fields
    assert all(setting.reason.endswith(".") and setting.source for setting in SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.field)
def test_no_profile_is_weaker_than_the_one_before(setting: Setting) -> None:
    ranks = [rank(setting.field, value) for value in setting.values]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[2], "a setting that is the same everywhere is no choice: it belongs to ALWAYS"


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_is_its_column(name: Name) -> None:
    found = profile(name)
    assert found.name == name
    for setting in SETTINGS:
        assert getattr(found, setting.field) == setting.values[NAMES.index(name)]


WEAKER = [
    ("regulated", LOCATION, f"{LOCATION}\n    access: dns", "access: dns", "use private-runner"),
    ("hardened", LOCATION, f"{LOCATION}\n    release_channel: RAPID", "release_channel: RAPID", "use REGULAR"),
    ("regulated", LOCATION, f"{LOCATION}\n    deletion_protection: false", "deletion_protection: false", ""),
    ("hardened", LOCATION, f"{LOCATION}\n    backup: {{keep_days: 7}}", "keep_days: 7", "keep it for 30 days"),
    ("regulated", LOCATION, f"{LOCATION}\n    backup: {{lock_days: 3}}", "lock_days: 3", "lock it for 30 days"),
    ("regulated", "e2-standard-4", "n2d-standard-4\n        spot: true", "spot: true", ""),
    ("regulated", "e2-standard-4", "n2d-standard-4\n        confidential: false", "confidential: false", ""),
    ("hardened", "  ml: {}", "  ml: {immutable_tags: false}", "immutable_tags: false", ""),
    ("regulated", "models: {}", "models: {protect: false}", "protect: false", ""),
]


@pytest.mark.parametrize(("name", "old", "new", "said", "remedy"), WEAKER, ids=[row[3] for row in WEAKER])
def test_a_weaker_value_is_refused_with_the_reason(
    clone: Clone, name: Name, old: str, new: str, said: str, remedy: str
) -> None:
    clone.edit(DEV, "branch: dev", f"branch: dev\nprofile: {name}")
    if "e2" not in old:
        clone.edit(DEV, "e2-standard-4", "n2d-standard-4")
    clone.edit(DEV, old, new)
    (problem,) = clone.problems()
    lines = (clone.root / DEV).read_text(encoding="utf-8").splitlines()
    assert problem.file == DEV
    assert said in lines[problem.line - 1]
    assert problem.what.startswith(f"`{said}` is weaker than profile `{name}` allows (")
    assert len(problem.what.split("(", 1)[1]) > 20, "the reason is told"
    assert problem.remedy == f"{remedy or 'remove it'}, or name a profile that allows it"


@pytest.mark.parametrize("row", WEAKER, ids=[row[3] for row in WEAKER])
def test_the_same_value_is_baseline_s_to_choose(clone: Clone, row: tuple[str, ...]) -> None:
    clone.edit(DEV, "branch: dev", "branch: dev\nprofile: baseline")
    clone.edit(DEV, row[1], row[2])
    assert clone.problems() == []


def test_what_the_file_leaves_open_is_the_profile_s_choice(clone: Clone) -> None:
    clone.edit(DEV, "machine: e2-standard-4", "machine: n2d-standard-4")
    clone.edit(DEV, "branch: dev", "branch: dev\nprofile: regulated")
    cluster = clone.desired("dev").environment.clusters["main"]
    assert cluster.access == "private-runner"
    assert cluster.backup
    assert (cluster.backup.keep_days, cluster.backup.lock_days) == (90, 30)
    assert cluster.pools["general"].confidential is True
    clone.edit(DEV, "profile: regulated", "profile: baseline")
    cluster = clone.desired("dev").environment.clusters["main"]
    assert (cluster.access, cluster.backup, cluster.pools["general"].confidential) == ("dns", None, False)


def test_what_the_file_adds_stays(clone: Clone) -> None:
    clone.edit(DEV, LOCATION, f"{LOCATION}\n    access: private-runner\n    backup: {{lock_days: 60}}")
    cluster = clone.desired("dev").environment.clusters["main"]
    assert cluster.access == "private-runner"
    assert cluster.backup
    assert (cluster.backup.keep_days, cluster.backup.lock_days) == (60, 60)
