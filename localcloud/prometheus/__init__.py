"""A stand-in of Prometheus: it answers the queries of the built-in checks by playing numbers, for nothing is served.

Sources: Prometheus documentation, "HTTP API" (instant queries, format of answers and errors).
"""
