"""The worker, in process."""

import json
import math
import os
import time
from pathlib import Path

import pytest
from batch_scorer.heartbeat import age, beat
from batch_scorer.heartbeat import main as probe
from batch_scorer.model import ModelError, load
from batch_scorer.worker import LockedError, Worker
from churn_service.artifact import load as load_churn
from churn_service.data import customers
from churn_service.model import ChurnModel
from churn_service.train import main as train_churn
from scorer_inputs import DOCUMENT, HEADER, csv_of, customers_of, write_model


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    """Give a worker of an empty folder."""
    return Worker(tmp_path, load(write_model(tmp_path / "model"), "42"), lambda: None)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_scores_csv_and_json_lines_alike(worker: Worker, tmp_path: Path) -> None:
    """A number by hand: 1 - 2 * (15 - 10) / 5 + 0.5 - 0.25 = -0.75."""
    (tmp_path / "inbox" / "a.csv").write_text("\ufeff" + HEADER + "x,15,monthly,true\n")
    line = {"customer_id": "x", "tenure_months": 15, "contract": "monthly", "autopay": True, "city": "a\u2028b"}
    (tmp_path / "inbox" / "b.jsonl").write_text(json.dumps(line, ensure_ascii=False) + "\n\n")
    assert [worker.process(path) for path in worker.waiting()] == [True, True]
    wanted = {"customer_id": "x", "probability": round(1 / (1 + math.exp(0.75)), 6), "churn": False}
    results = [json.loads(path.read_text()) for path in (tmp_path / "results").iterdir()]
    assert results == [wanted | {"model_version": "42"}] * 2
    assert _names(tmp_path / "inbox") == []
    assert [name[:6] for name in _names(tmp_path / "done")] == ["a.csv-", "b.json"]


def test_it_agrees_with_the_churn_service(tmp_path: Path) -> None:
    """The same artifact, two programs, one answer."""
    train_churn(["--out", str(tmp_path), "--rows", "400"])
    records, _ = customers(50, seed=3)
    wanted = ChurnModel(load_churn(tmp_path)[0]).probabilities(records)
    model = load(tmp_path, "1")
    assert [model.score(record) for record in records] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.csv", HEADER + "x,1,monthly,true\ny,-1,monthly,true\n", "line 3: tenure_months is '-1'"),
        ("a.csv", HEADER + "x,nan,monthly,true\n", "line 2: tenure_months is 'nan'"),
        ("a.csv", HEADER + "x,1,weekly,true\n", "line 2: contract is 'weekly'; it has to be one of monthly, yearly"),
        ("a.csv", HEADER + "x,1,monthly,maybe\n", "line 2: autopay is 'maybe'"),
        ("a.csv", HEADER + "x,1,monthly\n", "line 2: it has not 4 values"),
        ("a.csv", HEADER + ",1,monthly,true\n", "line 2: customer_id is missing"),
        ("a.csv", HEADER + '"x,1,monthly,true\n', "unexpected end of data"),
        ("a.csv", "customer_id,autopay,autopay\nx,1,0\n", "named twice"),
        ("a.jsonl", "[1]\n", "line 1: it has to be an object"),
        ("a.jsonl", '{"customer_id": 1}\n', "line 1: tenure_months is missing"),
        ("a.jsonl", "\n{\n", "line 2: no JSON"),
        ("a.jsonl", "[" * 100_000, "line 1: no JSON"),
        ("a.jsonl", '{"customer_id": "\udcff"}', "line 1: not UTF-8"),
    ],
)
def test_a_wrong_record_refuses_the_file(worker: Worker, tmp_path: Path, name: str, text: str, reason: str) -> None:
    """No result at all, the file in failed/, and a reason that names the line."""
    (tmp_path / "inbox" / name).write_bytes(text.encode(errors="surrogateescape"))
    assert worker.process(worker.waiting()[0]) is False
    assert _names(tmp_path / "results") == []
    assert _names(tmp_path / "inbox") == []
    assert sum(1 for path in (tmp_path / "failed").iterdir() if path.suffix == Path(name).suffix) == 1
    assert reason in next((tmp_path / "failed").glob("*.reason.txt")).read_text()


def test_a_delivery_twice_is_scored_once_and_another_content_of_the_name_again(worker: Worker, tmp_path: Path) -> None:
    """The key is the name and the bytes."""
    for text in (csv_of(3), csv_of(3), csv_of(2, "d")):
        (tmp_path / "inbox" / "a.csv").write_text(text)
        assert worker.process(tmp_path / "inbox" / "a.csv")
    assert sorted(customers_of(tmp_path / "results")) == ["c0", "c1", "c2", "d0", "d1"]


def test_it_leaves_alone_what_is_not_for_it(worker: Worker, tmp_path: Path) -> None:
    """Hidden files are still being written; links could lead anywhere; the oldest comes first."""
    inbox = tmp_path / "inbox"
    for name in (".a.csv", "a.csv.tmp", "a.txt", "old.csv", "new.csv"):
        (inbox / name).write_text(csv_of(1))
    os.utime(inbox / "old.csv", (1, 1))
    (inbox / "folder.csv").mkdir()
    (inbox / "link.csv").symlink_to(inbox / "old.csv")
    assert [path.name for path in worker.waiting()] == ["old.csv", "new.csv"]


def test_one_folder_is_for_one_worker(worker: Worker, tmp_path: Path) -> None:
    """A second one is refused, and may come when the first has gone."""
    other = Worker(tmp_path, load(tmp_path / "model", "42"), lambda: None)
    with worker.locked(), pytest.raises(LockedError, match="another scorer works here"), other.locked():
        pass
    with other.locked():
        pass


def test_the_probe_knows_a_hanging_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No beat and an old beat are both a failure."""
    heartbeat = tmp_path / "heartbeat"
    monkeypatch.setenv("SCORER_DIR", str(tmp_path))
    monkeypatch.setenv("MODEL_PATH", str(tmp_path))
    monkeypatch.setenv("HEARTBEAT_FILE", str(heartbeat))
    assert probe() == 1
    beat(heartbeat)
    assert age(heartbeat) < 30
    assert probe() == 0
    os.utime(heartbeat, (time.time() - 61, time.time() - 61))
    assert probe() == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [("{}", "no model of format"), ("[", "no model of format"), (json.dumps(DOCUMENT | {"fields": {}}), "no model of")],
)
def test_what_is_no_model_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """Before the first file, in a sentence."""
    with pytest.raises(ModelError, match="cannot read the model"):
        load(tmp_path, "1")
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(ModelError, match=message):
        load(tmp_path, "1")
    with pytest.raises(ModelError, match="MODEL_DIGEST wants sha256:00"):
        load(tmp_path, "1", "sha256:00")
