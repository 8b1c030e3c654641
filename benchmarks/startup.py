"""Start-up of `slipway --help` against a bare interpreter and, where it is installed, `kubectl version --client`.

Prints medians and ratios of one run.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Median seconds of `command` over ROUNDS runs, after one that warms the caches."""
    subprocess.run(command, check=True, capture_output=True)
    taken: list[float] = []
    for _ in range(ROUNDS):
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(time.monotonic() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    ours = seconds([str(Path(sys.executable).parent / "slipway"), "--help"])
    bare = seconds([sys.executable, "-c", "import argparse"])
    print(f"slipway --help            {ours * 1000:6.0f} ms")
    print(f"python -c import argparse {bare * 1000:6.0f} ms   ratio {ours / bare:.1f}")
    if kubectl := shutil.which("kubectl"):
        other = seconds([kubectl, "version", "--client"])
        print(f"kubectl version --client  {other * 1000:6.0f} ms   ratio {ours / other:.1f}")


if __name__ == "__main__":
    main()
