"""The background worker that keeps dummy hashes as costly as the stored hashes."""

import logging
import threading

import sqlalchemy as sa

from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.models import User
from authsite.passwords.dummy_hashes import DummyHashes

log = logging.getLogger(__name__)

#: Seconds between two reads, and until the next attempt when one has failed.
INTERVAL = 3600.0
RETRY = 60.0
#: Ids are random, so the first ones are a random sample, and the same one each time.
SAMPLE = 20_000
_STORED = (
    sa.select(sa.type_coerce(User.password_hash, sa.String))
    .where(User.password_hash.is_not(None))
    .order_by(User.id)
    .limit(SAMPLE)
)


class HashFormatReader:
    """Reads a sample of the stored hashes when the process starts, and every `INTERVAL`.

    No request waits for it. Until the first read, unknown email addresses cost as new hashes do.
    """

    name = "hash-formats"

    def __init__(
        self, database: Database, dummy_hashes: DummyHashes, *, interval: float = INTERVAL
    ) -> None:
        self._database = database
        self._dummy_hashes = dummy_hashes
        self._interval = interval
        self._stopped = threading.Event()

    def work(self) -> None:
        """Read until `stop`; survives any error."""
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self._interval if self.read() else min(self._interval, RETRY)

    def stop(self) -> None:
        """Let `work` return."""
        self._stopped.set()

    def read(self) -> bool:
        """Read the sample and update the dummy hashes; return False if that failed."""
        try:
            with self._database.read_engine.connect() as connection:
                self._dummy_hashes.update(connection.execute(_STORED).scalars())
        except DATABASE_UNAVAILABLE as error:
            self._database.outages.report(
                "sys_hash_formats: deferred, the database is unavailable",
                error,
                level=logging.WARNING,
            )
            return False
        except Exception:
            log.exception("sys_hash_formats: failed")
            return False
        return True
