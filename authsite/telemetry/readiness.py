"""Whether this process can serve requests: its database answers and is migrated."""

import logging

from authsite.db.engines import Database
from authsite.db.revision import HEAD, get_revision, is_migrated
from authsite.telemetry.single_flight import TIMEOUT, SingleFlight

log = logging.getLogger(__name__)


class Readiness:
    """Queries the database, which may hang; `timeout` is in seconds."""

    def __init__(self, database: Database, *, timeout: float = TIMEOUT) -> None:
        self._database = database
        self._revision = SingleFlight(self._query, name="readiness", timeout=timeout)

    def problem(self) -> str | None:
        """Return what is missing, `database` or `migrations`, or None."""
        try:
            revision = self._revision.answer()
        except Exception as error:  # after any error, this process must get no requests
            reason = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
            log.warning("sys_not_ready: the database is unavailable: %s", reason)
            return "database"
        if not is_migrated(revision):
            log.warning("sys_not_ready: the database is at %s, the code needs %s", revision, HEAD)
            return "migrations"
        return None

    def _query(self) -> str | None:
        with self._database.read_engine.connect() as connection:
            return get_revision(connection)
