"""1,000 items, workers and queue as real processes: none is lost, whoever is killed, and every worker ends."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from service_process import ServiceProcess, running
from work_queue.store import Store
from work_queue.worker import work

FOLDER = Path(__file__).parents[1]
ITEMS = {f"item-{number:04}": [number / 1000, number % 7, -(number % 3)] for number in range(1000)}
EXPECTED = {name: work(payload) for name, payload in ITEMS.items()}


class Work:
    """One queue with its file, and workers."""

    def __init__(self, stack: ExitStack, folder: Path, lease: float) -> None:
        self._stack, self._folder, self._lease, self._started = stack, folder, lease, 0
        self.port = 0
        self.serve()

    def serve(self) -> None:
        """Start the server, after the first time on the same port."""
        environment = {
            "QUEUE_FILE": str(self._folder / "queue.db"),
            "PORT": str(self.port),
            "LEASE_SECONDS": str(self._lease),
        }
        self.server = self._start("work_queue.server", environment)
        self.server.wait_until_listening()
        self.port = self.server.port

    def worker(self, each: float = 0.0, batch: int = 10) -> ServiceProcess:
        """Start a worker; `each` is how many seconds it takes for an item."""
        environment = {
            "QUEUE_URL": f"http://127.0.0.1:{self.port}",
            "POLL_SECONDS": "0.05",
            "PATIENCE_SECONDS": "300",
            "ITEM_SECONDS": str(each),
            "BATCH": str(batch),
        }
        return self._start("work_queue.worker", environment)

    def _start(self, module: str, environment: dict[str, str]) -> ServiceProcess:
        self._started += 1
        log = self._folder / f"{self._started}.log"
        return self._stack.enter_context(running(FOLDER, module, environment, log))

    def counts(self) -> dict[str, Any]:
        """How many items are in which state."""
        return self.server.request("GET", "/counts")[1]

    def results(self) -> dict[str, float]:
        """Every result."""
        return self.server.request("GET", "/results")[1]

    def until(self, condition: Callable[[dict[str, Any]], object], seconds: float = 300) -> None:
        """Wait for counts of the queue."""
        end = time.monotonic() + seconds
        while not condition(counts := self.counts()):
            assert time.monotonic() < end, counts
            time.sleep(0.01)

    def holds(self, worker: ServiceProcess) -> int:
        """How many items a worker has leased and not reported."""
        ending = f"-{worker.process.pid}"
        return sum(held for holder, held in self.counts()["holders"].items() if holder.endswith(ending))

    def stopped_with_a_lease(self, worker: ServiceProcess) -> int:
        """Stop a worker (SIGSTOP) at a moment when it holds items; how many."""
        for _ in range(10_000):
            assert worker.process.poll() is None, worker.log.read_text()
            worker.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, worker.process.pid, os.WSTOPPED)
            if held := self.holds(worker):
                return held
            worker.process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        raise AssertionError("it never held an item")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What the test started ends with it."""
    with ExitStack() as found:
        yield found


def _filled(stack: ExitStack, folder: Path, lease: float) -> Work:
    found = Work(stack, folder, lease)
    for _ in range(2):  # a producer that repeats itself adds nothing
        assert found.server.request("POST", "/items", {"items": ITEMS})[0] == 200
    assert found.counts()["ready"] == 1000
    return found


def test_workers_stop_when_the_queue_is_empty_and_every_item_has_its_result(stack: ExitStack, tmp_path: Path) -> None:
    """No worker is killed: each item is done once."""
    queue = _filled(stack, tmp_path, lease=300)
    workers = [queue.worker() for _ in range(3)]
    assert [worker.process.wait(300) for worker in workers] == [0, 0, 0]
    assert queue.results() == EXPECTED
    assert queue.counts()["leases"] == 1000, "and nothing was done twice"


def test_no_item_is_lost_when_workers_and_the_queue_are_killed(stack: ExitStack, tmp_path: Path) -> None:
    """Three workers are killed while they hold items, and the queue while others work."""
    queue = _filled(stack, tmp_path, lease=3)
    lost = 0
    for _ in range(3):
        victim = queue.worker(each=3600)
        queue.until(lambda _, victim=victim: queue.holds(victim))
        victim.process.kill()
        assert victim.process.wait(30) == -signal.SIGKILL
        lost += 10
    workers = [queue.worker(each=0.001) for _ in range(3)]
    queue.until(lambda counts: counts["done"])
    queue.server.process.kill()
    queue.server.process.wait(30)
    queue.serve()
    assert [worker.process.wait(300) for worker in workers] == [0, 0, 0]
    assert queue.results() == EXPECTED
    counts = queue.counts()
    assert (counts["done"], counts["ready"], counts["leased"], counts["dead"]) == (1000, 0, 0, 0)
    assert counts["leases"] >= 1000 + lost, "what the killed ones held was given out again"


def test_a_worker_waits_for_what_another_one_holds_and_a_late_report_counts_for_nothing(
    stack: ExitStack, tmp_path: Path
) -> None:
    """A stopped worker is as one whose node is away: it may come back."""
    queue = _filled(stack, tmp_path, lease=5)
    slow = queue.worker(each=0.5, batch=5)
    held = queue.stopped_with_a_lease(slow)
    before = queue.counts()["done"]
    other = queue.worker()
    queue.until(lambda counts: counts["done"] == 1000)  # the stopped one's items came back, and the other did them
    assert other.process.wait(120) == 0
    assert queue.counts()["leases"] >= 1000 + held
    slow.process.send_signal(signal.SIGCONT)
    assert slow.process.wait(120) == 0
    assert f"{before} results are mine" in slow.log.read_text()
    assert queue.results() == EXPECTED


def test_an_item_that_nobody_finishes_is_given_up_and_said(tmp_path: Path) -> None:
    """An item that kills its workers does not go round for ever."""
    now = [0.0]
    store = Store(tmp_path / "queue.db", most=2, clock=lambda: now[0])
    store.add({"poison": [1.0]})
    tokens: list[str] = []
    for _ in range(2):
        token, items = store.lease("a", 10, 5)
        assert list(items) == ["poison"]
        assert store.lease("b", 10, 5)[1] == {}, "it is leased"
        tokens.append(token)
        now[0] += 10
    assert store.lease("c", 10, 5)[1] == {}
    assert store.counts()["dead"] == 1
    assert store.done(tokens[0], {"poison": 1}) == 0, "late"
    assert store.done(tokens[1], {"poison": 1}) == 1, "late, but nobody has it since"
    assert store.counts()["done"] == 1


def test_what_was_acknowledged_is_in_the_file(tmp_path: Path) -> None:
    """Another process reads it there."""
    store = Store(tmp_path / "queue.db", most=2)
    store.add({"a": [1.0]})
    token, _ = store.lease("w", 10, 1)
    store.done(token, {"a": 0.5})
    with sqlite3.connect(tmp_path / "queue.db") as other:
        assert other.execute("SELECT result FROM items").fetchall() == [("0.5",)]
