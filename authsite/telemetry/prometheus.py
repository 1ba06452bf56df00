"""The metrics of one process, and the port on which Prometheus scrapes them."""

import logging
import threading
from collections.abc import Iterable
from typing import get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

from authsite.audit.event_types import EventType, SessionEndReason
from authsite.db.engines import Database
from authsite.passwords.hash_queue import HashQueue
from authsite.settings.parsers import ListenAddress
from authsite.telemetry.collector import StateCollector
from authsite.telemetry.hash_metrics import HashMetrics
from authsite.telemetry.metrics import Metrics, SignInResult

log = logging.getLogger(__name__)


class PrometheusMetrics(Metrics):
    """Counters, and metrics of process and Python, served at `address` only.

    `throttles` are the names of the rate limits.
    """

    def __init__(self, address: ListenAddress, *, throttles: Iterable[str]) -> None:
        self._address = address
        self._stopped = threading.Event()
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.hashes = HashMetrics(self._registry)
        self._sign_ins = self._counter("sign_ins", "Sign-in attempts by result.", "result")
        self._opened = self._counter("sessions_opened", "Sessions started.")
        self._ended = self._counter("sessions_ended", "Sessions ended by reason.", "reason")
        self._events = self._counter("events", "Audit events by type.", "type")
        self._throttled = self._counter("throttled", "Throttled attempts by rate limit.", "limit")
        # A counter that starts with its first event hides that event from `rate()`.
        for result in get_args(SignInResult):
            self._sign_ins.labels(result)
        for limit in throttles:
            self._throttled.labels(limit)
        for event_type in EventType:
            self._events.labels(event_type.key)
        for reason in SessionEndReason:
            self._ended.labels(reason.key)

    def watch(self, queue: HashQueue, database: Database) -> None:
        """Read the state of these at each scrape."""
        self._registry.register(StateCollector(queue, database))

    def work(self) -> None:
        """Listen until `stop`; if the address is taken, log that and serve no metrics."""
        try:
            server, _ = start_http_server(self._address.port, self._address.host, self._registry)
        except OSError as error:
            reason = f"{self._address}: {error.strerror}"
            log.error("sys_metrics_bind_failed: %s", reason)  # noqa: TRY400 - no traceback needed
            return
        self._stopped.wait()
        server.shutdown()
        server.server_close()

    def stop(self) -> None:
        """Close the listening socket."""
        self._stopped.set()

    def count_sign_in(self, result: SignInResult) -> None:
        """Count an attempt to sign in."""
        self._sign_ins.labels(result).inc()

    def count_session_opened(self) -> None:
        """Count a session that started."""
        self._opened.inc()

    def count_session_ended(self, reason: str, number: int = 1) -> None:
        """Count sessions that ended."""
        self._ended.labels(reason).inc(number)

    def count_event(self, event_type: str) -> None:
        """Count an audit event."""
        self._events.labels(event_type).inc()

    def count_throttled(self, limit: str) -> None:
        """Count a throttled attempt."""
        self._throttled.labels(limit).inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"authsite_{name}", meaning, labels, registry=self._registry)
