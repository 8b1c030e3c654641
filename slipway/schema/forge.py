"""Where the repository of an environment is hosted."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from slipway.schema.base import Strict, form

_SLUG = form(
    r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}/[A-Za-z0-9._-]{1,100}", "no GitHub repository", "write it as OWNER/REPOSITORY"
)
_NUMBER = form(r"[0-9]{1,19}", "no number of a repository", "write its digits, in quotes")


class Forge(Strict):
    """The repository whose workflows preview and deploy here: `slipway bootstrap` binds identities to it."""

    github: Annotated[str, _SLUG] = Field(description="GitHub repository, as OWNER/REPOSITORY.")
    repository_id: Annotated[str, _NUMBER] | None = Field(
        default=None,
        description="GitHub's number of it, in quotes (`gh api repos/OWNER/REPOSITORY --jq .id`). Identities are bound "
        "to it, too: a name can be taken by somebody else once it is given up.",
    )
