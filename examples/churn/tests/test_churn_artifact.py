"""The artifact and its training."""

import hashlib
import json
from pathlib import Path

import pytest
from churn_service.app import check_inputs
from churn_service.artifact import FILE_NAME, Artifact, ArtifactError, digest_of, dump, load
from churn_service.data import customers
from churn_service.model import ChurnModel
from churn_service.train import main, train


@pytest.fixture(scope="module")
def trained() -> Artifact:
    """Train a small model once for this module."""
    return train(rows=800)


def test_training_is_deterministic(trained: Artifact) -> None:
    """The same data give the same bytes."""
    assert dump(train(rows=800)) == dump(trained)
    assert dump(train(rows=800, seed=8)) != dump(trained)


def test_the_model_has_learnt(trained: Artifact) -> None:
    """It ranks unseen customers far better than chance, and in the direction of the data."""
    assert trained.training["auc"] > 0.75
    staying = {"tenure_months": 70, "monthly_charge": 20, "support_calls": 0, "contract": "two-year", "autopay": True}
    leaving = {"tenure_months": 1, "monthly_charge": 110, "support_calls": 6, "contract": "monthly", "autopay": False}
    low, high = ChurnModel(trained).probabilities([staying, leaving])
    assert low < 0.1
    assert high > 0.8


def test_a_written_model_reads_back(trained: Artifact, tmp_path: Path) -> None:
    """What was written is what is loaded, with its digest."""
    (tmp_path / FILE_NAME).write_bytes(dump(trained))
    artifact, digest = load(tmp_path)
    records, _ = customers(20, seed=1)
    assert ChurnModel(artifact).probabilities(records) == ChurnModel(trained).probabilities(records)
    assert digest == digest_of(dump(trained))
    assert load(tmp_path, digest.removeprefix("sha256:"))[1] == digest


def test_training_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes the model and prints the digest that a manifest pins."""
    assert main(["--out", str(tmp_path / "new"), "--rows", "400"]) == 0
    assert load(tmp_path / "new")[1] in capsys.readouterr().out


def test_another_digest_is_refused(trained: Artifact, tmp_path: Path) -> None:
    """The message names the file, both digests and the variable."""
    (tmp_path / FILE_NAME).write_bytes(dump(trained))
    with pytest.raises(ArtifactError, match="MODEL_DIGEST wants sha256:00"):
        load(tmp_path, "sha256:" + "00" * 32)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "pickle"}', "\x80\x04not json"])
def test_what_is_no_model_is_refused(text: str, tmp_path: Path) -> None:
    """A sentence, never a traceback of the parser."""
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ArtifactError, match="no model of format logistic-terms/1"):
        load(tmp_path)


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    """The message names the path."""
    with pytest.raises(ArtifactError, match="cannot read the model"):
        load(tmp_path / "absent")


def test_a_term_of_an_undeclared_field_is_refused(trained: Artifact, tmp_path: Path) -> None:
    """A hand-edited model does not fail at the first request but at once."""
    document = json.loads(dump(trained))
    document["terms"][0]["field"] = "tenure"
    (tmp_path / FILE_NAME).write_text(json.dumps(document))
    with pytest.raises(ArtifactError, match="tenure"):
        load(tmp_path)


def test_a_model_with_other_inputs_is_refused(trained: Artifact) -> None:
    """Model and image are released apart, so they can miss each other."""
    fields = dict(trained.fields)
    fields["age"] = fields.pop("autopay")
    other = Artifact(trained.name, 0.5, 0.0, fields, (), {})
    check_inputs(trained)
    with pytest.raises(ArtifactError, match="age"):
        check_inputs(other)


def test_the_digest_is_that_of_sha256sum() -> None:
    """Of the folder, as the platform computes it before the service starts."""
    line = f"{hashlib.sha256(b'x').hexdigest()}  model.json\n"
    assert digest_of(b"x") == "sha256:" + hashlib.sha256(line.encode()).hexdigest()
