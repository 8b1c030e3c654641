"""The worker as a real process: signals, kills at every step, and the mode for cron jobs."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from scorer_inputs import HEADER, csv_of, customers_of, write_model
from service_process import ServiceProcess, running

FOLDER = Path(__file__).parents[1]
# Ends the process at the n-th change of the file system below SCORER_DIR, without any clean-up, as SIGKILL does.
KILLED_AT = """
import os, sys
left = int(sys.argv.pop(1))
root = os.environ["SCORER_DIR"]
def hook(event, arguments):
    global left
    changes = event in ("os.rename", "os.remove", "os.utime", "os.mkdir") or event == "open"
    if changes and str(arguments[0]).startswith(root):
        left -= 1
        if left == 0:
            os._exit(137)
sys.addaudithook(hook)
from batch_scorer.__main__ import main
sys.exit(main())
"""


def _environment(root: Path) -> dict[str, str]:
    return {"SCORER_DIR": str(root), "MODEL_PATH": str(write_model(root / "model")), "POLL_SECONDS": "1"}


def _once(root: Path, *program: str) -> int:
    line = [sys.executable, *(program or ("-m", "batch_scorer")), "--once"]
    environment = {"PATH": os.environ["PATH"]} | _environment(root)
    return subprocess.run(line, cwd=FOLDER, env=environment, check=False, timeout=60, capture_output=True).returncode


def _until(condition: Callable[[], object], service: ServiceProcess, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert service.process.poll() is None, service.log.read_text()
        assert time.monotonic() < end, service.log.read_text()
        time.sleep(0.01)


def _deliver(root: Path, name: str, text: str) -> None:
    """Write as producers should: hidden, then renamed."""
    inbox = root / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / f".{name}").write_text(text)
    (inbox / f".{name}").rename(inbox / name)


@pytest.mark.timeout(180)
def test_it_watches_and_ends_with_0(tmp_path: Path) -> None:
    """A file that comes later is scored; SIGTERM in a pause ends at once."""
    with running(FOLDER, "batch_scorer", _environment(tmp_path), tmp_path / "log") as service:
        _until((tmp_path / ".heartbeat").exists, service)
        _deliver(tmp_path, "a.csv", csv_of(10))
        _until(lambda: list((tmp_path / "done").glob("a.csv-*.csv")), service)
        assert service.end() == 0
    assert Counter(customers_of(tmp_path / "results")) == Counter(f"c{row}" for row in range(10))


@pytest.mark.timeout(180)
def test_sigterm_finishes_the_current_file(tmp_path: Path) -> None:
    """The file in work is done as a whole, the next one is left."""
    rows = 150_000  # seconds of work, so that the signal comes in the middle
    _deliver(tmp_path, "a.csv", csv_of(rows))
    _deliver(tmp_path, "b.csv", csv_of(1, "d"))
    os.utime(tmp_path / "inbox" / "a.csv", (1, 1))
    with running(FOLDER, "batch_scorer", _environment(tmp_path), tmp_path / "log") as service:
        _until(lambda: list((tmp_path / "results").glob(".a*")), service)
        assert service.end() == 0
    assert len(customers_of(tmp_path / "results")) == rows
    assert [path.name for path in (tmp_path / "inbox").iterdir()] == ["b.csv"]


@pytest.mark.timeout(180)
def test_a_kill_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL while a result is being written, then a new process."""
    rows = 150_000  # seconds of work, so that the signal comes in the middle
    _deliver(tmp_path, "a.csv", csv_of(rows))
    with running(FOLDER, "batch_scorer", _environment(tmp_path), tmp_path / "log") as service:
        partial = tmp_path / "results"
        _until(lambda: any(path.stat().st_size for path in partial.glob(".a*")), service)
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
    assert customers_of(tmp_path / "results") == []
    assert (tmp_path / "inbox" / "a.csv").exists()
    assert _once(tmp_path) == 0
    assert Counter(customers_of(tmp_path / "results")) == Counter(f"c{row}" for row in range(rows))
    assert [path.name.startswith("a.csv-") for path in (tmp_path / "results").iterdir()] == [True]


@pytest.mark.timeout(300)
def test_a_kill_at_every_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Each change of the file system in turn is the one at which the process dies; then a new one finishes."""
    for step in range(1, 100):
        root = tmp_path / str(step)
        root.mkdir()
        _deliver(root, "a.csv", csv_of(3))
        _deliver(root, "b.csv", HEADER + "x,1,weekly,true\n")
        ended = _once(root, "-c", KILLED_AT, str(step))
        assert ended in {137, 1}
        _once(root)
        assert sorted(customers_of(root / "results")) == ["c0", "c1", "c2"], f"killed at step {step}"
        assert [path.name[:6] for path in (root / "done").iterdir()] == ["a.csv-"]
        assert len(list((root / "failed").glob("b.csv-*.csv"))) == 1
        assert len(list((root / "failed").glob("b.csv-*.reason.txt"))) == 1
        assert list((root / "inbox").iterdir()) == []
        leftovers = [path.name for name in ("results", "failed") for path in (root / name).glob(".*")]
        assert leftovers == [], f"killed at step {step}"
        if ended == 1:  # it came to its end: every step before this one has had its turn
            assert step > 15
            return
    pytest.fail("more than 100 steps for two files")


@pytest.mark.timeout(60)
def test_once_tells_the_cron_job(tmp_path: Path) -> None:
    """0 when all is scored or there is nothing; 1 when a file was refused or it could not start."""
    assert _once(tmp_path) == 0
    _deliver(tmp_path, "a.csv", csv_of(3))
    assert _once(tmp_path) == 0
    _deliver(tmp_path, "b.csv", "customer_id\nx\n")
    assert _once(tmp_path) == 1
    assert _once(tmp_path) == 0
    assert len(customers_of(tmp_path / "results")) == 3
