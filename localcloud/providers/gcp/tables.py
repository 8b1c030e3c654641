"""Fields written down in code, for types of which `gcp-schema.json` says nothing; each table names its source.

`field("ttl", "int optional")` is one field: its type, then its flags (required, optional, computed, force_new,
sensitive). The fields of a block follow; `element` is the type of a list's items where that is not a string.
"""

from __future__ import annotations

from typing import Any

from localcloud.providers.gcp.schema import Field, Schema


def field(name: str, words: str, *within: Field, **facts: Any) -> Field:
    """One field; `facts` are `Field`'s own (default, exactly_one_of, max_items and so on)."""
    kind, *flags = words.split()
    return Field(name, kind, fields=by_name(*within), **dict.fromkeys(flags, True), **facts)


def by_name(*fields: Field) -> dict[str, Field]:
    """Fields by their names."""
    return {each.name: each for each in fields}


def table(token: str, source: str, *fields: Field, unsourced: frozenset[str] = frozenset()) -> Schema:
    """A type's schema; `unsourced` are properties that the SDK has and this table leaves out, so they are refused."""
    return Schema(token, source, by_name(*fields), unsourced)


def labels() -> tuple[Field, ...]:
    """The three properties of every type with labels (pulumi-gcp `provider/labels.go`)."""
    return (
        field("labels", "map optional"),
        field("pulumiLabels", "map computed"),
        field("effectiveLabels", "map computed"),
    )


def project() -> Field:
    """The project, by default the provider's."""
    return field("project", "string optional computed force_new")


def deletion_policy() -> Field:
    """Whether destroying deletes, abandons or is prevented (hashicorp/terraform-provider-google, since 7.x)."""
    return field("deletionPolicy", "string optional computed")
