"""The estimator: scikit-learn's logistic regression, restored from the artifact's numbers."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from churn_service.artifact import Artifact


class ChurnModel:
    """Scores customers with one artifact."""

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._estimator = LogisticRegression()
        # a fitted estimator is its public fitted attributes; these three are all that predict_proba reads
        self._estimator.classes_ = np.array([0, 1])
        self._estimator.coef_ = np.array([[term.coefficient for term in artifact.terms]])
        self._estimator.intercept_ = np.array([artifact.intercept])

    def probabilities(self, records: list[dict[str, Any]]) -> list[float]:
        """Return for each record the probability that the customer leaves.

        Args:
            records: Valid records: each holds every field of the artifact.
        """
        if not records:
            return []
        columns = np.array([[term.column(record) for term in self.artifact.terms] for record in records])
        return [float(value) for value in self._estimator.predict_proba(columns)[:, 1]]
