"""A work queue over HTTP, its workers, and what they do with an item."""
