"""Users, items and clicks made up for training: seeded, so that everyone trains the same model."""

import numpy as np
from numpy.typing import NDArray

USER_FEATURES = 4  # taste in four directions
ITEM_FEATURES = 6  # the same four directions, then popularity and freshness

Array = NDArray[np.float32]


def impressions(rows: int, seed: int) -> tuple[Array, Array, Array]:
    """Make impressions (an item shown to a user) and whether each one was clicked.

    Args:
        rows: How many.
        seed: Of the random generator.

    Returns:
        Users `[rows, 4]`, items `[rows, 6]`, clicks `[rows]` of 0 and 1.
    """
    random = np.random.default_rng(seed)
    users = random.normal(size=(rows, USER_FEATURES)).astype(np.float32)
    items = random.normal(size=(rows, ITEM_FEATURES)).astype(np.float32)
    affinity = (users * items[:, :USER_FEATURES]).sum(axis=1)
    log_odds = -0.5 + 1.2 * affinity + 0.6 * items[:, 4] + 0.3 * items[:, 5]
    clicks = (random.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(np.float32)
    return users, items, clicks
