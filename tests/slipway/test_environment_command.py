"""`slipway environment ...`, and commands that are told a branch instead of an environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.golden import ROOT
from tests.support.repositories import DEV, PRODUCTION, TEMPLATE

if TYPE_CHECKING:
    from tests.support.commandline import CommandLine
    from tests.support.repositories import Clone

LIST = "environments/reviewed/pair.yaml"
REVIEWED = """\
environments: [dev, production]
differences:
  branch: its own branch
  google.project: its own project
  state.backend: in its own project
  services.growth/churn.scaling.*: more callers
"""


@pytest.fixture
def clone(clone: Clone) -> Clone:
    """With a template."""
    clone.write("environments/feature.yaml", TEMPLATE)
    return clone


@pytest.mark.parametrize(
    ("branch", "name"), [("dev", "dev"), ("feature/x", "feature-x"), ("feature/A", "feature-a-7b12f8")]
)
def test_the_environment_of_a_branch(slipway: CommandLine, clone: Clone, branch: str, name: str) -> None:
    assert slipway.run(clone, "environment", "--branch", branch) == (0, f"{name}\n", "")
    code, out, _ = slipway.run(clone, "environment", "--branch", branch, "--json")
    template = None if branch == "dev" else "feature"
    assert (code, json.loads(out)) == (0, {"branch": branch, "environment": name, "template": template})


def test_a_branch_without_an_environment(slipway: CommandLine, clone: Clone) -> None:
    code, out, err = slipway.run(clone, "environment", "--branch", "main")
    assert (code, out) == (1, "")
    assert err == "environments: branch `main` deploys to no environment; use one of: dev, feature/*, production\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["environment", "--json"], "Missing option '--branch'."),
        (["environment", "--branch", "dev", "list"], "options of `list` come after it"),
        (["environment", "lits"], "No such command"),
        (["environment", "diff"], "Missing arguments 'A' and 'B'."),
        (["environment", "diff", "dev", "--reviewed"], "Missing argument 'B'."),
        (["environment", "show"], "Missing argument"),
        (["up", "--offline"], "Missing argument 'ENVIRONMENT', or option '--branch'."),
        (["inventory", "dev", "--branch", "feature/x"], "both say which environment"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_usage(slipway: CommandLine, clone: Clone, arguments: list[str], said: str) -> None:
    code, out, err = slipway.run(clone, *arguments)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("command", [[], ["list"], ["show"], ["diff"]], ids=" ".join)
def test_help_has_examples(slipway: CommandLine, clone: Clone, command: list[str]) -> None:
    code, out, _ = slipway.run(clone, "environment", *command, "--help")
    assert code == 0
    assert "Example" in out


def test_list_says_what_there_is(slipway: CommandLine, clone: Clone) -> None:
    code, out, _ = slipway.run(clone, "environment", "list")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [line[0] for line in lines] == ["NAME", "dev", "feature", "local", "production"]
    assert lines[2][:4] == ["feature", "feature/*", "acme-dev", "baseline"]
    listed = json.loads(slipway.run(clone, "environment", "list", "--json")[1])
    assert listed[0]["stacks"] == ["dev.platform", "dev.cluster", "dev.growth", "dev.search"]
    assert [each["template"] for each in listed] == [False, True, False, False]


def test_show_says_what_counts_in_both_forms_alike(slipway: CommandLine, clone: Clone) -> None:
    _, out, _ = slipway.run(clone, "environment", "show", "feature-x")
    _, answered, _ = slipway.run(clone, "environment", "show", "feature-x", "--json")
    assert yaml.safe_load(out) == json.loads(answered)
    assert json.loads(answered)["branch"] == "feature/x"
    assert json.loads(answered)["clusters"]["main"]["release_channel"] == "REGULAR"
    assert slipway.run(clone, "environment", "show", "feature")[0] == 1


def test_diff_is_a_line_each(slipway: CommandLine, clone: Clone) -> None:
    code, out, _ = slipway.run(clone, "environment", "diff", "dev", "production")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split() == ["PATH", "dev", "production", "REVIEWED"]
    assert lines[2].split() == ["google.project", "acme-dev", "acme-production", "NO"]
    assert lines[6].startswith("5 differences of dev and production, 5 not reviewed")


def test_diff_holds_differences_against_the_list(slipway: CommandLine, clone: Clone) -> None:
    assert slipway.run(clone, "environment", "diff", "--reviewed")[0] == 0, "no pair has a list yet"
    assert slipway.run(clone, "environment", "diff", "dev", "production", "--reviewed")[0] == 1
    clone.write(LIST, REVIEWED)
    code, out, _ = slipway.run(clone, "environment", "diff", "production", "dev", "--reviewed")
    assert code == 0
    assert out.count(" yes: ") == 5
    assert "0 not reviewed (environments/reviewed/pair.yaml)" in out

    clone.edit(PRODUCTION, "e2-standard-4", "e2-standard-8")
    assert slipway.run(clone, "environment", "diff", "dev", "production")[0] == 0
    code, out, _ = slipway.run(clone, "environment", "diff", "--reviewed", "--json")
    assert code == 1
    (result,) = json.loads(out)
    (left_open,) = [each for each in result["differences"] if not each["reviewed"]]
    assert left_open == {
        "path": "clusters.main.pools.general.machine",
        "dev": "e2-standard-4",
        "production": "e2-standard-8",
        "reviewed": False,
        "reason": None,
    }


def test_a_stale_line_of_the_list_is_refused(slipway: CommandLine, clone: Clone) -> None:
    clone.write(LIST, REVIEWED)
    clone.edit(DEV, "branch: dev", "branch: dev\nservices: {growth/churn: {scaling: {min: 6, max: 24}}}")
    code, out, err = slipway.run(clone, "environment", "diff", "--reviewed")
    assert (code, out) == (1, "")
    assert err.startswith(f"{LIST}:6: dev and production do not differ at `services.growth/churn.scaling.*`; ")


def test_commands_take_a_branch(slipway: CommandLine, clone: Clone) -> None:
    clone.write("__main__.py", (ROOT / "__main__.py").read_text())
    by_name = slipway.run(clone, "inventory", "feature-x", "--json")
    assert by_name[0] == 0
    assert slipway.run(clone, "inventory", "--branch", "feature/x", "--json") == by_name
    code, _, err = slipway.run(clone, "status", "--branch", "feature/x", "growth/chrun", "--offline")
    assert code == 1
    assert "environment `feature-x` has no service or job `growth/chrun`; did you mean `growth/churn`?" in err
