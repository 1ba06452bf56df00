"""Readiness finds a full disk, and does not write at each probe."""

import resource
import sqlite3
from contextlib import closing, contextmanager

import psycopg
import pytest

from authsite.telemetry.readiness import Readiness

#: Seconds; longer than any test runs.
NEVER = 10_000.0


@contextmanager
def full_disk(database):
    """Let temporary files of this process, or of the sessions of PostgreSQL, stay small."""
    if database.is_sqlite:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    else:
        limit(database, "SET temp_file_limit = '64kB'")
        yield
        limit(database, "RESET temp_file_limit")


def limit(database, change):
    url = database.engine.url.set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} {change}")
    database.drop_connections()  # new sessions start with it


def test_full_disk_is_not_ready_until_there_is_room(services, caplog):
    readiness = Readiness(services.database, disk_interval=0.0)
    assert readiness.problem() is None
    with full_disk(services.database):
        assert readiness.problem() == "disk"
    assert "sys_not_ready: the disk of the database is full" in caplog.text
    assert readiness.problem() is None


def test_probe_between_two_looks_repeats_the_first(services):
    one, other = (Readiness(services.database, disk_interval=NEVER) for _ in range(2))
    assert one.problem() is None
    with full_disk(services.database):
        assert (one.problem(), other.problem()) == (None, "disk")
    assert (one.problem(), other.problem()) == (None, "disk")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_probe_writes_nothing_to_the_database(services):
    with closing(sqlite3.connect(services.database.engine.url.database)) as other:
        before = other.execute("PRAGMA data_version").fetchone()
        assert Readiness(services.database).problem() is None
        assert other.execute("PRAGMA data_version").fetchone() == before
