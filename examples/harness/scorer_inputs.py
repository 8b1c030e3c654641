"""Inputs for the scorer's tests: a model of the churn example's format, and files of customers."""

import json
from pathlib import Path
from typing import Any

NUMBER = {"kind": "number", "minimum": 0, "maximum": 600, "values": []}
DOCUMENT: dict[str, Any] = {
    "format": "logistic-terms/1",
    "name": "churn",
    "threshold": 0.5,
    "intercept": 1.0,
    "fields": {
        "tenure_months": NUMBER,
        "contract": {"kind": "category", "minimum": 0, "maximum": 0, "values": ["monthly", "yearly"]},
        "autopay": {"kind": "flag", "minimum": 0, "maximum": 0, "values": []},
    },
    "terms": [
        {"field": "tenure_months", "coefficient": -2.0, "mean": 10.0, "scale": 5.0, "equals": None},
        {"field": "contract", "coefficient": 0.5, "mean": 0.0, "scale": 1.0, "equals": "monthly"},
        {"field": "autopay", "coefficient": -0.25, "mean": 0.0, "scale": 1.0, "equals": None},
    ],
    "training": {},
}
HEADER = "customer_id,tenure_months,contract,autopay\n"


def write_model(folder: Path) -> Path:
    """Write the model and return its folder."""
    folder.mkdir(exist_ok=True)
    (folder / "model.json").write_text(json.dumps(DOCUMENT))
    return folder


def csv_of(rows: int, prefix: str = "c") -> str:
    """Return a file of customers with different identifiers."""
    lines = (f"{prefix}{row},{row % 60},{'monthly' if row % 2 else 'yearly'},true\n" for row in range(rows))
    return HEADER + "".join(lines)


def customers_of(results: Path) -> list[str]:
    """Return the customers of all results, each time that they occur."""
    return [
        json.loads(line)["customer_id"]
        for path in sorted(results.glob("[!.]*.jsonl"))
        for line in path.read_text().splitlines()
    ]
