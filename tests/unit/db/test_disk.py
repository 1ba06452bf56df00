"""A full disk is found by a temporary file, and the look leaves nothing behind."""

import errno
import resource

import psycopg
import pytest
import sqlalchemy as sa

from authsite.db.disk import is_disk_full


def look(services):
    with services.database.read_engine.connect() as connection:
        return is_disk_full(connection)


def test_disk_with_room_is_not_full(services):
    assert not look(services)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_temporary_file_that_postgresql_refuses_is_a_full_disk(services):
    with services.database.read_engine.connect() as connection:
        connection.exec_driver_sql("SET temp_file_limit = '512kB'")
        assert is_disk_full(connection)
        assert connection.exec_driver_sql("SHOW work_mem").scalar_one() != "64kB"
        connection.exec_driver_sql("RESET temp_file_limit")
        assert not is_disk_full(connection)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_other_errors_are_not_of_the_disk(services):
    def cancel(_connection, _cursor, statement, *_rest):
        if "unnest" in statement:
            raise sa.exc.OperationalError(statement, None, psycopg.errors.QueryCanceled())

    engine = services.database.read_engine
    sa.event.listen(engine, "before_cursor_execute", cancel)
    with pytest.raises(sa.exc.OperationalError):
        look(services)
    sa.event.remove(engine, "before_cursor_execute", cancel)
    assert not look(services)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connection_lost_during_the_look_is_named(services):
    def end(connection, _cursor, statement, *_rest):
        if "unnest" in statement:
            with services.database.engine.connect() as other:
                process = connection.connection.dbapi_connection.info.backend_pid
                other.exec_driver_sql(f"SELECT pg_terminate_backend({process})")

    engine = services.database.read_engine
    sa.event.listen(engine, "before_cursor_execute", end)
    with pytest.raises(sa.exc.OperationalError, match="terminating connection"):
        look(services)
    sa.event.remove(engine, "before_cursor_execute", end)
    assert not look(services)


@pytest.fixture
def small_files(services):
    """Let this process write files of a few bytes only, beyond those of an open database."""
    look(services)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_file_that_cannot_grow_is_a_full_disk(services, small_files):
    assert look(services)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_folder_without_rights_is_not_a_full_disk(services, monkeypatch):
    def refuse(**_options):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert not look(services)
