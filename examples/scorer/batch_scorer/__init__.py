"""Batch scorer: scores files of customers with the churn model, each file exactly once."""
