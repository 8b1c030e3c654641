"""The `config:` block: files of a service that are configuration, kept in Git and rolled back with the release."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

from slipway.schema.base import Strict, checked
from slipway.schema.paths import MountPath

_FILE: Final = re.compile(r"[-._a-zA-Z0-9]+")
_LONGEST: Final = 253


def _file_name(text: str) -> None:
    """A key of a ConfigMap (Kubernetes, `validation.go`, IsConfigMapKey)."""
    if not _FILE.fullmatch(text) or len(text) > _LONGEST or text == "." or text.startswith(".."):
        rule = "use letters, digits, dots, dashes and underscores; there are no folders in it"
        raise ValueError(f"`{text}` is no file name of a ConfigMap; {rule}")


class Config(Strict):
    """Files that the container finds in a folder, read only. Another content is another release of the service.

    A ConfigMap takes 1 MiB (Kubernetes documentation, "ConfigMaps"): no manifest that is read is as large.
    """

    path: MountPath = Field(description="Folder in the container, such as `/etc/churn`.")
    files: dict[Annotated[str, checked(_file_name)], str] = Field(
        min_length=1, description="Content by file name. Never a secret: this file is in Git."
    )
