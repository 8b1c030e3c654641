"""Asks a cluster once a second for as long as somebody waits, and bears it that the cluster is away for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from slipway.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = TypeVar("Answer")
POLL: Final = 1.0
"""Seconds between two looks."""
AWAY: Final = 60
"""Seconds for which the cluster may be away: a control plane that is upgraded is, and rollouts go on meanwhile."""


def answers(
    ask: Callable[[float], Answer],
    note: Callable[[str], None],
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Answer]:
    """What `ask` answers, for ever; it is given the seconds since the first time. Why there is no answer is noted.

    Raises FailedError when there has been none for longer than a minute.
    """
    started = answered = clock()
    while True:
        try:
            answer = ask(clock() - started)
        except FailedError as error:
            if clock() - answered > AWAY:
                raise
            note(str(error))
        else:
            answered = clock()
            yield answer
        sleep(POLL)
