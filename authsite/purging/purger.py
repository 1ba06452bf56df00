"""The site tidies up after itself: at most once an hour, whoever comes by first."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.purging.targets import ALL, SESSIONS, PurgeTarget, claim_purge, sweep

log = logging.getLogger(__name__)

#: Seconds between two batches, for those who wait for the write lock.
REST = 0.01


class Purger:
    """Sweeps on a thread of its own; of all processes on one database, one at a time does.

    `on_expired` is told how many sessions went.
    """

    def __init__(
        self, database: Database, *, every: timedelta, on_expired: Callable[[int], None]
    ) -> None:
        self._database = database
        self._every = every
        self._on_expired = on_expired
        self._lock = threading.Lock()
        self._next_look = 0.0

    def run_if_due(self, *, now: datetime) -> threading.Thread | None:
        """Sweep in the background if it is time; cheap to call, and safe from any thread.

        Returns the thread when one was started.
        """
        with self._lock:
            if time.monotonic() < self._next_look:
                return None
            self._next_look = time.monotonic() + self._every.total_seconds()
        thread = threading.Thread(target=self._sweep, args=(now,), name="sweep", daemon=True)
        thread.start()
        return thread

    def _sweep(self, now: datetime) -> None:
        try:
            with self._database.write_engine.begin() as connection:
                claimed = claim_purge(connection, every=self._every, now=now)
            if claimed:
                gone = [f"{self._sweep_all(each, now)} {each.name}" for each in ALL]
                log.info("sys_purge: %s deleted", ", ".join(gone))
        except DATABASE_UNAVAILABLE as error:
            log.warning(
                "sys_purge: deferred, the database is unavailable: %s", type(error).__name__
            )
            self._next_look = 0.0

    def _sweep_all(self, target: PurgeTarget, now: datetime) -> int:
        total = 0
        for deleted in sweep(self._database.write_engine, target, now=now):
            total += deleted
            if target is SESSIONS:
                self._on_expired(deleted)
            time.sleep(REST)
        return total
