"""The artifact and its training."""

import dataclasses
import hashlib
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from fraud_service.app import check_inputs
from fraud_service.artifact import FILE_NAME, About, ArtifactError, digest_of, dump, load
from fraud_service.data import payments
from fraud_service.train import main, train
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

Trained = tuple[RandomForestClassifier, About]


@pytest.fixture(scope="module")
def trained() -> Trained:
    """Train a small forest once for this module."""
    return train(rows=1500, trees=5)


def test_the_same_model_has_the_same_bytes(trained: Trained) -> None:
    """Neither addresses nor the clock are in them."""
    again = train(rows=1500, trees=5)
    assert dump(*again) == dump(*trained)
    assert dump(*train(rows=1500, seed=12, trees=5)) != dump(*trained)


def test_the_model_has_learnt() -> None:
    """It ranks unseen payments far better than chance."""
    assert train()[1].auc > 0.75


def test_a_written_model_reads_back(trained: Trained, tmp_path: Path) -> None:
    """Renumbered, it is still the same forest."""
    (tmp_path / FILE_NAME).write_bytes(dump(*trained))
    forest, about, digest = load(tmp_path)
    columns, _ = payments(50, seed=1)
    assert np.array_equal(forest.predict_proba(columns), trained[0].predict_proba(columns))
    assert about == trained[1]
    assert digest == digest_of(dump(*trained))
    assert load(tmp_path, digest)[2] == digest


def test_training_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes the model and prints the digest that a manifest pins."""
    assert main(["--out", str(tmp_path / "new"), "--rows", "800"]) == 0
    assert load(tmp_path / "new")[2] in capsys.readouterr().out


def test_another_digest_is_refused(trained: Trained, tmp_path: Path) -> None:
    """The message names both digests and the variable."""
    (tmp_path / FILE_NAME).write_bytes(dump(*trained))
    with pytest.raises(ArtifactError, match="MODEL_DIGEST wants sha256:00"):
        load(tmp_path, "sha256:" + "00" * 32)


def test_another_scikit_learn_is_refused(trained: Trained, tmp_path: Path) -> None:
    """A model of another version may answer otherwise without any error."""
    about = dataclasses.replace(trained[1], sklearn="0.1")
    (tmp_path / FILE_NAME).write_bytes(dump(trained[0], about))
    with pytest.raises(ArtifactError, match=r"written by scikit-learn 0\.1"):
        load(tmp_path)


class _Hostile:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.witness,)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    """The format's point: loading runs nothing that its author wrote."""
    witness = tmp_path / "witness"
    (tmp_path / FILE_NAME).write_bytes(pickle.dumps(_Hostile(witness)))
    with pytest.raises(ArtifactError, match="no model of this service"):
        load(tmp_path)
    assert not witness.exists()


def test_another_estimator_and_a_missing_file_are_refused(trained: Trained, tmp_path: Path) -> None:
    """Each with what is wrong."""
    with pytest.raises(ArtifactError, match="cannot read the model"):
        load(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(skops.io.dumps(LogisticRegression()))
    with zipfile.ZipFile(tmp_path / FILE_NAME, "a") as archive, zipfile.ZipFile(_written(trained, tmp_path)) as good:
        archive.writestr("about.json", good.read("about.json"))
    with pytest.raises(ArtifactError, match="LogisticRegression, not a random forest"):
        load(tmp_path)


def _written(trained: Trained, folder: Path) -> Path:
    path = folder / "good.skops"
    path.write_bytes(dump(*trained))
    return path


def test_a_model_with_other_inputs_is_refused(trained: Trained) -> None:
    """Another order counts: columns have no names."""
    check_inputs(trained[1])
    with pytest.raises(ArtifactError, match="release a model and an image that fit"):
        check_inputs(dataclasses.replace(trained[1], features=tuple(reversed(trained[1].features))))


def test_the_digest_is_that_of_sha256sum() -> None:
    """Of the folder, as the platform computes it before the service starts."""
    line = f"{hashlib.sha256(b'x').hexdigest()}  model.skops\n"
    assert digest_of(b"x") == "sha256:" + hashlib.sha256(line.encode()).hexdigest()
