"""Backups: what is written is what is read, and nothing else is restored."""

# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from slipway import backups
from slipway.errors import FailedError

if TYPE_CHECKING:
    from pathlib import Path

EARLY, LATE = "2026-11-21T09:08:41.1165Z", "2026-11-21T09:08:41.116568399Z"


def export(*names: str, time: str = EARLY) -> dict[str, Any]:
    resources = [{"urn": f"urn:pulumi:dev.growth::slipway::t::{name}"} for name in names]
    return {"version": 3, "deployment": {"manifest": {"time": time}, "resources": resources}}


def renamed(text: str) -> str:
    content = json.loads(text)
    content["stacks"]["dev.other"] = content["stacks"].pop("dev.growth")
    return json.dumps(content)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept" / "dev.json"
    backups.write(path, "dev", {"dev.growth": export("a"), "dev.search": export("b", "c")}, "0.1.0")
    return path


def test_what_is_written_is_read(file: Path) -> None:
    found = backups.read(file, "dev")
    assert found.environment == "dev"
    assert found.stacks == {"dev.growth": export("a"), "dev.search": export("b", "c")}
    manifest = json.loads(file.read_text())["manifest"]
    assert manifest["stacks"]["dev.search"]["resources"] == 2
    assert len(manifest["stacks"]["dev.search"]["sha256"]) == 64
    assert manifest["slipway"] == "0.1.0"
    assert manifest["time"] == found.time
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "encrypted, and still nobody else's"
    assert [path.name for path in file.parent.iterdir()] == ["dev.json"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("::t::b", "::t::x"), "dev.json: the state of dev.search is not what was backed up"),
        (lambda text: text[: len(text) // 2], "is no backup, or only a part of one"),
        (lambda _: "", "is no backup, or only a part of one"),
        (lambda _: "[]", "is no backup, or only a part of one"),
        (lambda _: '{"manifest": {"what": "else", "stacks": {}}, "stacks": {}}', "is no backup, or only a part of one"),
        (lambda text: text.replace('"format": 1', '"format": 2'), "has format 2, and this Slipway reads 1; restore it with Slipway 0.1.0"),
        (renamed, "the state of dev.growth is not what was backed up"),
    ],
    ids=["changed", "half", "empty", "list", "another-file", "format", "stack-exchanged"],
)  # fmt: skip
def test_what_is_no_whole_backup_is_refused(file: Path, change: Any, told: str) -> None:
    before = file.read_text()
    file.write_text(change(before))
    assert file.read_text() != before
    with pytest.raises(FailedError) as refused:
        backups.read(file, "dev")
    assert told in str(refused.value)


def test_a_backup_of_another_environment_is_refused(file: Path) -> None:
    with pytest.raises(FailedError, match="is a backup of environment `dev`, not of `production`"):
        backups.read(file, "production")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match=r"nothing\.json: cannot be read"):
        backups.read(tmp_path / "nothing.json", "dev")


def test_a_lost_state() -> None:
    for now in (None, export()):
        found = backups.compare("dev.growth", export("a"), now)
        assert (found.lost, found.newer, found.same) == (True, False, False)
        assert found.only_then == ("urn:pulumi:dev.growth::slipway::t::a",)


def test_a_newer_state() -> None:
    found = backups.compare("dev.growth", export("a", "b"), export("b", "c", time=LATE))
    assert (found.lost, found.newer) == (False, True)
    assert [urn[-1] for urn in (*found.only_now, *found.only_then)] == ["c", "a"]


def test_the_same_state_and_an_older_one() -> None:
    assert backups.compare("dev.growth", export("a"), export("a")).same
    older = backups.compare("dev.growth", export("a", time=LATE), export("a"))
    assert not older.newer


@pytest.mark.parametrize(
    ("text", "sortable"),
    [
        ("2026-11-21T09:08:41Z", "2026-11-21T09:08:41.000000000"),
        ("2026-11-21T09:08:41.5Z", "2026-11-21T09:08:41.500000000"),
        ("2026-11-21T11:08:41.5+02:00", "2026-11-21T09:08:41.500000000"),
        ("2026-11-21T09:08:41.123456789Z", "2026-11-21T09:08:41.123456789"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000"),
        ("", ""),
    ],
)
def test_times_of_go_sort_as_text(text: str, sortable: str) -> None:
    assert backups.written(export(time=text)) == sortable
