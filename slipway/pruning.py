"""Which branch environments are due to be destroyed: a pure judgement of stacks that exist, branches and the time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from slipway import branches, templates, units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from slipway.files import EnvironmentFile, Repository

State = Literal["alive", "branch deleted", "expired", "unexplained"]


@dataclass(frozen=True)
class Verdict:
    """What is found of one environment, and what that means."""

    environment: str
    stacks: tuple[str, ...]
    """Those that exist; none where only what a killed run left is there."""
    state: State
    template: str | None = None
    branch: str | None = None
    """The branch that it is of; None where that one is gone and its name does not tell."""
    last_commit: dt.datetime | None = None
    until: dt.datetime | None = None
    """When its lifetime ends, or has ended."""

    @property
    def due(self) -> bool:
        """Whether it is to be destroyed."""
        return self.state in {"branch deleted", "expired"}


def by_environment(stacks: Iterable[str]) -> dict[str, list[str]]:
    """Stacks by the environment in their name; one without a layer in its name is nobody's and stands for itself."""
    found: dict[str, list[str]] = {}
    for stack in sorted(stacks):
        name, _, layer = stack.partition(".")
        found.setdefault(name if layer else stack, []).append(stack)
    return found


def verdicts(
    repository: Repository,
    among: Sequence[EnvironmentFile],
    existing: Mapping[str, Sequence[str]],
    heads: Mapping[str, dt.datetime],
    now: dt.datetime,
) -> list[Verdict]:
    """Of each environment in `existing` (with its stacks), unless it has a file of its own: those are left alone.

    `among` are the templates whose environments are kept there; `heads` are branches with their last commit.
    """
    found: list[Verdict] = []
    for name in sorted(existing):
        if name in repository.environments:
            continue
        stacks = tuple(existing[name])
        template = next((each for each in among if branches.makes(name, templates.pattern(each))), None)
        whole = all(stack.startswith(f"{name}.") for stack in stacks)
        if template is None or not whole:
            found.append(Verdict(name, stacks, "unexplained"))
        else:
            found.append(_judged(name, stacks, template, heads, now))
    return found


def _judged(
    name: str,
    stacks: tuple[str, ...],
    template: EnvironmentFile,
    heads: Mapping[str, dt.datetime],
    now: dt.datetime,
) -> Verdict:
    pattern = templates.pattern(template)
    of = branches.by_name(heads, pattern).get(name, [])
    if not of:
        return Verdict(name, stacks, "branch deleted", template.name, branches.branch_of(name, pattern))
    branch = max(of, key=lambda each: heads[each])
    lifetime = template.value.template.lifetime if template.value.template else "0s"
    until = heads[branch] + dt.timedelta(seconds=units.seconds(lifetime))
    return Verdict(name, stacks, "alive" if now < until else "expired", template.name, branch, heads[branch], until)
