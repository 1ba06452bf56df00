"""Metrics of the hash queue."""

from prometheus_client import CollectorRegistry, Counter, Histogram

#: Seconds. A hash takes some 30 ms, and under load waits for dozens of others.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class HashMetrics:
    """A `HashObserver` that counts for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._took = Histogram(
            "authsite_hash_seconds",
            "Time to compute a password hash.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._waited = Histogram(
            "authsite_hash_wait_seconds",
            "Time a hash waited in the queue.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._refused = Counter(
            "authsite_hashes_refused",
            "Hashes refused because the queue was full (503).",
            registry=registry,
        )

    def worked(self, *, waited: float, took: float) -> None:
        """Count a hash; both times in seconds."""
        self._waited.observe(waited)
        self._took.observe(took)

    def refused(self) -> None:
        """Count a hash that was refused."""
        self._refused.inc()
