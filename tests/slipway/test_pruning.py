"""Which branch environments are due: branches and their age from Git, and the judgement of what exists."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway import branches, heads, pruning, repository
from slipway.errors import FailedError
from tests.support.git import Git
from tests.support.repositories import TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

    from slipway.pruning import Verdict
    from tests.support.repositories import Clone

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
PATTERNS = ["feature/*"]
LAYERS = ("platform", "cluster", "growth")


@pytest.fixture
def clone(clone: Clone) -> Clone:
    """With a template whose environments live for 72 h."""
    clone.write("environments/feature.yaml", TEMPLATE)
    return clone


def judged(
    clone: Clone, stacks: list[str], known: dict[str, dt.datetime], now: dt.datetime = NOW
) -> dict[str, Verdict]:
    found = repository.load(clone.root)
    existing = pruning.by_environment(stacks)
    return {each.environment: each for each in pruning.verdicts(found, found.templates, existing, known, now)}


def test_alive_deleted_and_expired(clone: Clone) -> None:
    stacks = [f"feature-{name}.{layer}" for name in ("new", "old", "gone") for layer in LAYERS]
    found = judged(clone, stacks, {"feature/new": NOW - DAY, "feature/old": NOW - 4 * DAY})
    assert {name: each.state for name, each in found.items()} == {
        "feature-new": "alive",
        "feature-old": "expired",
        "feature-gone": "branch deleted",
    }
    assert {name for name, each in found.items() if each.due} == {"feature-old", "feature-gone"}
    assert found["feature-new"].until == NOW + 2 * DAY
    assert found["feature-old"].until == NOW - DAY
    assert found["feature-gone"].branch == "feature/gone"
    assert set(found["feature-gone"].stacks) == {f"feature-gone.{layer}" for layer in LAYERS}


def test_a_lifetime_ends_at_the_second(clone: Clone) -> None:
    made = NOW - 3 * DAY
    second = dt.timedelta(seconds=1)
    for now, state in ((NOW - second, "alive"), (NOW, "expired")):
        assert judged(clone, ["feature-x.platform"], {"feature/x": made}, now)["feature-x"].state == state


def test_what_has_a_file_of_its_own_is_left_alone(clone: Clone) -> None:
    stacks = [f"{name}.{layer}" for name in ("dev", "production", "local", "feature") for layer in LAYERS]
    assert judged(clone, stacks, {}) == {}


@pytest.mark.parametrize(
    "stack", ["qa.platform", "feature-x", "featurex.platform", "feature--x.platform", "organization"]
)
def test_what_no_template_explains_is_told_and_not_due(clone: Clone, stack: str) -> None:
    (found,) = judged(clone, [stack], {}).values()
    assert (found.state, found.due) == ("unexplained", False)


def test_a_name_with_a_hash_is_alive_by_its_branch_only(clone: Clone) -> None:
    name = branches.name_of("feature/A/b", "feature/*")
    assert judged(clone, [f"{name}.platform"], {"feature/A/b": NOW})[name].state == "alive"
    gone = judged(clone, [f"{name}.platform"], {"feature/a-b": NOW})[name]
    assert (gone.state, gone.branch) == ("branch deleted", None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(st.sets(st.from_regex(r"[a-zA-Z]{1,3}(/[a-c]{1,3})?", fullmatch=True)), st.data())
def test_exactly_what_is_gone_or_old_is_due(clone: Clone, words: set[str], data: st.DataObject) -> None:
    there = {f"feature/{word}": branches.name_of(f"feature/{word}", "feature/*") for word in words}
    kept = data.draw(st.sets(st.sampled_from(sorted(there)))) if there else set()
    known = {branch: NOW - data.draw(st.sampled_from([1, 5])) * DAY for branch in kept}
    found = judged(clone, [f"{name}.platform" for name in [*there.values(), "dev", "qa"]], known)
    wanted = {name for branch, name in there.items() if branch not in known or NOW - known[branch] > 3 * DAY}
    assert {name for name, each in found.items() if each.due} == wanted


@pytest.fixture
def origin(tmp_path: Path) -> Git:
    return Git(tmp_path / "origin").start()


@pytest.fixture
def work(tmp_path: Path, origin: Git) -> Git:
    """A clone of `origin` with nothing but `main`, as a workflow checks it out."""
    work = Git(tmp_path / "work").start()
    work.run("remote", "add", "origin", str(origin.root))
    return work


def test_branches_of_a_remote_are_asked_for_each_time(origin: Git, work: Git) -> None:
    origin.branch("feature/x", NOW)
    origin.branch("feature/deep/Er", NOW - DAY)
    origin.branch("other/z", NOW)
    work.branch("feature/never-pushed", NOW)
    assert heads.of_remote(work.root, "origin", PATTERNS) == {"feature/x": NOW, "feature/deep/Er": NOW - DAY}
    origin.run("branch", "-D", "feature/x")
    assert heads.of_remote(work.root, "origin", PATTERNS) == {"feature/deep/Er": NOW - DAY}
    origin.branch("feature/deep/Er", NOW)
    assert heads.of_remote(work.root, "origin", PATTERNS) == {"feature/deep/Er": NOW}
    origin.run("branch", "-D", "feature/deep/Er")
    assert heads.of_remote(work.root, "origin", PATTERNS) == {}


def test_a_shallow_clone_knows_the_age_of_branches(tmp_path: Path, origin: Git) -> None:
    origin.branch("feature/x", NOW - 2 * DAY)
    shallow = Git(tmp_path / "shallow")
    origin.run("clone", "--quiet", "--depth=1", "--single-branch", f"file://{origin.root}", str(shallow.root))
    assert heads.of_remote(shallow.root, "origin", PATTERNS) == {"feature/x": NOW - 2 * DAY}
    assert shallow.run("rev-parse", "--is-shallow-repository").strip() == "true"


def test_a_clone_s_own_branches_count_offline(origin: Git, work: Git) -> None:
    origin.branch("feature/x", NOW - DAY)
    work.branch("feature/mine", NOW)
    assert heads.known_here(work.root, "origin", PATTERNS) == {"feature/mine": NOW}
    heads.of_remote(work.root, "origin", PATTERNS)
    work.branch("feature/x", NOW)
    assert heads.known_here(work.root, "origin", PATTERNS) == {"feature/mine": NOW, "feature/x": NOW}


def test_no_answer_is_never_taken_for_no_branches(tmp_path: Path, work: Git) -> None:
    with pytest.raises(FailedError, match="this repository has no remote `upstream`"):
        heads.of_remote(work.root, "upstream", PATTERNS)
    with pytest.raises(FailedError, match="this repository has no remote `--upload-pack=x`"):
        heads.of_remote(work.root, "--upload-pack=x", PATTERNS)
    empty = Git(tmp_path / "empty")
    empty.root.mkdir()
    empty.run("init", "--quiet")
    work.run("remote", "add", "empty", str(empty.root))
    with pytest.raises(FailedError, match="remote `empty` has no branch at all"):
        heads.of_remote(work.root, "empty", PATTERNS)
    work.run("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(FailedError, match=r"`git ls-remote` failed: .*nowhere"):
        heads.of_remote(work.root, "origin", PATTERNS)
    with pytest.raises(FailedError, match=r"`git for-each-ref` failed: .*not a git repository"):
        heads.known_here(tmp_path, "origin", PATTERNS)
