"""A model of two versions, trained once for each test process."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


@pytest.fixture(scope="session")
def model_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with versions 3 and 4 of the model, which answer differently."""
    from ranking_serving.train import export, train  # noqa: PLC0415 -- TensorFlow takes seconds to import

    base = tmp_path_factory.mktemp("models")
    export(train(rows=500, steps=40), base, "ranking", 3)
    export(train(rows=500, seed=6, steps=40), base, "ranking", 4)
    return base
