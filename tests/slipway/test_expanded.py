"""Environments as they count, their differences, and the lists of those that were reviewed."""
# ruff: noqa: E501 - one case is one row

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway import repository, reviewed
from slipway.errors import Refused
from slipway.expanded import NOTHING, Difference, differences, expanded, flat, shown
from tests import golden
from tests.support.repositories import DEV, PRODUCTION

if TYPE_CHECKING:
    from tests.support.repositories import Clone

quick = settings(deadline=None)
LIST = "environments/reviewed/dev-production.yaml"
REVIEWED = """\
environments: [dev, production]
differences:
  branch: its own branch
  google.*: its own project
  state.backend: in its own project
  services.growth/churn.scaling.*: more callers
"""
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.dictionaries(st.sampled_from(["x", "y", "a.b"]), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)
BLOCKS = st.dictionaries(st.sampled_from(["p", "q"]), VALUES, max_size=2)


def diff(clone: Clone) -> list[Difference]:
    return differences(expanded(clone.desired("dev")), expanded(clone.desired("production")))


def held(clone: Clone, content: str) -> dict[str, str]:
    """The reasons that the list gives; raises Refused as the command does."""
    clone.write(LIST, content)
    (review,) = reviewed.lists(repository.load(clone.root))
    left, right = expanded(clone.desired("dev")), expanded(clone.desired("production"))
    return reviewed.reasons(differences(left, right), flat(left).keys() | flat(right).keys(), review)


def told(clone: Clone, content: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        held(clone, content)
    return [str(problem) for problem in refused.value.problems]


def test_what_counts_holds_defaults_profile_and_overlays(clone: Clone) -> None:
    clone.edit(DEV, "branch: dev", "branch: dev\nprofile: baseline")
    dev, production = expanded(clone.desired("dev")), expanded(clone.desired("production"))
    assert dev["clusters"]["main"]["maintenance"]["for"] == "6h"
    assert dev["clusters"]["main"]["pools"]["general"]["disk_gb"] == 100
    assert dev["services"]["growth/churn"]["scaling"]["min"] == 4
    assert production["services"]["growth/churn"]["scaling"]["min"] == 6
    assert dev["services"]["growth/churn"]["release"] == production["services"]["growth/churn"]["release"]
    found = {each.path: (each.left, each.right) for each in differences(dev, production)}
    assert found["profile"] == ("baseline", "hardened")
    assert found["hardening.etcd_key"] == (False, True)
    assert found["clusters.main.backup.schedule"][0] is None


def test_every_difference_and_no_other(clone: Clone) -> None:
    assert [each.path for each in diff(clone)] == [
        "branch",
        "google.project",
        "services.growth/churn.scaling.max",
        "services.growth/churn.scaling.min",
        "state.backend",
    ]
    clone.edit(PRODUCTION, "machine: e2-standard-4", "machine: e2-standard-8\n        spot: true")
    assert Difference("clusters.main.pools.general.machine", "e2-standard-4", "e2-standard-8") in diff(clone)
    assert Difference("clusters.main.pools.general.spot", left=False, right=True) in diff(clone)


@quick
@given(BLOCKS, BLOCKS)
def test_differences_are_told_from_both_sides_alike(left: dict[str, Any], right: dict[str, Any]) -> None:
    there, back = differences(left, right), differences(right, left)
    assert [(each.path, each.left, each.right) for each in there] == [(b.path, b.right, b.left) for b in back]
    assert differences(left, left) == []
    for each in there:
        assert each.left != each.right
        assert flat(left).get(each.path) == each.left
        assert flat(right).get(each.path) == each.right


def test_values_in_one_line() -> None:
    values = (None, True, ["a", 1], "text", 3)
    assert [shown(value) for value in values] == [NOTHING, "true", "[a, 1]", "text", "3"]
    assert flat({"a": {"b.c": 1}, "d": [{"e": 2}], "f": [], "g": {}}) == {"a.[b.c]": 1, "d[0].e": 2}


@pytest.mark.parametrize(
    ("path", "entry", "named"),
    [
        ("google.project", "google.project", True),
        ("google.project", "google.*", True),
        ("google.project", "*", True),
        ("google.project", "google", False),
        ("google.project", "goo*", False),
        ("google", "google.*", False),
        ("clusters.main.pools.general.machine", "clusters.*.pools.*.machine", True),
        ("clusters.main.pools.general.machine", "clusters.*", True),
        ("clusters.main.pools.general.machine", "clusters.*.machine", False),
    ],
)
def test_what_an_entry_names(path: str, entry: str, named: bool) -> None:  # noqa: FBT001
    assert reviewed.matches(path, entry) is named


def test_a_list_gives_the_reasons_and_leaves_what_it_does_not_name(clone: Clone) -> None:
    reasons = held(clone, REVIEWED)
    assert reasons["google.project"] == "its own project"
    assert {each.path for each in diff(clone)} == reasons.keys()
    clone.edit(PRODUCTION, "e2-standard-4", "e2-standard-8")
    assert {each.path for each in diff(clone)} - held(clone, REVIEWED).keys() == {"clusters.main.pools.general.machine"}
    more = "  services.growth/churn.scaling.min: by name\n  clusters.*.pools.*.machine: larger\n"
    exact = held(clone, REVIEWED + more)
    assert exact["clusters.main.pools.general.machine"] == "larger"
    assert exact["services.growth/churn.scaling.min"] == "by name"
    assert exact["services.growth/churn.scaling.max"] == "more callers"


# what is added to the list, what is told about it
ENTRIES = [
    ("  quite.another: because it may\n", f"{LIST}:7: neither dev nor production has a value at `quite.another`; correct or remove the entry"),
    ("  google: because it may\n", f"{LIST}:7: neither dev nor production has a value at `google`; write `google.*` for all below it"),
    ("  google.regoin: because it may\n", f"{LIST}:7: neither dev nor production has a value at `google.regoin`; did you mean `google.region`?"),
    ("  google.region: because it may\n", f"{LIST}:7: dev and production do not differ at `google.region`; remove the entry: the list says what is so and no more"),
    ("  network.*: because it may\n", f"{LIST}:7: dev and production do not differ at `network.*`; remove the entry: the list says what is so and no more"),
    ("  '*.backend': because it may\n", f"{LIST}:7: all that `*.backend` names and differs is named more exactly, such as by `state.backend`; remove the entry"),
    ("  profile:\n", f"{LIST}:7: `differences.profile` is empty, not text; write a value, or remove the key"),
    ("  profile: ' - '\n", f"{LIST}:7: differences.profile: ` - ` is no reason; say in a few words why the two may differ here"),
    ("  branch: again and again\n", f"{LIST}:7: has the key `branch` twice (first in line 3); keep one of the two"),
    ("reasons: {}\n", f"{LIST}:7: unknown key `reasons`; use one of: differences, environments"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "expected"), ENTRIES, ids=[row[0].strip() for row in ENTRIES])
def test_an_entry_that_is_of_no_use(clone: Clone, added: str, expected: str) -> None:
    assert told(clone, REVIEWED + added) == [expected]


PAIRS = [
    ("[dev, production]", "[dev, prodution]", f"{LIST}:1: there is no environment `prodution`; did you mean `production`?"),
    ("[dev, production]", "[dev, dev]", f"{LIST}:1: an environment is compared with itself; name two"),
    ("[dev, production]", "[dev]", f"{LIST}:1: `environments` has 1 entry; name two"),
    ("[dev, production]", "dev", f"{LIST}:1: `environments` is the text `dev`, not a list; write a list, such as [a, b], or one item to a line, each after a dash"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), PAIRS, ids=[row[1] for row in PAIRS])
def test_a_pair_that_is_none(clone: Clone, old: str, new: str, expected: str) -> None:
    assert told(clone, REVIEWED.replace(old, new)) == [expected]


def test_one_list_for_a_pair_and_nothing_else_in_the_folder(clone: Clone) -> None:
    clone.write(LIST, REVIEWED)
    clone.write("environments/reviewed/zz.yaml", REVIEWED.replace("[dev, production]", "[production, dev]"))
    clone.write("environments/reviewed/notes.txt", "")
    with pytest.raises(Refused) as refused:
        reviewed.lists(repository.load(clone.root))
    assert [str(problem) for problem in refused.value.problems] == [
        "environments/reviewed/notes.txt: is no readable .yaml file; rename, move or remove it",
        f"environments/reviewed/zz.yaml:1: {LIST} is the list of production and dev already; keep one of the two",
    ]
    assert "reviewed" not in repository.load(clone.root).environments


def test_every_pair_of_this_repository_with_a_list_differs_only_where_it_was_reviewed() -> None:
    """What `make check` runs as a command, so that a run of the tests alone says it, too."""
    found = repository.load(golden.ROOT)
    lists = reviewed.lists(found)
    assert any(each.of("staging", "production") for each in lists)
    for review in lists:
        left, right = (expanded(golden.desired(found, name)) for name in review.pair)
        open_ones = differences(left, right)
        reasons = reviewed.reasons(open_ones, flat(left).keys() | flat(right).keys(), review)
        assert [each for each in open_ones if each.path not in reasons] == []
