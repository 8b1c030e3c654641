"""Options of a component's children."""

from __future__ import annotations

from typing import Any, cast

import pulumi


def child(component: pulumi.ComponentResource, opts: pulumi.ResourceOptions | None, **more: Any) -> Any:
    """Options of a child of `component`, which waits for what the component waits for.

    Pulumi hands the provider down to children, but not `depends_on` (Pulumi documentation, "Resource option:
    dependsOn", on component resources).
    """
    above = cast("Any", opts.depends_on) if opts else None
    waits: list[Any] = [] if above is None else [above] if isinstance(above, pulumi.Resource) else [*above]
    more["depends_on"] = [*waits, *more.get("depends_on", [])]
    return pulumi.ResourceOptions(parent=component, **more)
