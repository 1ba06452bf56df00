"""The engines of the database: one for transactions, one for reads; and how SQLite locks."""

import random
import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session
from transaction import TransactionManager
from zope.sqlalchemy.datamanager import STATUS_CHANGED, join_transaction

from authsite.db.compiled_select import CompiledSelect

#: Errors of a database that cannot be reached or is too busy, unlike errors of the code.
DATABASE_UNAVAILABLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)

_WRITER = "authsite_writer"
_RELAXED = "authsite_relaxed"
#: Seconds between two attempts at SQLite's write lock. Its own busy handler sleeps up to 100 ms and
#: then loses to later writers; short random pauses starve none.
_MIN_PAUSE, _MAX_PAUSE = 0.0005, 0.004
_BEGIN_TO_WRITE = "BEGIN IMMEDIATE"
#: Seconds that a statement outside a write transaction waits for a lock on SQLite.
_READ_TIMEOUT = 1.0


def _do_not_retry(_error: Exception) -> None:
    """Mark nothing: only requests are retried."""


class Database:
    """The two engines of one process.

    `read_engine` is in autocommit: a read is one statement and no transaction. Transactions run on
    `engine`; those of `write_engine` take SQLite's write lock when they begin, since a transaction
    that reads before it writes fails if another one has written meanwhile.
    """

    def __init__(
        self,
        url: URL,
        *,
        pool_size: int,
        timeout: timedelta,
        mark_retryable: Callable[[Exception], object] = _do_not_retry,
    ) -> None:
        pool: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": timeout.total_seconds(),
            "pool_use_lifo": True,  # the connection used last has its pages in its cache
            "hide_parameters": True,  # errors are logged; hashes and digests must not be
        }
        sqlite = url.get_backend_name() == "sqlite"
        if sqlite:
            pool["paramstyle"] = "named"  # as PostgreSQL's driver has it
            # Readers only wait after a crash, until the first one has recovered the file.
            pool["connect_args"] = {"timeout": min(timeout.total_seconds(), _READ_TIMEOUT)}
        else:
            url = url.set(drivername="postgresql+psycopg")
            pool["connect_args"] = _postgresql_arguments(timeout, url)
            pool["pool_pre_ping"] = True
        self.engine = sa.create_engine(url, **pool)
        if sqlite:
            pool["pool_size"] = 0  # no limit: compiled selects keep theirs, one a thread at most
        self.read_engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, **pool
        )
        if sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.read_engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _SqliteBegin(timeout))
            sa.event.listen(self.engine, "handle_error", _BusyHandler(mark_retryable))
        else:
            sa.event.listen(self.engine, "begin", _begin_on_postgresql)
        self._compiled: list[CompiledSelect] = []
        #: `engine` again, for transactions that write.
        self.write_engine = self.engine.execution_options(**{_WRITER: True})
        #: `write_engine` without the wait for the disk, for throttle counts: a power cut may lose
        #: the last of them, but nothing that other transactions have committed.
        self.relaxed_engine = self.write_engine.execution_options(**{_RELAXED: True})

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, where one statement at a time may write."""
        return self.engine.dialect.name == "sqlite"

    def read_dbsession(self) -> Session:
        """Return a session for reads; its changes are not committed."""
        return Session(self.engine)

    def write_dbsession(self, manager: TransactionManager) -> Session:
        """Return a session that commits when the transaction of `manager` does.

        It counts as changed from the start: zope.sqlalchemy would not notice Core statements.
        """
        session = Session(self.write_engine)
        join_transaction(session, STATUS_CHANGED, manager)
        return session

    def compile(self, statement: "sa.Select[*tuple[Any, ...]]") -> CompiledSelect:
        """Return a fast form of a select that runs often, in autocommit."""
        compiled = CompiledSelect(statement, self.read_engine)
        self._compiled.append(compiled)
        return compiled

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        for compiled in self._compiled:
            compiled.close()
        self.engine.dispose()
        self.read_engine.dispose()


def _postgresql_arguments(timeout: timedelta, url: URL) -> dict[str, Any]:
    seconds = max(1, round(timeout.total_seconds()))
    return {
        "connect_timeout": max(2, min(seconds, 5)),
        "application_name": "authsite",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
        "options": f"{url.query.get('options', '')} -c lock_timeout={seconds}s "
        f"-c statement_timeout={3 * seconds}s -c timezone=UTC "
        f"-c idle_in_transaction_session_timeout={6 * seconds}s",
    }


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver begins transactions too late for a lock and too early for DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


class _SqliteBegin:
    """Begins a transaction, with the write lock for a writer."""

    def __init__(self, timeout: timedelta) -> None:
        self._timeout = timeout.total_seconds()
        milliseconds = min(self._timeout, _READ_TIMEOUT) * 1000
        self._restore_busy_timeout = f"PRAGMA busy_timeout = {milliseconds:.0f}"

    def __call__(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(_WRITER):
            connection.exec_driver_sql("BEGIN")
            return
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        durability = f"PRAGMA synchronous = {'NORMAL' if options.get(_RELAXED) else 'FULL'}"
        try:
            if not self._take_write_lock(cursor, durability):
                connection.exec_driver_sql(_BEGIN_TO_WRITE)  # raises the error of SQLAlchemy
        finally:
            cursor.execute(self._restore_busy_timeout)
            cursor.close()

    def _take_write_lock(self, cursor: DBAPICursor, durability: str) -> bool:
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            try:
                cursor.execute(durability)
                cursor.execute(_BEGIN_TO_WRITE)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    return False
            else:
                return True
            time.sleep(random.uniform(_MIN_PAUSE, _MAX_PAUSE))  # noqa: S311 - no secret
        return False


def _begin_on_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_RELAXED):
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _is_busy(error: BaseException | None) -> bool:
    original = getattr(error, "orig", error)
    code = getattr(original, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class _BusyHandler:
    """Marks errors of a busy SQLite as retryable, except those of `BEGIN IMMEDIATE`.

    That has already waited as long as a request may wait.
    """

    def __init__(self, mark_retryable: Callable[[Exception], object]) -> None:
        self._mark_retryable = mark_retryable

    def __call__(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if error is None or not _is_busy(context.original_exception):
            return
        if context.statement != _BEGIN_TO_WRITE:
            self._mark_retryable(error)
