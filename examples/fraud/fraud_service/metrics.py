"""What Prometheus reads: requests, errors, latency, and how the predictions are spread.

In memory of one process: the service runs one worker with several threads, and grows by replicas.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest

# seconds; dense around 250 ms, where the rollout's check on p95 decides
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0)
TENTHS = tuple(step / 10 for step in range(1, 11))


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("http_requests", "Requests answered.", ["path", "status"], registry=self.registry)
        self.errors = Counter("http_request_errors", "Requests answered with 5xx.", ["path"], registry=self.registry)
        self.latency = Histogram(
            "http_request_duration_seconds",
            "Time from the request's headers to the answer.",
            ["path"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.predictions = Histogram(
            "model_prediction_probability", "Predicted probabilities.", buckets=TENTHS, registry=self.registry
        )
        self.model = Info("model", "The model that is served.", registry=self.registry)
        self.errors.labels("/predict")  # a rate needs the zero before the first error

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests.labels(path, str(status)).inc()
        self.latency.labels(path).observe(seconds)
        if status >= 500:
            self.errors.labels(path).inc()

    def text(self) -> bytes:
        """Return Prometheus' text format."""
        return generate_latest(self.registry)
