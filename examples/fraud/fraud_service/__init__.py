"""Fraud: the probability that a payment is fraudulent, by scikit-learn behind Flask and gunicorn."""
