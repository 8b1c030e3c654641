"""Reviewed differences: where one environment may differ from another that it should resemble, and why.

`environments/reviewed/ANY.yaml` names two environments, and each path with the reason. Every entry has to be of use:
one that names nothing, or that differs no longer, is refused, so that the list says what is so and no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from slipway import source
from slipway.errors import Problem, Refused
from slipway.schema.base import Strict, form
from slipway.schema.reading import near, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from slipway.expanded import Difference
    from slipway.files import Repository
    from slipway.source import Document

FOLDER: Final = "reviewed"
"""Of `environments/`: a folder there is no environment."""
_SUFFIX: Final = ".yaml"
_ALL: Final = "*"

Reason = Annotated[
    str, form(r"(?s).*\w\w\w.*", "no reason", "say in a few words why the two may differ here"), Field(max_length=300)
]


class Review(Strict):
    """One file of environments/reviewed/."""

    environments: list[str] = Field(description="The two environments that should resemble each other.")
    differences: dict[str, Reason] = Field(description="Reason by path, such as `google.project` or `google.*`.")


@dataclass(frozen=True)
class List:
    """The reviewed differences of two environments, with the document that they came from."""

    pair: tuple[str, str]
    reasons: Mapping[str, str]
    document: Document

    def of(self, left: str, right: str) -> bool:
        """Whether this list is for these two, in any order."""
        return set(self.pair) == {left, right}


def lists(repository: Repository) -> list[List]:
    """Every list of the repository. Raises Refused with every problem: unknown environments, two lists for one pair."""
    problems: list[Problem] = []
    found: list[List] = []
    folder = repository.root / "environments" / FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith("."):
            continue
        file = path.relative_to(repository.root).as_posix()
        if path.suffix != _SUFFIX or not path.is_file():
            problems.append(Problem(file, 0, "is no readable .yaml file", "rename, move or remove it"))
            continue
        try:
            document = source.read(path, repository.root)
            review = validate(Review, document)
        except Refused as refused:
            problems += refused.problems
            continue
        wrong = list(_pair(review.environments, document, repository, found))
        problems += wrong
        if not wrong:
            found.append(List((review.environments[0], review.environments[1]), review.differences, document))
    if problems:
        raise Refused(problems)
    return found


def reasons(differences: Iterable[Difference], paths: Iterable[str], review: List) -> dict[str, str]:
    """The reason of each difference that has one, by path.

    `paths` are all that either environment has. Raises Refused for entries of the list that name nothing, or only what
    does not differ (any longer), or what another entry names more exactly.
    """
    known = sorted(paths)
    found = {each.path: _best(each.path, review.reasons) for each in differences}
    used = set(found.values())
    problems = [_useless(entry, known, found, review) for entry in review.reasons if entry not in used]
    if problems:
        raise Refused(problems)
    return {path: review.reasons[entry] for path, entry in found.items() if entry is not None}


def matches(path: str, entry: str) -> bool:
    """Whether an entry names `path`: word by word, `*` any one word, and at its end everything below."""
    words, wanted = path.split("."), entry.split(".")
    if wanted[-1] == _ALL and len(words) >= len(wanted):
        words = words[: len(wanted)]
    return len(words) == len(wanted) and all(want in {word, _ALL} for word, want in zip(words, wanted, strict=True))


def _best(path: str, entries: Iterable[str]) -> str | None:
    """The entry that names `path` most exactly: with most words, and of these the one with fewest stars."""
    found = [entry for entry in entries if matches(path, entry)]
    return max(found, key=lambda entry: (entry.count("."), -entry.count(_ALL), entry)) if found else None


def _useless(entry: str, known: list[str], found: Mapping[str, str | None], review: List) -> Problem:
    first, second = review.pair
    where = ("differences", entry)
    named = [path for path in known if matches(path, entry)]
    if not named:
        guess = near(entry, known)
        remedy = guess if guess.startswith("did you mean") else "correct or remove the entry"
        if any(path.startswith(f"{entry}.") for path in known):
            remedy = f"write `{entry}.*` for all below it"
        what = f"neither {first} nor {second} has a value at `{entry}`"
        return review.document.problem(where, what, remedy)
    for path in named:
        if other := found.get(path):
            what = f"all that `{entry}` names and differs is named more exactly, such as by `{other}`"
            return review.document.problem(where, what, "remove the entry")
    what = f"{first} and {second} do not differ at `{entry}`"
    return review.document.problem(where, what, "remove the entry: the list says what is so and no more")


def _pair(names: list[str], document: Document, repository: Repository, others: Iterable[List]) -> Iterator[Problem]:
    if len(names) != 2:  # noqa: PLR2004 - a pair
        count = f"{len(names)} {'entry' if len(names) == 1 else 'entries'}"
        yield document.problem(("environments",), f"`environments` has {count}", "name two")
        return
    for index, name in enumerate(names):
        if name not in repository.names:
            what = f"there is no environment `{name}`"
            yield document.problem(("environments", index), what, near(name, repository.names))
    if names[0] == names[1]:
        yield document.problem(("environments", 1), "an environment is compared with itself", "name two")
    for other in others:
        if other.of(*names):
            what = f"{other.document.file} is the list of {names[0]} and {names[1]} already"
            yield document.problem(("environments",), what, "keep one of the two")
