"""Gauges that are read at each scrape: the hash queue, the pools, and the outbox."""

import logging
from collections.abc import Iterator
from datetime import timedelta

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from authsite.clock import utc_now
from authsite.db.engines import Database
from authsite.mail.backlog import Backlog, get_backlog
from authsite.passwords.hash_queue import HashQueue
from authsite.telemetry.single_flight import TIMEOUT, SingleFlight

log = logging.getLogger(__name__)


class StateCollector(Collector):
    """Collects the state of a process, and of the outbox that all processes share.

    If the database does not answer within `timeout` seconds, the lines on the outbox are missing.
    """

    def __init__(self, queue: HashQueue, database: Database, *, timeout: float = TIMEOUT) -> None:
        self._queue = queue
        self._database = database
        self._backlog = SingleFlight(self._query, name="outbox", timeout=timeout)

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge with its value."""
        running, waiting = self._queue.state
        yield _gauge("hashes_running", "Hashes being computed.", running)
        yield _gauge("hashes_waiting", "Hashes waiting in the queue.", waiting)
        yield from self._connections()
        yield from self._outbox()

    def _connections(self) -> Iterator[Metric]:
        used = GaugeMetricFamily(
            "authsite_database_connections", "Connections in use.", labels=("pool",)
        )
        most = GaugeMetricFamily(
            "authsite_database_connections_max",
            "Connections that may be in use; absent without a limit.",
            labels=("pool",),
        )
        for name, engine in (
            ("transactions", self._database.engine),
            ("reads", self._database.read_engine),
        ):
            pool = engine.pool
            assert isinstance(pool, QueuePool)  # noqa: S101 - for the type checker
            used.add_metric((name,), pool.checkedout())
            if pool.size():
                most.add_metric((name,), pool.size())
        yield most
        yield used

    def _outbox(self) -> Iterator[Metric]:
        try:
            backlog = self._backlog.answer()
        except Exception as error:  # the other gauges are served in any case
            log.warning("sys_metrics_retry: can't read the outbox: %s", type(error).__name__)
            return
        age = utc_now() - backlog.oldest if backlog.oldest else timedelta(0)
        yield _gauge("outbox_messages", "Messages due and not delivered.", backlog.size)
        yield _gauge(
            "outbox_oldest_age_seconds",
            "Time since the oldest of them was due, or 0.",
            age.total_seconds(),
        )

    def _query(self) -> Backlog:
        with self._database.read_engine.connect() as connection:
            return get_backlog(connection, now=utc_now())


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"authsite_{name}", meaning, value=value)
