"""What every object of ours carries: labels, and the annotation that hands waiting to `slipway wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "app.kubernetes.io/name"
PART_OF: Final = "app.kubernetes.io/part-of"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
SKIP_AWAIT: Final = {"pulumi.com/skipAwait": "true"}
"""The engine ends when the API server has the spec; a canary of an hour must hold no lock and no expired token."""


def metadata(name: str, namespace: str | None = None, **more: Mapping[str, str]) -> Any:
    """Metadata with a fixed name. `labels` and `annotations` are added to the common ones."""
    labels = {MANAGED_BY: "slipway", **more.get("labels", {})}
    built: dict[str, Any] = {"name": name, "labels": labels}
    if namespace:
        built["namespace"] = namespace
    if annotations := more.get("annotations"):
        built["annotations"] = dict(annotations)
    return built
