"""A database that only reads counts as unavailable, and its connections are dropped."""

import sqlite3
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.db.read_only import is_read_only
from tests.processes.servers import until

WRITE = "DELETE FROM authsite_throttle"


@pytest.fixture
def database_at():
    """Return a function for the database at a URL, with a short timeout."""
    made = []

    def connect(url):
        made.append(Database(sa.make_url(url), pool_size=2, timeout=timedelta(seconds=1)))
        return made[-1]

    yield connect
    for each in made:
        each.dispose()


@pytest.fixture
def set_role(database_url):
    """Return a function that changes what new sessions in the database of the tests start with."""
    url = sa.make_url(database_url)
    shown = url.set(drivername="postgresql").render_as_string(hide_password=False)

    def alter(change):
        with psycopg.connect(shown, autocommit=True) as connection:
            connection.execute(
                f"SET transaction_read_only = off; ALTER DATABASE {url.database} {change}"
            )

    yield alter
    alter("RESET ALL")


def read_only(database):
    """Whether the database says that it only reads."""
    with database.read_engine.connect() as connection:
        return is_read_only(connection)


def driver_connections(database):
    """Return the driver's connections that the two pools hand out next."""
    connections = []
    for engine in (database.engine, database.read_engine):
        with engine.connect() as connection:
            connections.append(connection.connection.dbapi_connection)
    return connections


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_read_only_role_is_unavailable_until_it_writes(database_at, database_url, set_role):
    set_role("SET default_transaction_read_only = on")
    database = database_at(database_url)
    for engine in (database.write_engine, database.read_engine, database.relaxed_engine):
        before = driver_connections(database)
        with pytest.raises(DATABASE_UNAVAILABLE) as error, engine.begin() as connection:
            connection.exec_driver_sql(WRITE)
        assert isinstance(error.value.orig, psycopg.errors.ReadOnlySqlTransaction)
        assert not set(before) & set(driver_connections(database))
    assert read_only(database)
    assert not database.is_writable()
    set_role("RESET default_transaction_read_only")
    with pytest.raises(DATABASE_UNAVAILABLE), database.write_engine.begin() as connection:
        connection.exec_driver_sql(WRITE)  # on a connection of before
    with database.write_engine.begin() as connection:
        connection.exec_driver_sql(WRITE)
    assert not read_only(database)
    assert database.is_writable()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_read_only_file_is_unavailable(database_at, database_url):
    path = sa.make_url(database_url).database
    database = database_at(f"sqlite:///file:{path}?mode=ro&uri=true")
    before = driver_connections(database)
    with pytest.raises(DATABASE_UNAVAILABLE) as error, database.write_engine.begin() as connection:
        connection.exec_driver_sql(WRITE)
    assert error.value.orig.sqlite_errorcode == sqlite3.SQLITE_READONLY
    assert not set(before) & set(driver_connections(database))
    assert read_only(database)
    assert not database.is_writable()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_locked_file_is_not_read_only(database_at, database_url):
    database = database_at(database_url)
    with database.write_engine.begin():
        assert not read_only(database)
    assert not read_only(database)


def test_missing_database_is_not_writable(database_at):
    database = database_at("sqlite:////nonexistent/site.sqlite")
    assert not database.is_writable()


def test_damaged_file_is_not_writable(database_at, tmp_path):
    (tmp_path / "site.sqlite").write_bytes(b"damaged" * 1000)
    assert not database_at(f"sqlite:///{tmp_path}/site.sqlite").is_writable()


def test_database_without_tables_is_not_taken_for_a_locked_one(database_at, tmp_path):
    database = database_at(f"sqlite:///{tmp_path}/site.sqlite")
    with pytest.raises(sa.exc.OperationalError, match="no such table"):
        read_only(database)


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "transaction_timeout"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_transaction_that_postgresql_ends_is_unavailable(
    database_at, database_url, services, setting
):
    of_session = sa.text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
    with (
        database_at(database_url).engine.connect() as connection,
        services.database.read_engine.connect() as other,
    ):
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.exec_driver_sql(f"SET LOCAL {setting} = '10ms'")
        until(lambda: not other.execute(of_session, {"pid": pid}).scalar_one(), "its end")
        with pytest.raises(DATABASE_UNAVAILABLE):
            connection.exec_driver_sql("SELECT 1")
