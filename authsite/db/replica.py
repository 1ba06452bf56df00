"""A read replica of PostgreSQL, and how far it is behind the primary.

A process asks the primary for its position in the write-ahead log, and the replica for the last one
that it has replayed. Once that is reached, the replica has all that was committed before the first
question, if both are on the same timeline: a standby that was promoted begins another one, and a
replica may have more of the one before. The clocks of the servers do not matter, and a replica that
has lost its connection to the primary is found out, which its own functions do not show.
"""

import logging
import threading
import time
from collections import deque
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from authsite.db.compiled_select import Select
from authsite.db.engines import Database
from authsite.db.outages import OutageLog

#: Seconds between two looks at both servers.
INTERVAL = 1.0
#: The position in bytes, and the timeline, which the name of a file of the log begins with.
_WRITTEN = sa.text("""
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'),
        ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
""")
#: The same; the position is NULL on a replica that is none. A standby that follows a promotion says
#: so at its next restart point.
_REPLAYED = sa.text("""
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') END,
        timeline_id
    FROM pg_control_checkpoint()
""")


class ReplicaError(Exception):
    """The replica cannot be used; the message says why."""


class Replica:
    """A worker that compares the replica with the primary every `interval` seconds.

    A look-up asks the replica only while `is_current`: it lacks nothing that the primary had
    committed `max_lag` ago.
    """

    name = "replica"

    def __init__(
        self,
        database: Database,
        *,
        primary: Database,
        max_lag: timedelta,
        interval: float = INTERVAL,
    ) -> None:
        self._database = database
        self._primary = primary
        self._max_lag = max_lag.total_seconds()
        self._interval = min(interval, self._max_lag / 4)
        self._current_until = 0.0
        #: When the primary was asked, and its position then; at most one is older than `max_lag`.
        self._positions: deque[tuple[float, int]] = deque()
        self._outages = OutageLog(lambda: self.is_current, what="replica")
        self._stopped = threading.Event()

    @property
    def is_current(self) -> bool:
        """Whether the replica may be asked."""
        return time.monotonic() < self._current_until

    def compile(self, statement: "sa.Select[*tuple[Any, ...]]") -> Select:
        """Return a fast form of a select that runs often, for the replica."""
        return self._database.compile(statement)

    def set_aside(self, error: Exception) -> None:
        """Do not ask the replica until it has answered the worker."""
        self._current_until = 0.0
        self._outages.report("sys_replica_unavailable", error, level=logging.WARNING)

    def work(self) -> None:
        """Compare the servers until `stop`; survives any error."""
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self._interval
            try:
                self.look()
            except Exception as error:  # requests ask the primary meanwhile
                self.set_aside(error)

    def stop(self) -> None:
        """Let `work` return."""
        self._stopped.set()

    def look(self) -> None:
        """Compare the servers once; raises `ReplicaError`, or the error of one of them."""
        asked_at = time.monotonic()
        while len(self._positions) > 1 and self._positions[1][0] < asked_at - self._max_lag:
            self._positions.popleft()
        written, timeline = _position(self._primary, _WRITTEN)
        self._positions.append((asked_at, written))
        replayed, replayed_timeline = _position(self._database, _REPLAYED)
        if replayed is None:
            raise ReplicaError("it is no standby")
        if replayed_timeline != timeline:
            raise ReplicaError("it follows another primary")
        while self._positions and self._positions[0][1] <= replayed:
            self._current_until = self._positions.popleft()[0] + self._max_lag
        if self._positions and self._positions[0][0] < time.monotonic() - self._max_lag:
            self._positions.clear()
            raise ReplicaError(f"it is more than {self._max_lag:.0f} s behind the primary")

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self._outages.stop()
        self._database.dispose()

    def forget_connections(self) -> None:
        """Leave all connections to the parent of this process, which has just been forked."""
        self._outages.forget_thread()
        self._database.forget_connections()


def _position(database: Database, select: "sa.TextClause") -> Any:
    """Return a position in the write-ahead log, and its timeline."""
    with database.read_engine.connect() as connection:
        return connection.execute(select).one()
