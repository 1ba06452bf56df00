"""The metrics of one process, and the port on which Prometheus scrapes them."""

import importlib.metadata
import logging
from collections.abc import Iterable, Iterator
from typing import get_args
from wsgiref.simple_server import WSGIServer

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Info,
    Metric,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

from authsite.audit.event_types import EventType, SessionEndReason
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.http.headers import ExecutionPolicy
from authsite.mail.delivery import Outcome
from authsite.passwords.hash_queue import HashQueue
from authsite.settings.parsers import ListenAddress
from authsite.telemetry.collector import StateCollector
from authsite.telemetry.hash_metrics import HashMetrics
from authsite.telemetry.metrics import Metrics, SignInResult
from authsite.telemetry.request_metrics import RequestMetrics

log = logging.getLogger(__name__)


#: Errors of an unavailable database, and of the code.
_ERROR_KINDS = ("unavailable", "other")


class Registry(CollectorRegistry):
    """Leaves out when each counter was created, which nearly doubles the series."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        for metric in super().collect():
            metric.samples = [each for each in metric.samples if not each.name.endswith("_created")]
            yield metric


class PrometheusMetrics(Metrics):
    """Counters, and metrics of process and Python, served on one port of `address` only.

    `throttles` are the names of the rate limits.
    """

    def __init__(self, address: ListenAddress, *, throttles: Iterable[str]) -> None:
        self._address = address
        self._server: WSGIServer | None = None
        self._registry = Registry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        Info("authsite_build", "Version of authsite.", registry=self._registry).info(
            {"version": importlib.metadata.version("authsite")}
        )
        self.hashes = HashMetrics(self._registry)
        self._requests = RequestMetrics(self._registry)
        self._sign_ins = self._counter("sign_ins", "Sign-in attempts by result.", "result")
        self._opened = self._counter("sessions_opened", "Sessions started.")
        self._ended = self._counter("sessions_ended", "Sessions ended by reason.", "reason")
        self._events = self._counter("events", "Audit events by type.", "type")
        self._throttled = self._counter("throttled", "Throttled attempts by rate limit.", "limit")
        self._emails = self._counter("emails", "Attempts to deliver an email.", "outcome")
        self._errors = self._counter("database_errors", "Errors of the database.", "kind")
        # A counter that starts with its first event hides that event from `rate()`.
        for result in get_args(SignInResult):
            self._sign_ins.labels(result)
        for outcome in get_args(Outcome):
            self._emails.labels(outcome)
        for kind in _ERROR_KINDS:
            self._errors.labels(kind)
        for limit in throttles:
            self._throttled.labels(limit)
        for event_type in EventType:
            self._events.labels(event_type.key)
        for reason in SessionEndReason:
            self._ended.labels(reason.key)

    def watch(self, queue: HashQueue, database: Database) -> None:
        """Read the state of these at each scrape."""
        self._registry.register(StateCollector(queue, database))

    def start(self) -> None:
        """Listen until `stop`; if no port is free, log that and serve no metrics."""
        reason = None
        for each in self._address.each:
            try:
                self._server, _ = start_http_server(each.port, each.host, self._registry)
            except OSError as error:
                reason = error.strerror
            else:
                return
        log.error(
            "sys_metrics_bind_failed: %s: %s; each process needs a port of its own",
            self._address,
            reason,
        )

    def stop(self) -> None:
        """Close the listening socket."""
        if self._server is not None:
            self._server.shutdown()
        self.forget()

    def forget(self) -> None:
        """Close this process' copy of the listening socket."""
        if self._server is not None:
            self._server.server_close()
        self._server = None

    def measured(self, policy: ExecutionPolicy) -> ExecutionPolicy:
        """Return an execution policy that counts and times requests."""
        return self._requests.measured(policy)

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

    def count_email(self, outcome: Outcome) -> None:
        """Count an attempt to deliver an email."""
        self._emails.labels(outcome).inc()

    def count_database_error(self, error: Exception) -> None:
        """Count an error, unless two requests insert the same at once, which flows expect."""
        if not isinstance(error, sa.exc.IntegrityError):
            kind = "unavailable" if isinstance(error, DATABASE_UNAVAILABLE) else "other"
            self._errors.labels(kind).inc()

    def count_throttled(self, limit: str) -> None:
        """Count a throttled attempt."""
        self._throttled.labels(limit).inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"authsite_{name}", meaning, labels, registry=self._registry)
