"""The command line. Exit codes: 0 done, 1 refused or failed, 2 usage, 130 interrupted."""

from __future__ import annotations

import sys
from typing import Final

_INTERRUPTED: Final = 130


class ToldInterrupt(SystemExit):
    """Somebody interrupted, and was told already what became of it."""

    def __init__(self) -> None:
        super().__init__(_INTERRUPTED)


def main() -> None:
    """Run `slipway`. A user's mistake never shows a traceback."""
    from slipway.cli.app import app  # noqa: PLC0415 - the entry point stays importable without the rest
    from slipway.errors import FailedError, Refused  # noqa: PLC0415

    try:
        app()
    except Refused as refused:
        for problem in refused.problems:
            sys.stderr.write(f"{problem}\n")
        sys.exit(1)
    except FailedError as error:
        sys.stderr.write(f"slipway: {error}\n")
        sys.exit(1)
    except ToldInterrupt:
        raise
    except (KeyboardInterrupt, SystemExit) as end:  # typer turns the one into the other, with the same code
        if isinstance(end, SystemExit) and end.code != _INTERRUPTED:
            raise
        sys.stderr.write("slipway: interrupted; run the same command again to go on\n")
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
