"""TensorFlow Serving's models.config, rendered from the release's environment variables.

Serving loads exactly the versions that the release names, instead of the largest number that it finds (its default,
by which an upload would be a deployment). Clients ask for the label `stable`, so a release moves the label and no
client. Only the standard library of Python 3.10 is used: this runs in the image of TensorFlow Serving (Ubuntu 22.04).

Source: TensorFlow Serving, "Tensorflow Serving Configuration" (model_version_policy, version_labels).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_GREATEST_VERSION = 2**63 - 1  # an int64


class SettingsError(Exception):
    """A variable is missing or wrong."""


@dataclass(frozen=True)
class ServingConfig:
    """What TensorFlow Serving is to load.

    Attributes:
        name: The model's name in URLs.
        base: Folder or bucket that holds the model's folder.
        labels: Version of each label.
    """

    name: str
    base: str
    labels: dict[str, int]

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> ServingConfig:
        """Read MODEL_NAME, MODEL_VERSION, MODEL_BASE and, optionally, CANARY_MODEL_VERSION.

        Raises:
            SettingsError: One is missing or wrong; the message names it.
        """
        name = _required(environment, "MODEL_NAME")
        if not _NAME.fullmatch(name):
            raise SettingsError(f"MODEL_NAME is {name!r}; it has to consist of letters, digits, '.', '_' and '-'")
        base = _required(environment, "MODEL_BASE")
        if not base.startswith(("/", "gs://", "s3://")):
            raise SettingsError(f"MODEL_BASE is {base!r}; it has to be an absolute path or begin with gs:// or s3://")
        if any(ord(character) < 32 for character in base):
            raise SettingsError("MODEL_BASE holds a control character; it has to be one line")
        labels = {"stable": _version("MODEL_VERSION", _required(environment, "MODEL_VERSION"))}
        canary = environment.get("CANARY_MODEL_VERSION")
        if canary:
            labels["canary"] = _version("CANARY_MODEL_VERSION", canary)
        return cls(name, base, labels)

    @property
    def base_path(self) -> str:
        """Where the numbered folders of the versions are."""
        return f"{self.base.rstrip('/')}/{self.name}"

    @property
    def versions(self) -> list[int]:
        """The versions to load, each once."""
        return sorted(set(self.labels.values()))

    def render(self) -> str:
        """Return the text of models.config, a ModelServerConfig in protobuf's text format."""
        versions = "".join(f"        versions: {version}\n" for version in self.versions)
        labels = "".join(
            f"    version_labels {{\n      key: {_quoted(label)}\n      value: {version}\n    }}\n"
            for label, version in self.labels.items()
        )
        return (
            "model_config_list {\n"
            "  config {\n"
            f"    name: {_quoted(self.name)}\n"
            f"    base_path: {_quoted(self.base_path)}\n"
            '    model_platform: "tensorflow"\n'
            "    model_version_policy {\n"
            "      specific {\n"
            f"{versions}"
            "      }\n"
            "    }\n"
            f"{labels}"
            "  }\n"
            "}\n"
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"{name} is not set; the release has to give it")
    return value


def _version(name: str, text: str) -> int:
    # isdecimal() alone would let other scripts' digits pass
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= _GREATEST_VERSION:
        raise SettingsError(f"{name} is {text!r}; TensorFlow Serving's versions are whole numbers above 0")
    return int(text)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
