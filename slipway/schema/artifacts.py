"""References to images and models, as a release names them: by path and digest, without a host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

_DIGEST: Final = r"sha256:[0-9a-f]{64}"
_PATH: Final = r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)+"
_IMAGE: Final = re.compile(
    rf"(?P<path>{_PATH})(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?"
)
_MODEL: Final = re.compile(
    rf"(?P<name>[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?)/(?P<version>[0-9]{{1,18}})@(?P<digest>{_DIGEST})"
)
_FORM: Final = "write REGISTRY/NAME@sha256:<64 hex digits>, such as ml/churn@sha256:4f0c..."
SHORT: Final = 12
"""How many digits of a digest people are shown."""


@dataclass(frozen=True)
class Image:
    """`registry` is a key of the environment's registries; `name` the path below it."""

    registry: str
    name: str
    tag: str | None
    digest: str | None

    @property
    def short(self) -> str:
        """What a table shows: the tag, the first digits of the digest, or both."""
        digest = self.digest.removeprefix("sha256:")[:SHORT] if self.digest else ""
        return "@".join(part for part in (self.tag or "", digest) if part) or "latest"

    @property
    def suffix(self) -> str:
        """What follows the path in a pull: a digest wins over a tag."""
        return f"@{self.digest}" if self.digest else f":{self.tag or 'latest'}"


@dataclass(frozen=True)
class Model:
    """A model artifact: `gs://<bucket of the environment>/<name>/<version>`, with the digest of its content."""

    name: str
    version: str
    digest: str


def image(text: str) -> Image:
    """The image that `text` names. Raises ValueError for a host, a bad path or a bad digest."""
    match = _IMAGE.fullmatch(text)
    if match:
        registry, _, name = match["path"].partition("/")
        if "." not in registry:
            return Image(registry, name, match["tag"], match["digest"])
    first = text.split("/", 1)[0]
    if "." in first or ":" in first or first == "localhost":
        raise ValueError(f"`{text}` names a host (`{first}`); the environment supplies the registry: {_FORM}")
    if "@" in text and not re.fullmatch(_DIGEST, text.split("@", 1)[1]):
        raise ValueError(f"`{text}` has a malformed digest; {_FORM}")
    raise ValueError(f"`{text}` is no image path; {_FORM}")


def model(text: str) -> Model:
    """The model that `text` names. Raises ValueError."""
    match = _MODEL.fullmatch(text)
    if not match:
        form = "write NAME/VERSION@sha256:<64 hex digits>, such as churn/42@sha256:9b1f..."
        raise ValueError(f"`{text}` is no model reference; {form}")
    return Model(match["name"], match["version"], match["digest"])


def _checked_image(text: str) -> str:
    image(text)
    return text


def _checked_model(text: str) -> str:
    model(text)
    return text


ImageReference = Annotated[str, AfterValidator(_checked_image)]
ModelReference = Annotated[str, AfterValidator(_checked_model)]
