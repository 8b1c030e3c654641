"""Customers made up for training: seeded, so that everyone trains the same model."""

from typing import Any

import numpy as np

from churn_service.artifact import Field

CONTRACTS = ("monthly", "yearly", "two-year")
FIELDS = {
    "tenure_months": Field(kind="number", minimum=0, maximum=600),
    "monthly_charge": Field(kind="number", minimum=0, maximum=1000),
    "support_calls": Field(kind="number", minimum=0, maximum=100),
    "contract": Field(kind="category", values=CONTRACTS),
    "autopay": Field(kind="flag"),
}


def customers(rows: int, seed: int) -> tuple[list[dict[str, Any]], list[int]]:
    """Make customers and whether each one left.

    Args:
        rows: How many.
        seed: Of the random generator; the same seed gives the same customers.

    Returns:
        The records, and 1 for each customer who left, else 0.
    """
    random = np.random.default_rng(seed)
    tenure = random.integers(0, 73, rows)
    charge = np.round(random.uniform(15, 120, rows), 2)
    calls = random.poisson(1.5, rows)
    contract = random.choice(len(CONTRACTS), rows, p=[0.55, 0.25, 0.20])
    autopay = random.random(rows) < 0.6
    log_odds = (
        -0.6 - 0.045 * tenure + 0.018 * (charge - 65) + 0.45 * calls - 0.7 * contract - 0.5 * autopay.astype(float)
    )
    left = random.random(rows) < 1 / (1 + np.exp(-log_odds))
    records = [
        {
            "tenure_months": int(tenure[row]),
            "monthly_charge": float(charge[row]),
            "support_calls": int(calls[row]),
            "contract": CONTRACTS[int(contract[row])],
            "autopay": bool(autopay[row]),
        }
        for row in range(rows)
    ]
    return records, [int(value) for value in left]
