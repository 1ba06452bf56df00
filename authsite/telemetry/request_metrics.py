"""Metrics of requests."""

import time
from typing import Any

from prometheus_client import CollectorRegistry, Histogram
from pyramid.response import Response

from authsite.http.headers import ExecutionPolicy

#: Seconds. A page takes about a millisecond, a sign-in as long as its hash.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_CLASSES = ("2xx", "3xx", "4xx", "5xx")


class RequestMetrics:
    """Counts and times requests by the class of their status, for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._took = Histogram(
            "authsite_request_seconds",
            "Time to answer a request, by class of the status.",
            ("status",),
            buckets=_BUCKETS,
            registry=registry,
        )
        for each in _CLASSES:
            self._took.labels(each)

    def measured(self, policy: ExecutionPolicy) -> ExecutionPolicy:
        """Return an execution policy that measures each request until its response is ready."""

        def execute(environ: dict[str, Any], router: Any) -> Response:
            started = time.perf_counter()
            response = policy(environ, router)
            took = time.perf_counter() - started
            self._took.labels(f"{response.status[0]}xx").observe(took)
            return response

        return execute
