"""Branch environments: their names, and what a template has to be like."""
# ruff: noqa: E501 - one case is one row

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from slipway import branches, contract, repository
from slipway.errors import Refused
from tests.support.repositories import TEMPLATE

if TYPE_CHECKING:
    from tests.support.repositories import Clone

quick = settings(deadline=None)
FEATURE = "environments/feature.yaml"
PATTERNS = st.sampled_from(["feature/*", "f/*", "Team-2/wip/*", "feat_x/*"])
PLAIN = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
"""What most people call a branch."""
ANY = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60) | PLAIN


@quick
@given(PATTERNS, ANY)
def test_every_branch_has_a_valid_name_that_stays(pattern: str, rest: str) -> None:
    branch = pattern[:-1] + rest
    name = branches.name_of(branch, pattern)
    assert name == branches.name_of(branch, pattern)
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name)
    assert "--" not in name
    assert len(name) <= branches.MAX_NAME == 24
    assert branches.matches(branch, pattern)
    assert branches.makes(name, pattern)
    assert name.startswith(branches.prefix(pattern))


@quick
@given(PATTERNS, ANY, ANY)
def test_different_branches_have_different_names(pattern: str, first: str, second: str) -> None:
    assume(first != second)
    assert branches.name_of(pattern[:-1] + first, pattern) != branches.name_of(pattern[:-1] + second, pattern)


@quick
@given(PATTERNS, PLAIN)
def test_a_plain_name_leads_back_to_its_branch(pattern: str, rest: str) -> None:
    branch = pattern[:-1] + rest
    name = branches.name_of(branch, pattern)
    assert branches.branch_of(name, pattern) in {branch, None}
    if len(branches.prefix(pattern) + rest) <= 24 and not re.search(r"(^|-)[0-9a-f]{6}$", rest):
        assert name == branches.prefix(pattern) + rest
        assert branches.branch_of(name, pattern) == branch


@quick
@given(PATTERNS, st.text("abf019-", min_size=1, max_size=28))
def test_a_name_is_made_exactly_when_a_branch_makes_it(pattern: str, rest: str) -> None:
    name = branches.prefix(pattern) + rest
    if branches.makes(name, pattern) and (branch := branches.branch_of(name, pattern)):
        assert branches.name_of(branch, pattern) == name
    if len(name) > 24 or name.endswith("-") or "--" in name:
        assert not branches.makes(name, pattern)


@pytest.mark.parametrize(
    ("branch", "name"),
    [
        ("feature/x", "feature-x"),
        ("feature/123", "feature-123"),
        ("feature/X", "feature-x-13578b"),
        ("feature/a/b", "feature-a-b-d606f3"),
        ("feature/a-b", "feature-a-b"),
        ("feature/_", "feature-bd34f0"),
        ("feature/fix-deface", "feature-fix-defac-2882f7"),
        ("feature/faster-loading-of-models", "feature-faster-lo-fd9ef3"),
    ],
)
def test_names_that_people_read(branch: str, name: str) -> None:
    """Held by value: a name that changes with a version would orphan what exists."""
    assert branches.name_of(branch, "feature/*") == name


def test_branches_are_told_apart_by_prefix() -> None:
    assert not branches.matches("feature/", "feature/*")
    assert not branches.matches("features/x", "feature/*")
    assert branches.by_name(["main", "feature/x", "feature/y", "feature/"], "feature/*") == {
        "feature-x": ["feature/x"],
        "feature-y": ["feature/y"],
    }


@quick
@given(st.text("abc-", min_size=8, max_size=80), st.integers(8, 40))
def test_what_is_shortened_keeps_its_beginning_and_its_limit(text: str, most: int) -> None:
    short = branches.shortened(text, most)
    assert len(short) <= most
    assert short == text if len(text) <= most else re.search(r"-[0-9a-f]{6}$", short)


@pytest.fixture
def templated(clone: Clone) -> Clone:
    clone.write(FEATURE, TEMPLATE)
    return clone


def test_a_template_is_no_environment_and_its_branches_are(templated: Clone) -> None:
    assert templated.problems() == []
    found = repository.load(templated.root)
    assert found.names == ["dev", "feature-x", "local", "production"]
    with pytest.raises(Refused, match=r"feature.yaml:1: `feature` is the template of branches feature/\*; name a br"):
        found.environment("feature")
    with pytest.raises(Refused, match="there is no environment `feature--x`; did you mean `feature-x`"):
        found.environment("feature--x")
    file = found.environment("feature-abc")
    assert (file.name, file.template, file.value.branch) == ("feature-abc", "feature", "feature/abc")
    assert found.environment("feature-abc-012345").value.branch is None


def test_a_branch_finds_its_environment(templated: Clone) -> None:
    found = repository.load(templated.root)
    assert found.of_branch("dev").name == "dev"
    assert found.of_branch("feature/x").name == "feature-x"
    hashed = found.of_branch("feature/X/y")
    assert hashed.value.branch == "feature/X/y"
    assert found.environment(hashed.name).template == "feature"
    with pytest.raises(Refused) as refused:
        found.of_branch("main")
    assert str(refused.value) == (
        "environments: branch `main` deploys to no environment; use one of: dev, feature/*, production"
    )


def test_hosts_of_a_branch_are_below_a_domain_of_its_own(templated: Clone) -> None:
    templated.write(FEATURE, TEMPLATE + "gateway: {domain: ml.acme.example, public: [churn]}\n")
    gateway = templated.desired("feature-x").environment.gateway
    assert gateway
    assert gateway.domain == "feature-x.ml.acme.example"
    assert gateway.public == ["churn"]


def test_names_beside_the_project_s_owner(templated: Clone) -> None:
    dev, one, two = (templated.desired(name) for name in ("dev", "feature-x", "feature-y"))
    names = [
        {
            contract.cluster_name(wanted),
            contract.nodes_id(wanted),
            contract.own_bucket(wanted),
            contract.base_name(wanted),
            *(contract.deployer_id(wanted, team) for team in wanted.teams),
        }
        for wanted in (dev, one, two)
    ]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert not names[1] & names[2]
    assert contract.cluster_name(dev) == "main"
    assert contract.cluster_name(one) == "feature-x-main"
    assert contract.derive(one).buckets == {"models": "acme-dev-dev-models"}
    assert contract.derive(one).registries == contract.derive(dev).registries


# id, old text of the template (or of dev), new text, what is told
WRONG = [
    ("letter", '"feature/*"', '"7/*"', f"{FEATURE}:1: `7/*` makes names such as `7-x`; begin the pattern with a letter"),
    ("long", '"feature/*"', '"platform-engineering/*"', f"{FEATURE}:1: `platform-engineering/*` takes 20 of the 24 characters of an environment's name; shorten it to 12"),
    ("pattern", '"feature/*"', '"feature*"', f"{FEATURE}:1: template.branches: `feature*` is no pattern; write a prefix with a star, such as feature/*"),
    ("both", "template:", "branch: f\ntemplate:", f"{FEATURE}:1: `branch` and `template` both say which branches deploy here; keep one"),
    ("protected", "    deletion_protection: false\n", "", f"{FEATURE}:6: cluster `main` refuses to be deleted, so a branch's environment would outlive its branch; add deletion_protection: false"),
    ("keys", "profile: baseline", "profile: hardened", f"{FEATURE}:2: profile `hardened` makes keys, which can neither be deleted nor be made again under their names; write profile: baseline: a branch's environment comes and goes"),
    ("backup", "    deletion_protection: false", "    deletion_protection: false\n    backup: {}", f"{FEATURE}:9: a backup plan is not deleted while it has backups, so a branch's environment would outlive its branch; remove the backup"),
    ("bucket", "{models: {existing: acme-dev-dev-models}}", "\n  models: {}", f"{FEATURE}:11: bucket `models` refuses to be deleted while it holds anything, so a branch's environment would outlive its branch; add protect: false, or use an existing one"),
    ("retention", "{models: {existing: acme-dev-dev-models}}", "\n  models: {protect: false, retention: 24h}", f"{FEATURE}:11: objects of bucket `models` cannot be deleted for 24h, so a branch's environment would outlive its branch; remove the retention"),
    ("registry", "{shared: true}", "{}", f"{FEATURE}:9: each branch's environment would make the registry `ml` of project acme-dev; write {{shared: true}} and let the project's own environment make it"),
    ("registry-none", "project: acme-dev", "project: acme-else", f"{FEATURE}:9: no environment in europe-west4 of project acme-else makes the registry `hub`; add it to the one whose project that is", f"{FEATURE}:9: no environment in europe-west4 of project acme-else makes the registry `ml`; add it to the one whose project that is", f"{FEATURE}:9: no environment in europe-west4 of project acme-else makes the registry `quay`; add it to the one whose project that is"),
    ("registry-format", "{shared: true}", "{shared: true, format: python}", f"{FEATURE}:9: the shared registry `ml` has format docker; write the same here"),
    ("cluster-long", "  main:", "  sixteen-letters1:", f"{FEATURE}:6: a branch's cluster is called ENVIRONMENT-sixteen-letters1, and Google takes 40 characters; use at most 15 for the cluster itself"),
]  # fmt: skip


@pytest.mark.parametrize("row", WRONG, ids=[row[0] for row in WRONG])
def test_what_a_template_may_not_say(templated: Clone, row: tuple[str, ...]) -> None:
    _, old, new, *told = row
    templated.edit(FEATURE, old, new)
    assert [str(problem) for problem in templated.problems()] == told


def test_names_and_branches_that_a_template_could_take(templated: Clone) -> None:
    dev = (templated.root / "environments/dev.yaml").read_text()
    templated.write("environments/feature-y.yaml", dev.replace("branch: dev", "branch: feature/y"))
    first, second = (str(problem) for problem in templated.problems())
    assert first.startswith("environments/feature-y.yaml:1: `feature/*` of `feature` can make an environment called ")
    assert second.startswith("environments/feature-y.yaml:1: branch `feature/y` also matches `feature/*` of `feature`;")


def test_templates_and_teams_that_would_share_names(templated: Clone) -> None:
    templated.write("environments/other.yaml", TEMPLATE.replace("feature/*", "feature/big/*"))
    (templated.root / "manifests/feature-team").mkdir()
    fraud = (templated.root / "manifests/growth/fraud.yaml").read_text()
    templated.write("manifests/feature-team/fraud.yaml", fraud)
    templated.edit("environments/dev.yaml", "  main:", "  feature-main:")
    told = [str(problem) for problem in templated.problems()]
    assert (
        "environments/other.yaml:1: `feature/big/*` and `feature/*` of `feature` can make the same name; " in told[-1]
    )
    assert any("and so is that of manifests/feature-team" in line for line in told)
    assert any("clusters of `feature/*` in this project are called `feature-...`, too" in line for line in told)
