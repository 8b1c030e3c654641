"""What an update of the platform does with its own preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from slipway import repository
from slipway.engine.results import PropertyChange, StackResult, Step
from slipway.engine.run import Run
from slipway.progress import NullProgress
from slipway.replacement import CLUSTER

if TYPE_CHECKING:
    from slipway.engine.stack import Stack
    from tests.support.repositories import Clone

PLATFORM = "dev.platform"
PENDING = "the current deployment has 1 resource(s) with pending operations"
REPLACED = Step(
    "replace",
    f"urn:pulumi:{PLATFORM}::slipway::{CLUSTER}::cluster-main-cluster",
    (PropertyChange("location", "europe-west4", "europe-west4-a", replaces=True),),
)


class Played:
    """A stack whose preview is given."""

    name = PLATFORM

    def __init__(self, planned: StackResult) -> None:
        self._planned = planned
        self.updated = False

    def preview(self) -> StackResult:
        return self._planned

    def up(self) -> StackResult:
        self.updated = True
        return StackResult(PLATFORM)


@pytest.mark.parametrize(
    ("planned", "updated"),
    [
        (StackResult(PLATFORM), True),
        (StackResult(PLATFORM, messages=(PENDING,)), True),
        (StackResult(PLATFORM, messages=(PENDING,), error="preview failed"), True),
        (StackResult(PLATFORM, error="interrupted, or anything else"), False),
        (StackResult(PLATFORM, (REPLACED,)), False),
        (StackResult(PLATFORM, (REPLACED,), error="preview failed"), False),
        (StackResult(PLATFORM, (REPLACED,), messages=(PENDING,)), False),
    ],
)
def test_nothing_is_updated_after_a_preview_that_is_refused(
    clone: Clone, planned: StackResult, *, updated: bool
) -> None:
    wanted, file = clone.desired("dev"), repository.load(clone.root).environment("dev")
    run = Run(wanted, file, cast("Any", None), NullProgress())
    stack = Played(planned)
    result = run._up_platform(cast("Stack", stack))
    assert stack.updated is updated
    assert bool(result.error) is not updated
