"""Names: the forms that the APIs accept, and the names that Pulumi makes up.

Sources: Compute Engine "Naming resources" (RFC 1035 labels), Resource Manager "Creating and managing projects"
(project ids), IAM "Create service accounts", Cloud Storage "About bucket names", Artifact Registry "Repository
names", Cloud KMS REST reference, GKE "Create a cluster" (40 characters), Secret Manager "Create a secret", Certificate
Manager REST reference, terraform-provider-google `resource_iam_workload_identity_pool_provider.go` and
`verify.ValidateIAMCustomRoleID`, pulumi-terraform-bridge `AutoName`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RANDOM_LENGTH: Final = 7


@dataclass(frozen=True)
class NameRule:
    """A form of name: `pattern` must match the whole, with at most `length` characters; `words` says it in prose."""

    pattern: str
    length: int
    words: str

    def refusal(self, name: str) -> str:
        """Why `name` is not of this form, empty when it is."""
        if len(name) > self.length:
            return f"{name!r} has {len(name)} characters, at most {self.length} are allowed"
        if re.fullmatch(self.pattern, name):
            return ""
        return f"{name!r} is not {self.words} (must match {self.pattern})"


LABEL: Final = NameRule(
    r"[a-z]([-a-z0-9]*[a-z0-9])?",
    63,
    "a lower-case letter followed by letters, digits and hyphens, not ending in a hyphen",
)
CLUSTER: Final = NameRule(LABEL.pattern, 40, LABEL.words)
PROJECT: Final = NameRule(
    r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    30,
    "a project id: 6 to 30 lower-case letters, digits and hyphens, starting with a letter",
)
SERVICE_ACCOUNT: Final = NameRule(
    r"[a-z][a-z0-9-]{4,28}[a-z0-9]", 30, "6 to 30 lower-case letters, digits and hyphens, starting with a letter"
)
REPOSITORY: Final = NameRule(
    r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", 63, "lower-case letters, digits and hyphens, starting with a letter"
)
SECRET: Final = NameRule(r"[a-zA-Z0-9_-]{1,255}", 255, "letters, digits, underscores and hyphens")
CERTIFICATE: Final = NameRule(
    r"[a-zA-Z][a-zA-Z0-9_-]{0,63}", 64, "a letter followed by letters, digits, underscores and hyphens"
)
POOL_ID: Final = NameRule(
    r"(?!gcp-)[a-z0-9-]{4,32}", 32, "4 to 32 lower-case letters, digits and hyphens, not starting with gcp-"
)
ROLE_ID: Final = NameRule(r"[a-zA-Z0-9_.]{3,64}", 64, "3 to 64 letters, digits, underscores and periods")
KEY: Final = NameRule(r"[a-zA-Z0-9_-]{1,63}", 63, "letters, digits, underscores and hyphens")
OBJECT: Final = NameRule(r"[^\r\n]+", 1024, "without line breaks")

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]")
_BUCKET_LENGTH = (3, 63)
_DOTTED_LENGTH = 222


def bucket_refusal(name: str) -> str:
    """Why a bucket may not have this name, empty when it may (Cloud Storage, "About bucket names")."""
    shortest, longest = _BUCKET_LENGTH
    if "." in name:
        longest = _DOTTED_LENGTH
        if any(len(part) > _BUCKET_LENGTH[1] for part in name.split(".")):
            return f"{name!r}: each part between dots has at most 63 characters"
    if not shortest <= len(name) <= longest:
        return f"{name!r} has {len(name)} characters, {shortest} to {longest} are allowed"
    if not _BUCKET.fullmatch(name):
        return f"{name!r} is not lower-case letters, digits, hyphens, underscores and dots between letters or digits"
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        return f"{name!r} looks like an IP address"
    if name.startswith("goog") or "google" in name or "g00gle" in name:
        return f"{name!r} begins with 'goog' or contains 'google'"
    return ""


_LABEL_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE: Final = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS: Final = 64


def label_refusals(labels: Any) -> Iterator[tuple[str, str]]:
    """(where, reason) of labels that no API takes (Resource Manager, "Requirements for labels"; ASCII only)."""
    if not isinstance(labels, dict):
        return
    if len(labels) > _MOST_LABELS:
        yield "", f"{len(labels)} labels, at most {_MOST_LABELS} are allowed"
    for key, value in labels.items():
        if not _LABEL_KEY.fullmatch(key):
            yield f'["{key}"]', f"{key!r} is not a lower-case letter, then up to 62 letters, digits, _ and -"
        if isinstance(value, str) and not _LABEL_VALUE.fullmatch(value):
            yield f'["{key}"]', f"{value!r} is not up to 63 lower-case letters, digits, _ and -"


def automatic(logical_name: str, seed: bytes, length: int = 255) -> str:
    """`NAME-xxxxxxx` with 7 hex digits that follow from the engine's seed, at most `length` characters."""
    digits = hashlib.sha256(seed + logical_name.encode()).hexdigest()[:RANDOM_LENGTH]
    return f"{logical_name[: length - RANDOM_LENGTH - 1]}-{digits}"
