"""Ranking: a small TensorFlow model for TensorFlow Serving, whose version labels follow the release."""
