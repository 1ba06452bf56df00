"""Whether this process can do its work: is its database there, and migrated?"""

import logging

from authsite.db.engines import Database
from authsite.db.revision import HEAD, is_migrated, revision_of
from authsite.telemetry.single_flight import TIMEOUT, SingleFlight

log = logging.getLogger(__name__)


class Readiness:
    """Asks the database, which may hang; `patience` is in seconds."""

    def __init__(self, database: Database, *, timeout: float = TIMEOUT) -> None:
        self._database = database
        self._revision = SingleFlight(self._ask, name="readiness", timeout=timeout)

    def problem(self) -> str | None:
        """Return what is missing, `database` or `migrations`; None if nothing is."""
        try:
            revision = self._revision.answer()
        except Exception as error:  # whatever it is, nobody is to be sent here
            why = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
            log.warning("sys_not_ready: the database is unavailable: %s", why)
            return "database"
        if not is_migrated(revision):
            log.warning("sys_not_ready: the database is at %s, the code needs %s", revision, HEAD)
            return "migrations"
        return None

    def _ask(self) -> str | None:
        with self._database.read_engine.connect() as connection:
            return revision_of(connection)
