"""Train the model: `python -m fraud_service.train --out DIRECTORY`."""

import argparse
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from fraud_service.artifact import FILE_NAME, About, digest_of, dump
from fraud_service.data import FEATURES, payments


def train(rows: int = 6000, seed: int = 11, trees: int = 25) -> tuple[RandomForestClassifier, About]:
    """Fit on three quarters of the payments and measure on the rest.

    Args:
        rows: How many payments to make.
        seed: Of the data and of the forest.
        trees: How many trees to grow.
    """
    columns, fraud = payments(rows, seed)
    cut = rows * 3 // 4
    forest = RandomForestClassifier(n_estimators=trees, max_depth=6, min_samples_leaf=10, random_state=seed)
    forest.fit(columns[:cut], fraud[:cut])
    auc = roc_auc_score(fraud[cut:], np.asarray(forest.predict_proba(columns[cut:]))[:, 1])
    about = About("fraud", FEATURES, sklearn.__version__, rows, seed, round(float(auc), 4))
    return forest, about


def main(arguments: list[str] | None = None) -> int:
    """Train, write the artifact, and print its digest (what a manifest's `release.model` pins)."""
    parser = argparse.ArgumentParser(prog="fraud_service.train", description="Train the fraud model.")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {FILE_NAME}")
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args(arguments)
    forest, about = train(options.rows, options.seed)
    data = dump(forest, about)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / FILE_NAME).write_bytes(data)
    sys.stdout.write(f"{options.out / FILE_NAME} {digest_of(data)} auc={about.auc}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
