"""Starts an example as a real process, for its tests: a free port, bounded waits, and no process left behind."""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LISTENING = re.compile(r"(?:listening on|Listening at:) http://127\.0\.0\.1:(\d+)")


class ServiceProcess:
    """One running example, started by `python -m MODULE` in its folder."""

    def __init__(self, folder: Path, module: str, environment: dict[str, str], log: Path) -> None:
        self.log = log
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        one_thread = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=folder,
                env=inherited | one_thread | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.port = 0

    def wait_until_listening(self, seconds: float = 90) -> None:
        """Wait for the line of the log that names the port, which the service chose itself (PORT=0)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = LISTENING.search(self.log.read_text())
            if found:
                self.port = int(found.group(1))
                return
            if self.process.poll() is not None:
                raise AssertionError(
                    f"ended with {self.process.returncode} before it listened:\n{self.log.read_text()}"
                )
            time.sleep(0.05)
        raise AssertionError(f"does not listen after {seconds} s:\n{self.log.read_text()}")

    def wait_until_ready(self, path: str, seconds: float = 60) -> None:
        """Wait until the path answers 200."""
        end = time.monotonic() + seconds
        status = 0
        while time.monotonic() < end:
            with contextlib.suppress(ConnectionError):
                status, _ = self.request("GET", path)
            if status == 200:
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} still answers {status} after {seconds} s:\n{self.log.read_text()}")

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; a body that is no bytes goes as JSON, and a JSON answer comes back parsed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            answer = connection.getresponse()
            text = answer.read().decode()
            if "json" in (answer.getheader("Content-Type") or ""):
                return answer.status, json.loads(text)
            return answer.status, text
        finally:
            connection.close()

    def end(self, signal_number: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(seconds)


@contextlib.contextmanager
def running(folder: Path, module: str, environment: dict[str, str], log: Path) -> Iterator[ServiceProcess]:
    """Run an example until the block ends; it is killed if it is still there.

    Args:
        folder: Working directory of the process, the example's folder.
        module: What `python -m` runs.
        environment: Its variables, besides PATH and HOME.
        log: File for its output.
    """
    service = ServiceProcess(folder, module, environment, log)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.process.kill()
        service.process.wait(30)
