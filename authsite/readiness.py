"""Whether this process can do its work: is its database there, and migrated?"""

import logging
import threading
from concurrent.futures import Future

from authsite.database import Database
from authsite.schema import HEAD, is_migrated, revision_of

log = logging.getLogger(__name__)

#: Seconds that the database has for its answer; those who probe wait hardly longer themselves.
PATIENCE = 2.0


class Readiness:
    """Asks the database on a thread, so that one that hangs holds up nobody for long.

    However many ask at the same time, one question is under way, and they share its answer.
    `patience` is in seconds.
    """

    def __init__(self, database: Database, *, patience: float = PATIENCE) -> None:
        self._database = database
        self._patience = patience
        self._lock = threading.Lock()
        self._question: Future[str | None] | None = None

    def why_not(self) -> str | None:
        """Return what is missing, `database` or `migrations`; None if nothing is."""
        try:
            return self._ask().result(self._patience)
        except TimeoutError:
            log.warning("sys_not_ready: the database has not answered for %s s", self._patience)
            return "database"

    def _ask(self) -> Future[str | None]:
        with self._lock:
            if self._question is None or self._question.done():
                question: Future[str | None] = Future()
                threading.Thread(
                    target=lambda: question.set_result(self._answer()),
                    name="readiness",
                    daemon=True,
                ).start()
                self._question = question
            return self._question

    def _answer(self) -> str | None:
        try:
            with self._database.reading.connect() as connection:
                revision = revision_of(connection)
        except Exception as error:  # whatever it is, nobody is to be sent here
            why = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
            log.warning("sys_not_ready: the database is away: %s", why)
            return "database"
        if not is_migrated(revision):
            log.warning("sys_not_ready: the database is at %s, the code needs %s", revision, HEAD)
            return "migrations"
        return None
