"""Whether this process can serve requests: its database answers, is migrated and takes writes."""

import logging
import time
from typing import NamedTuple

from authsite.db.disk import is_disk_full
from authsite.db.engines import Database
from authsite.db.read_only import is_read_only
from authsite.db.revision import HEAD, get_revision, is_migrated
from authsite.telemetry.single_flight import TIMEOUT, SingleFlight

log = logging.getLogger(__name__)

#: Seconds between two looks at the disk, which write to it.
DISK_INTERVAL = 10.0


class _State(NamedTuple):
    revision: str | None
    read_only: bool
    disk_full: bool


class Readiness:
    """Queries the database, which may hang; the times are in seconds."""

    def __init__(
        self, database: Database, *, timeout: float = TIMEOUT, disk_interval: float = DISK_INTERVAL
    ) -> None:
        self._database = database
        self._state = SingleFlight(self._query, name="readiness", timeout=timeout)
        self._disk_interval = disk_interval
        self._disk_full = False
        self._next_look_at_disk = 0.0

    def problem(self) -> str | None:
        """Return what is missing: `database`, `migrations`, `read-only`, `disk`; or None."""
        try:
            state = self._state.answer()
        except Exception as error:  # after any error, this process must get no requests
            self._log("sys_not_ready: the database is unavailable", error)
            return "database"
        if not is_migrated(state.revision):
            at = state.revision
            log.warning("sys_not_ready: the database is at %s, the code needs %s", at, HEAD)
            return "migrations"
        if state.read_only:
            self._database.drop_connections()  # new ones may write
            self._log("sys_not_ready", "the database only reads")
            return "read-only"
        if state.disk_full:
            self._log("sys_not_ready", "the disk of the database is full")
            return "disk"
        return None

    def _log(self, what: str, reason: Exception | str) -> None:
        self._database.outages.report(what, reason, level=logging.WARNING)

    def _query(self) -> _State:
        with self._database.read_engine.connect() as connection:
            revision = get_revision(connection)
            read_only = is_migrated(revision) and is_read_only(connection)
            if not read_only and time.monotonic() >= self._next_look_at_disk:
                self._disk_full = is_disk_full(connection)
                self._next_look_at_disk = time.monotonic() + self._disk_interval
        return _State(revision, read_only, self._disk_full)
