"""Makes a clone ready: `.venv` with Slipway in it, and the tools in the cache. The Makefile runs it.

Any Python 3.11 or newer does, and nothing but its standard library. Both halves run side by side: one waits for
package registries, the other for the Go compiler. A second run with nothing changed takes a tenth of a
second; an interrupted one goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import threading
import venv
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from slipway.errors import FailedError  # noqa: E402 - the clone is not installed yet
from slipway.progress import Progress  # noqa: E402
from slipway.tools import ADDONS, CLUSTER, CRDS, ENGINE, KUSTOMIZE, ensure  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
RUN = ["-e", str(ROOT)]
TEST = ["--group", "check", "--group", "test", "-r", "examples/requirements.txt"]


def main() -> int:
    """Make everything that was asked for; 0 done, 1 failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="also what the tests and checks need")
    parser.add_argument("--no-tools", action="store_true", help="only the Python environment")
    asked = parser.parse_args()
    if sys.version_info < OLDEST:
        needed = ".".join(map(str, OLDEST))
        sys.stderr.write(f"Slipway needs Python {needed} or newer; this is {sys.version.split()[0]}\n")
        return 1
    progress = Progress()
    problems: list[str] = []
    halves: list[Callable[[], object]] = [lambda: packages(progress, test=asked.test)]
    if not asked.no_tools:
        halves.append(lambda: ensure([*ENGINE, *CLUSTER, *CRDS, *ADDONS, *KUSTOMIZE], progress))
    threads = [threading.Thread(target=_kept, args=(half, problems), daemon=True) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # so that Ctrl-C is heard
            thread.join(0.2)
    for problem in problems:
        sys.stderr.write(f"setup: {problem}\n")
    return 1 if problems else 0


def packages(progress: Progress, *, test: bool) -> None:
    """Have `.venv` hold what pyproject.toml and constraints.txt say. Raises FailedError with pip's last lines."""
    wanted = {"run": RUN, **({"test": TEST} if test else {})}
    missing = {name: arguments for name, arguments in wanted.items() if _stamp(name) != _content(name)}
    if not missing:
        return
    if not PYTHON.exists():
        with progress.step("making .venv"):
            venv.create(VENV, with_pip=True)
            _pip(["--upgrade", "pip>=25.1"], lambda _line: None)  # dependency groups
    for index, (name, arguments) in enumerate(missing.items(), 1):
        title = {"run": "installing Python packages", "test": "installing what tests need"}[name]
        with progress.step(title, index, len(missing)) as step:
            _pip(["-c", "constraints.txt", *arguments], step.note)
        (VENV / f".slipway-{name}").write_text(_content(name), encoding="utf-8")


def _pip(arguments: list[str], note: Callable[[str], None]) -> None:
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *arguments]
    last: deque[str] = deque(maxlen=15)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            last.append(line.rstrip())
            note(line.strip()[:80])
    if process.returncode:
        raise FailedError("pip failed:\n  " + "\n  ".join(last))


def _content(name: str) -> str:
    """What decides the packages of a group: when it changes, they are installed again."""
    files = ["pyproject.toml", "constraints.txt"]
    if name == "test":
        files += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("examples/**/requirements.txt"))
    digest = hashlib.sha256(str(ROOT).encode())  # an environment that was moved with its clone is made anew
    for file in files:
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()


def _stamp(name: str) -> str:
    path = VENV / f".slipway-{name}"
    return path.read_text(encoding="utf-8") if path.exists() and PYTHON.exists() else ""


def _kept(half: Callable[[], object], problems: list[str]) -> None:
    try:
        half()
    except FailedError as error:
        problems.append(str(error))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.stderr.write("setup: interrupted; the next run goes on\n")
        sys.exit(130)
