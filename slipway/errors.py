"""What a user is told when something is refused. A `Refused` never shows a traceback."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, where, and what would be right. `line` counts from 1; 0 is the whole file."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}; {self.remedy}" if self.remedy else f"{where}: {self.what}"


class Refused(Exception):  # noqa: N818 - the word that users read
    """Input that cannot be used, with every problem found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


class FailedError(Exception):
    """Something did not work although the input was right: one or more sentences that say what to do next."""


class ConflictError(FailedError):
    """Somebody else wrote first: look again, and decide again."""
