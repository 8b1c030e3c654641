"""How the real provider meets a throttled API: it waits and tries again, a bounded number of times.

Source: terraform-provider-google `transport/retry_transport.go` and `transport/error_retry_predicates.go` (429 and
503 are tried again with exponential back-off).
"""

from __future__ import annotations

import os
from typing import Final

#: environment variable with the seconds of the first wait, so that tests need not wait
VARIABLE: Final = "SLIPWAY_GCP_BACKOFF"
_FIRST_WAIT: Final = 0.5
_ATTEMPTS: Final = 5


def delays() -> list[float]:
    """Seconds to wait before each further attempt."""
    first = float(os.environ.get(VARIABLE) or _FIRST_WAIT)
    return [first * 2**attempt for attempt in range(_ATTEMPTS - 1)]
