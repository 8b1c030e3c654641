"""Registries and buckets of an environment."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from slipway.schema.base import Duration, Strict, WrongAtError, form


class Registry(Strict):
    """An Artifact Registry repository: own artifacts, or a cache of a public registry."""

    format: Literal["docker", "python", "kfp"] = Field(
        default="docker", description="`docker`: images; `python`: packages; `kfp`: Kubeflow pipelines."
    )
    remote: Literal["docker-hub", "quay", "ghcr", "gcr", "kubernetes", "pypi"] | None = Field(
        default=None, description="A cache of this public registry, instead of own artifacts."
    )
    immutable_tags: bool = Field(default=True, description="A tag, once pushed, keeps its digest.")
    keep_untagged: Duration = Field(default="720h", description="How long artifacts without a tag are kept.")
    keep_newest: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20, description="Newest versions of each artifact that clean-up never removes, tagged or not."
    )
    shared: bool = Field(
        default=False, description="Made by another environment of the same project and region, only used here."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.remote and (self.remote == "pypi") != (self.format == "python"):
            remedy = "pypi goes with format python, the others with docker"
            raise WrongAtError(("remote",), f"`{self.remote}` has no artifacts of format {self.format}; {remedy}")
        return self


class Bucket(Strict):
    """A Cloud Storage bucket, private, versioned, with uniform access."""

    keep_old_versions: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=10, description="Replaced versions of an object that are kept."
    )
    retention: Duration | None = Field(
        default=None, description="How long an object can be neither changed nor deleted; not at all without it."
    )
    protect: bool = Field(default=True, description="Refuse to delete the bucket while it holds anything.")
    existing: (
        Annotated[str, form(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]", "no bucket's name", "write 3 to 63 characters")]
        | None
    ) = Field(default=None, description="Name of a bucket of another environment that is only used here.")
