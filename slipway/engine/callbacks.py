"""Lets programs that use resource hooks run side by side in one process, each with an event loop of its own.

The SDK (3.255) keeps the servers that the engine calls hooks by in one list for the whole process, and a program that
ends stops all of them: those of other programs, too, from a loop that is not theirs ("attached to a different loop").
"""

from __future__ import annotations

import asyncio
from typing import Any

from pulumi.runtime import _callbacks


def side_by_side() -> None:
    """From now on a program that ends stops its own servers only."""
    servicer: Any = _callbacks._CallbackServicer  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - no other way

    async def shutdown() -> None:
        loop = asyncio.get_running_loop()
        for own in [each for each in servicer._servicers if each._server._loop is loop]:  # noqa: SLF001
            servicer._servicers.remove(own)  # noqa: SLF001
            await own._server.stop(grace=0)  # noqa: SLF001

    servicer.shutdown = shutdown
