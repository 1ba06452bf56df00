"""SQLite: pragmas, and a write lock that is taken first."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyramid_retry import IRetryableError, mark_error_retryable
from transaction import TransactionManager

from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.db.sqlite import restart_log

LONG_TIMEOUT, SHORT_TIMEOUT = timedelta(seconds=60), timedelta(milliseconds=1)


@pytest.fixture
def a_database(tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Open the same file repeatedly, as several processes do."""
    opened = []

    def a_database(wait: timedelta = LONG_TIMEOUT) -> Database:
        url = sa.make_url(f"sqlite:///{tmp_path}/authsite.sqlite")
        opened.append(Database(url, pool_size=2, timeout=wait, mark_retryable=mark_error_retryable))
        return opened[-1]

    with a_database().read_engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    yield a_database
    for database in opened:
        database.dispose()


def is_locked(path: Path) -> bool:
    """Whether a connection has the write lock."""
    connection = sqlite3.connect(path / "authsite.sqlite", timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        connection.close()


def test_restart_log_moves_changes_into_the_database_file(a_database, tmp_path):
    database = a_database()
    restart_log(database.write_engine)
    with database.write_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE counter SET value = 7")
    assert value_in_copy(tmp_path) == 0
    restart_log(database.write_engine)
    assert value_in_copy(tmp_path) == 7


def value_in_copy(path: Path) -> int:
    """Return the value in a copy of the file without its write-ahead log."""
    copy = path / "copy.sqlite"
    copy.write_bytes((path / "authsite.sqlite").read_bytes())
    with closing(sqlite3.connect(copy)) as connection:
        value: int = connection.execute("SELECT value FROM counter").fetchone()[0]
    return value


@pytest.mark.parametrize("which", ["engine", "read_engine"])
@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 1000)],
)
def test_connection_has_its_pragmas(a_database, which, pragma, value):
    with getattr(a_database(), which).connect() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.parametrize(("wait", "milliseconds"), [(LONG_TIMEOUT, 1000), (SHORT_TIMEOUT, 1)])
def test_statements_wait_at_most_a_second(a_database, wait, milliseconds):
    """A writer waits for the lock before its transaction begins, not within."""
    database = a_database(wait)
    with database.read_engine.connect() as reader, database.write_engine.begin() as writer:
        for connection in (reader, writer):
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == milliseconds


def test_writer_takes_the_write_lock_before_it_reads(a_database, tmp_path):
    manager = TransactionManager(explicit=True)
    with manager:
        session = a_database().write_dbsession(manager)
        assert not is_locked(tmp_path)
        session.execute(sa.text("SELECT value FROM counter"))
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_reader_takes_no_write_lock(a_database, tmp_path):
    database = a_database()
    with database.read_dbsession() as session, database.read_engine.connect() as connection:
        session.execute(sa.text("SELECT value FROM counter"))
        connection.exec_driver_sql("SELECT value FROM counter")
        assert not is_locked(tmp_path)


def test_writer_waits_for_the_write_lock(a_database, tmp_path):
    database = a_database()

    def add_one() -> None:
        with database.write_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE counter SET value = value + 1")

    holder = sqlite3.connect(tmp_path / "authsite.sqlite", isolation_level=None)
    with ThreadPoolExecutor(1) as pool:
        holder.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(add_one)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        holder.execute("UPDATE counter SET value = value + 1")
        holder.execute("COMMIT")
        waiting.result(60)
    assert holder.execute("SELECT value FROM counter").fetchone() == (2,)
    holder.close()


def test_simultaneous_writers_lose_no_update(a_database):
    def add_ten(database: Database) -> None:
        for _ in range(10):
            with database.write_engine.begin() as connection:
                value = connection.exec_driver_sql("SELECT value FROM counter").scalar_one()
                connection.exec_driver_sql(f"UPDATE counter SET value = {value + 1}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_ten, [a_database() for _ in range(4)]))
    with a_database().read_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT value FROM counter").scalar_one() == 40


def test_lock_timeout_is_not_retried(a_database):
    hurried = a_database(SHORT_TIMEOUT).write_engine
    with (
        a_database().write_engine.begin(),
        hurried.connect() as connection,
        pytest.raises(DATABASE_UNAVAILABLE) as error,
    ):
        connection.exec_driver_sql("SELECT 1")
    assert not IRetryableError.providedBy(error.value)


def test_reader_that_writes_too_late_is_retried(a_database):
    with a_database().engine.connect() as late, a_database().write_engine.begin() as first:
        late.exec_driver_sql("SELECT value FROM counter")
        first.exec_driver_sql("UPDATE counter SET value = 5")
        first.commit()
        with pytest.raises(DATABASE_UNAVAILABLE) as error:
            late.exec_driver_sql("UPDATE counter SET value = 6")
    assert IRetryableError.providedBy(error.value)


def test_faulty_statement_is_not_retried(a_database):
    with (
        a_database().engine.connect() as connection,
        pytest.raises(sa.exc.OperationalError) as error,
    ):
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert not IRetryableError.providedBy(error.value)


def test_nested_transaction_is_not_retried(a_database):
    with a_database().write_engine.connect() as connection:
        connection.connection.driver_connection.execute("BEGIN")
        with pytest.raises(sa.exc.OperationalError) as error:
            connection.exec_driver_sql("SELECT 1")
    assert not IRetryableError.providedBy(error.value)


@pytest.fixture
def umask():
    """Set the umask during a test."""
    before = os.umask(0)
    yield os.umask
    os.umask(before)


def modes_of(folder: Path) -> dict[str, int]:
    """Return the permissions of each file."""
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


@pytest.mark.asvs("14.2.4")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
@pytest.mark.parametrize("name", ["{folder}/a.sqlite", "file:{folder}/%61.sqlite?uri=true"])
@pytest.mark.parametrize("which", ["read_engine", "write_engine"])
def test_new_file_is_private_whatever_the_umask(tmp_path, umask, mask, name, which):
    umask(mask)
    url = sa.make_url(f"sqlite:///{name.format(folder=tmp_path)}")
    database = Database(url, pool_size=2, timeout=LONG_TIMEOUT)
    with getattr(database, which).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
        connection.commit()
        assert modes_of(tmp_path) == dict.fromkeys(
            ("a.sqlite", "a.sqlite-wal", "a.sqlite-shm"), 0o600
        )
    database.dispose()


def test_new_file_behind_a_link_is_private(tmp_path, umask):
    (tmp_path / "link.sqlite").symlink_to(tmp_path / "target.sqlite")
    database = Database(
        sa.make_url(f"sqlite:///{tmp_path}/link.sqlite"), pool_size=2, timeout=LONG_TIMEOUT
    )
    with database.read_engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (value INTEGER)")
    assert modes_of(tmp_path)["target.sqlite"] == 0o600
    database.dispose()


def test_existing_file_keeps_its_mode(a_database, tmp_path):
    (tmp_path / "authsite.sqlite").chmod(0o640)
    with a_database().read_engine.connect() as connection:
        connection.exec_driver_sql("INSERT INTO counter VALUES (1)")
    assert modes_of(tmp_path)["authsite.sqlite"] == 0o640


def test_file_in_a_missing_folder_is_an_error_of_the_database(tmp_path):
    url = sa.make_url(f"sqlite:///{tmp_path}/missing/a.sqlite")
    database = Database(url, pool_size=2, timeout=LONG_TIMEOUT)
    with pytest.raises(DATABASE_UNAVAILABLE), database.read_engine.connect():
        pass
    database.dispose()
