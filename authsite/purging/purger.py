"""The background worker that deletes expired rows."""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.purging.targets import SESSIONS, PurgeTarget, claim_purge, is_newest_purge, purge

log = logging.getLogger(__name__)

#: Seconds between two batches, in which other writers get the write lock.
PAUSE = 0.01
#: Seconds until the next attempt when one has failed.
RETRY = 60.0


class Purger:
    """Purges `targets` every `every`, in one of all processes on a database at a time.

    `on_expired` is called with the number of sessions that were deleted.
    """

    name = "purge"

    def __init__(
        self,
        database: Database,
        targets: Sequence[PurgeTarget],
        *,
        every: timedelta,
        on_expired: Callable[[int], None],
        retry: float = RETRY,
    ) -> None:
        self._database = database
        self._targets = targets
        self._every = every
        self._on_expired = on_expired
        self._retry = retry
        self._stopped = threading.Event()

    def work(self) -> None:
        """Purge when it is due, until `stop`; survives any error."""
        pause = 0.0
        while not self._stopped.wait(pause):
            every = self._every.total_seconds()
            pause = every if self.run_if_due(now=utc_now()) else min(every, self._retry)

    def stop(self) -> None:
        """Stop after the batch in hand; the rows that are left wait for the next purge."""
        self._stopped.set()

    def run_if_due(self, *, now: datetime) -> bool:
        """Purge unless another process has done so within `every`; return False if it failed.

        A later purge, such as that of the command, takes the work over.
        """
        try:
            with self._database.write_engine.begin() as connection:
                claimed = claim_purge(connection, every=self._every, now=now)
            if claimed:
                deleted = [f"{self._purge(each, now)} {each.name}" for each in self._targets]
                log.info("sys_purge: %s deleted", ", ".join(deleted))
        except DATABASE_UNAVAILABLE as error:
            self._database.outages.report(
                "sys_purge: deferred, the database is unavailable", error, level=logging.WARNING
            )
            return False
        except Exception:
            log.exception("sys_purge: failed")
            return False
        return True

    def _purge(self, target: PurgeTarget, now: datetime) -> int:
        total = 0
        for deleted in purge(self._database, target, now=now):
            total += deleted
            if target is SESSIONS:
                self._on_expired(deleted)
            is_newest = is_newest_purge(self._database, started_at=now)
            if self._stopped.wait(PAUSE) or not is_newest:
                break
        return total
