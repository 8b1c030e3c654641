"""Churn: the probability that a customer leaves, by scikit-learn behind FastAPI."""
