"""Payments made up for training: seeded, so that everyone trains the same model."""

import numpy as np
from numpy.typing import NDArray

FEATURES = ("amount", "hour", "merchant_risk", "distance_km", "card_present", "attempts_last_hour")


def payments(rows: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make payments and whether each one was fraudulent (about one in twelve).

    Args:
        rows: How many.
        seed: Of the random generator; the same seed gives the same payments.

    Returns:
        One row for each payment with FEATURES as columns, and 1 for each fraud, else 0.
    """
    random = np.random.default_rng(seed)
    # rounded: a threshold of a tree must not hang on the last bit of a logarithm
    amount = np.round(random.lognormal(3.5, 1.0, rows), 2)
    hour = random.integers(0, 24, rows)
    merchant_risk = np.round(random.beta(2, 6, rows), 3)
    distance = np.round(random.exponential(40, rows), 1)
    present = random.random(rows) < 0.55
    attempts = random.poisson(0.6, rows)
    night = (hour < 5).astype(float)
    log_odds = (
        -6.3
        + 0.006 * np.minimum(amount, 500)
        + 1.1 * night
        + 4.5 * merchant_risk
        + 0.012 * np.minimum(distance, 200)
        - 1.4 * present
        + 0.9 * attempts
    )
    fraud = (random.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    columns = [amount, hour, merchant_risk, distance, present, attempts]
    return np.column_stack([column.astype(np.float64) for column in columns]), fraud
