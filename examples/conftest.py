"""Lets pytest import the examples, each of which is a program of its own with a package of a unique name."""

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent

for folder in ("harness", "churn", "fraud", "queue", "ranking", "scorer"):
    sys.path.insert(0, str(EXAMPLES / folder))
