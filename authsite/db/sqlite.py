"""How SQLite is opened, begins transactions and waits for its write lock."""

import os
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session

#: Execution options of engines: transactions write; the last of them may be lost in a power cut.
WRITER, RELAXED = "authsite_writer", "authsite_relaxed"
#: Seconds between two attempts at SQLite's write lock. Its own busy handler sleeps up to 100 ms and
#: then loses to later writers; short random pauses starve none.
_MIN_PAUSE, _MAX_PAUSE = 0.0005, 0.004
_BEGIN_TO_WRITE = "BEGIN IMMEDIATE"
#: Seconds that a statement outside a write transaction waits for a lock on SQLite.
READ_TIMEOUT = 1.0


def create_private_files(engine: Engine) -> None:
    """Let the engine create its file with mode 0600, whatever the umask.

    SQLite would create it readable for all users of the machine. `-wal` and `-shm` get the mode of
    the file. One that exists keeps its mode.
    """
    sa.event.listen(engine, "do_connect", _create_file)


def _create_file(_dialect: object, _record: object, args: list[str], options: Any) -> None:
    name = args[0]
    if options.get("uri"):
        name = unquote(name.removeprefix("file:").partition("?")[0])
    with suppress(OSError):  # it exists; or SQLite fails as well, and reports it
        # The real path: SQLite follows a link to a file that does not exist yet.
        handle = os.open(os.path.realpath(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.fchmod(handle, 0o600)
        finally:
            os.close(handle)


def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
    """Switch to WAL, foreign keys and secure deletes, and leave transactions to SQLAlchemy."""
    # The driver begins transactions too late for a lock and too early for DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Deleted rows are overwritten, however SQLite was built.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def prepare_migration(connection: sqlite3.Connection, _record: object) -> None:
    """Switch to WAL, and leave transactions to SQLAlchemy, without foreign keys.

    They are off while tables are rebuilt: dropping the former table would cascade.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=OFF")


def find_broken_keys(connection: Connection) -> set[tuple[object, ...]]:
    """Return the rows, of any table, that refer to a row that does not exist."""
    return {tuple(row) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}


def restart_log(engine: Engine, *, truncate: bool = False) -> None:
    """Copy the write-ahead log to the database file, so that the next writer starts it again.

    `truncate` empties it, too: otherwise it keeps what pages contained until it is written over.

    SQLite does so by itself only when no other connection writes at that moment: two processes that
    write all the time let the log grow by gigabytes. Does nothing on other databases.
    """
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as connection:
            cursor = connection.cursor()
            # Other writers go on during the first, which leaves little to the second.
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            cursor.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'RESTART'})")


class LockingBegin:
    """Begins a transaction, with the write lock for a writer."""

    def __init__(self, timeout: timedelta) -> None:
        self._timeout = timeout.total_seconds()
        milliseconds = min(self._timeout, READ_TIMEOUT) * 1000
        self._restore_busy_timeout = f"PRAGMA busy_timeout = {milliseconds:.0f}"

    def __call__(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(WRITER):
            connection.exec_driver_sql("BEGIN")
            return
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        durability = f"PRAGMA synchronous = {'NORMAL' if options.get(RELAXED) else 'FULL'}"
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
                if not is_busy(error):
                    return False
            else:
                return True
            time.sleep(random.uniform(_MIN_PAUSE, _MAX_PAUSE))  # noqa: S311 - no secret
        return False


def lock_when_begun(dbsession: Session) -> None:
    """Let the dbsession of a host application take the write lock when its transaction begins.

    By default the driver takes it for the first change: a transaction that has read before then
    fails at once if another one has written meanwhile. The host's own way to begin is kept.
    """
    sa.event.listen(dbsession, "after_begin", _take_lock)


def lock_now(dbsession: Session) -> None:
    """Begin a transaction on SQLite if the dbsession of a test has not begun one yet.

    The driver begins none for a savepoint, which would commit at its end.
    """
    _take_lock(dbsession, None, dbsession.connection())


def _take_lock(_dbsession: Session, _transaction: object, connection: Connection) -> None:
    driver_connection = connection.connection.dbapi_connection
    if not getattr(driver_connection, "in_transaction", True):  # false on SQLite only
        connection.exec_driver_sql(_BEGIN_TO_WRITE)


def is_worth_retrying(error: Exception) -> bool:
    """Whether SQLite was busy for SQLAlchemy's error, and has not waited for the write lock."""
    is_begin = getattr(error, "statement", None) == _BEGIN_TO_WRITE
    return not is_begin and is_busy(getattr(error, "orig", None))


def result_code(error: BaseException | None) -> int | None:
    """Return SQLite's primary result code of the driver's error; None for other errors."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def is_busy(error: BaseException | None) -> bool:
    """Whether the driver's error says that another connection has the lock."""
    return result_code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class BusyHandler:
    """Marks errors of a busy SQLite as retryable, except those of `BEGIN IMMEDIATE`.

    That has already waited as long as a request may wait.
    """

    def __init__(self, mark_retryable: Callable[[Exception], object]) -> None:
        self._mark_retryable = mark_retryable

    def __call__(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if error is not None and is_worth_retrying(error):
            self._mark_retryable(error)
