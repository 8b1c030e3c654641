"""The two metrics of TensorFlow Serving that rollouts read, under their names there.

Written out as text, because Serving's names and its microseconds are not what the usual client library produces.
"""

import threading
from collections import Counter

BUCKETS = tuple(round(10 * 1.8**power) for power in range(21))  # microseconds, from 10 us to about 2 s
COUNT = ":tensorflow:serving:request_count"
LATENCY = ":tensorflow:serving:request_latency"


class Metrics:
    """Counts and times predictions of one model."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._statuses: Counter[str] = Counter({"OK": 0})
        self._buckets = [0] * len(BUCKETS)
        self._count = 0
        self._sum = 0.0

    def answered(self, status: str, microseconds: float) -> None:
        """Add one prediction, with "OK" or TensorFlow's name of its error."""
        with self._lock:
            self._statuses[status] += 1
            self._count += 1
            self._sum += microseconds
            for position, bound in enumerate(BUCKETS):
                if microseconds <= bound:
                    self._buckets[position] += 1

    def text(self) -> str:
        """Return Prometheus' text format."""
        labels = f'model_name="{self._model}"'
        timed = f'{labels},API="predict",entrypoint="REST"'
        with self._lock:
            lines = [f"# TYPE {COUNT} counter"]
            lines += [f'{COUNT}{{{labels},status="{name}"}} {count}' for name, count in self._statuses.items()]
            lines.append(f"# TYPE {LATENCY} histogram")
            for bound, count in zip(BUCKETS, self._buckets, strict=True):
                lines.append(f'{LATENCY}_bucket{{{timed},le="{bound}"}} {count}')
            lines.append(f'{LATENCY}_bucket{{{timed},le="+Inf"}} {self._count}')
            lines.append(f"{LATENCY}_sum{{{timed}}} {self._sum:.0f}")
            lines.append(f"{LATENCY}_count{{{timed}}} {self._count}")
        return "\n".join(lines) + "\n"
