"""The heartbeat: a file whose age tells a liveness probe whether the worker still works.

The probe is `python -m batch_scorer.heartbeat`.
"""

import os
import sys
import time
from pathlib import Path

from batch_scorer.settings import Settings, SettingsError


def beat(path: Path) -> None:
    """Say "alive" now."""
    path.touch()
    os.utime(path)


def age(path: Path) -> float:
    """Return the seconds since the last beat; infinite when there was none."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return float("inf")


def main() -> int:
    """Return 0 when the last beat is young enough, else 1 with a sentence that Kubernetes shows as an event."""
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    seconds = age(settings.heartbeat)
    if seconds <= settings.heartbeat_age:
        return 0
    sys.stdout.write(f"{settings.heartbeat}: {seconds:.0f} s old; more than {settings.heartbeat_age} s: it hangs\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
