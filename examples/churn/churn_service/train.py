"""Train the model: `python -m churn_service.train --out DIRECTORY`."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from churn_service.artifact import FILE_NAME, Artifact, Field, Term, digest_of, dump, rounded
from churn_service.data import FIELDS, customers
from churn_service.model import ChurnModel


def _unweighted_terms(fields: dict[str, Field], records: list[dict[str, Any]]) -> list[Term]:
    terms: list[Term] = []
    for name, field in fields.items():
        if field.kind == "category":
            terms += [Term(name, 0.0, equals=value) for value in field.values]
        elif field.kind == "flag":
            terms.append(Term(name, 0.0))
        else:
            column = np.array([record[name] for record in records], dtype=float)
            terms.append(Term(name, 0.0, mean=rounded(column.mean()), scale=rounded(column.std())))
    return terms


def train(rows: int = 4000, seed: int = 7) -> Artifact:
    """Fit on three quarters of the customers, measure on the rest, and return the artifact.

    Args:
        rows: How many customers to make.
        seed: Of the data; nothing else is random.
    """
    records, labels = customers(rows, seed)
    cut = rows * 3 // 4
    terms = _unweighted_terms(FIELDS, records[:cut])
    columns = np.array([[term.column(record) for term in terms] for record in records[:cut]])
    # Newton steps end at the optimum itself, so the rounded digits do not depend on the processor
    fitted = LogisticRegression(solver="newton-cholesky", tol=1e-12, max_iter=100).fit(columns, labels[:cut])
    weighted = tuple(
        Term(term.field, rounded(float(weight)), term.mean, term.scale, term.equals)
        for term, weight in zip(terms, fitted.coef_[0], strict=True)
    )
    intercept = rounded(float(fitted.intercept_[0]))
    untested = Artifact("churn", 0.5, intercept, FIELDS, weighted, {})
    # measured on the rounded numbers, which are those that will serve
    auc = roc_auc_score(labels[cut:], ChurnModel(untested).probabilities(records[cut:]))
    notes = {"rows": rows, "seed": seed, "auc": round(float(auc), 4)}
    return Artifact("churn", 0.5, intercept, FIELDS, weighted, notes)


def main(arguments: list[str] | None = None) -> int:
    """Train, write the artifact, and print its digest (what a manifest's `release.model` pins)."""
    parser = argparse.ArgumentParser(prog="churn_service.train", description="Train the churn model.")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {FILE_NAME}")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    artifact = train(options.rows, options.seed)
    data = dump(artifact)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / FILE_NAME).write_bytes(data)
    sys.stdout.write(f"{options.out / FILE_NAME} {digest_of(data)} auc={artifact.training['auc']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
