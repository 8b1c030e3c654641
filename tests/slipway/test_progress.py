"""How long work is told."""

from __future__ import annotations

import io
import re
import threading
import time

import pytest
from rich.console import Console

from slipway.progress import NullProgress, Progress, duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0s"), (9.94, "9.9s"), (12, "12s"), (59.4, "59s"), (59.6, "1m00s"), (190, "3m10s"), (3720, "1h02m")],
)
def test_durations_are_said_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_plain_lines_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(heartbeat=0.1)
    with progress.step("building kube-apiserver", index=2, total=5) as step:
        step.note("k8s.io/api")
        time.sleep(0.25)
    output = capsys.readouterr()
    assert output.out == "", "stdout is for answers"
    lines = output.err.splitlines()
    assert lines[0] == "[2/5] building kube-apiserver ..."
    assert re.fullmatch(r"\[2/5\] building kube-apiserver: k8s.io/api \(0\.\ds so far\)", lines[1])
    assert re.fullmatch(r"\[2/5\] building kube-apiserver: done in 0\.\ds", lines[-1])
    time.sleep(0.2)
    assert capsys.readouterr().err == "", "the heartbeat ends with the step"


def test_failure_and_interruption_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with pytest.raises(ValueError, match="x"), progress.step("one"):
        raise ValueError("x")
    with pytest.raises(KeyboardInterrupt), progress.step("two"):
        raise KeyboardInterrupt
    told = capsys.readouterr().err
    assert "one: failed after" in told
    assert "two: interrupted after" in told


def test_quiet_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for progress in (NullProgress(), Progress(quiet=True)):
        with progress.step("one", 1, 2) as step:
            step.note("x")
            progress.say("y")
    assert capsys.readouterr().err == ""


def test_steps_of_several_threads_on_a_terminal() -> None:
    screen = io.StringIO()
    progress = Progress(Console(file=screen, force_terminal=True, width=100))

    def work(name: str) -> None:
        with progress.step(f"updating [{name}]") as step:
            step.note("creating Deployment [web]")
            time.sleep(0.3)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("fraud", "ranking")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress.say("after")
    shown = screen.getvalue()
    for name in ("fraud", "ranking"):
        assert re.search(rf"updating \[{name}\]: done in 0\.\ds", shown), "brackets are no markup"
    assert "creating Deployment [web]" in shown
    assert shown.rstrip().endswith("after")


def test_a_console_that_is_no_terminal_gets_plain_lines() -> None:
    screen = io.StringIO()
    with Progress(Console(file=screen)).step("one"):
        pass
    assert screen.getvalue().splitlines()[0] == "one ..."
