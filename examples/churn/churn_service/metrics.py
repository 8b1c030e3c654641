"""What Prometheus reads: requests, errors, latency, and how the predictions are spread."""

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest

# seconds; dense around 250 ms, where the rollout's check on p95 decides
LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0)
TENTHS = tuple(step / 10 for step in range(1, 11))
PATHS = frozenset({"/predict", "/healthz", "/readyz", "/metrics"})


class Metrics:
    """The metrics of one application, in a registry of its own (two applications can live in one process)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Counter("http_requests", "Requests answered.", ["path", "status"], registry=self.registry)
        self._errors = Counter("http_request_errors", "Requests answered with 5xx.", ["path"], registry=self.registry)
        self._latency = Histogram(
            "http_request_duration_seconds",
            "Time from the request's first byte to the answer's last.",
            ["path"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._predictions = Histogram(
            "model_prediction_probability", "Predicted probabilities.", buckets=TENTHS, registry=self.registry
        )
        self._model = Info("model", "The model that is served.", registry=self.registry)
        self._errors.labels("/predict")  # a rate needs the zero before the first error

    def serves(self, name: str, version: str, digest: str) -> None:
        """Note which model is loaded."""
        self._model.info({"name": name, "version": version, "digest": digest})

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one answer. Unknown paths share a label: what callers invent must not become time series."""
        path = path if path in PATHS else "other"
        self._requests.labels(path, str(status)).inc()
        self._latency.labels(path).observe(seconds)
        if status >= 500:
            self._errors.labels(path).inc()

    def predicted(self, probabilities: list[float]) -> None:
        """Add predictions to their histogram."""
        for probability in probabilities:
            self._predictions.observe(probability)

    def text(self) -> bytes:
        """Return Prometheus' text format."""
        return generate_latest(self.registry)
