"""Whether the database answers, has the tables that are needed, and goes by the same clock."""

import os
import shutil
import socket
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import time_machine

from authsite.checks.examination import CHECKS, examine
from authsite.checks.finding import Status
from authsite.clock import utc_now
from tests.unit.checks.nobody import as_nobody
from tests.unit.checks.saying import (
    is_doubtful,
    is_fine,
    is_wrong,
    looked_at,
    looked_at_in_time,
)


@pytest.fixture
def on(a_setup):
    """Make a setup on the database of a URL."""
    return lambda url, **setup: a_setup(app={"sqlalchemy.url": url}, **setup)


def told(setup, name):
    """Return what is found in the end, after the checks that this one needs."""
    return [each for each in examine(setup, checks=CHECKS) if each.check == name]


def test_a_database_that_answers_is_fine(on, database_url):
    said = is_fine(on(database_url), "database")
    kind = "SQLite 3." if database_url.startswith("sqlite") else "PostgreSQL "
    assert said.startswith(kind)


def test_no_url_is_wrong(on):
    assert "sqlalchemy.url is missing" in is_wrong(on(None), "database")


def test_a_file_that_is_not_there_is_named(on, tmp_path):
    setup = on(f"sqlite:///{tmp_path}/none.sqlite")
    assert is_wrong(setup, "database") == f"there is no file {tmp_path}/none.sqlite"
    assert not (tmp_path / "none.sqlite").exists()


def test_a_file_that_is_no_database_is_told(on, tmp_path):
    (tmp_path / "other.sqlite").write_text("no database, but a text that is long enough to be one")
    setup = on(f"sqlite:///{tmp_path}/other.sqlite")
    [found] = told(setup, "database")
    assert (found.status, found.seen) == (
        Status.WRONG,
        "no connection: file is not a database",
    )


def test_a_file_that_may_not_be_read_is_told(migrated, opened):
    migrated.database_file.chmod(0o000)
    with as_nobody():
        said = is_wrong(migrated, "database")
    assert said.startswith("no connection: ")
    assert "Permission denied" in said


def test_a_driver_that_is_missing_is_told(on, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = is_wrong(on("postgresql://db.example.com/site"), "database")
    assert said.startswith("no driver: ")


def test_a_server_that_is_away_is_told_without_the_password(on, tmp_path):
    setup = on(f"postgresql://ada:hush-hush-hush@/site?host={tmp_path}")
    said = is_wrong(setup, "database")
    assert said.startswith("no connection: ")
    assert "hush-hush" not in said


def test_a_server_that_never_answers_is_waited_for_a_bounded_time(on):
    """It takes the connection, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ada@127.0.0.1:{silent.getsockname()[1]}/site"
        found = looked_at_in_time(on(url, patience=1.0), "database")
    assert found.status is Status.WRONG
    assert found.seen.startswith("no connection: ")


def test_a_database_that_is_far_away_is_doubtful(on, database_url, monkeypatch):
    monkeypatch.setattr("authsite.checks.database._SLOW", 0.0)
    assert "several at every page" in is_doubtful(on(database_url), "database")


def test_an_old_sqlite_is_wrong(on, migrated, monkeypatch):
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    assert is_wrong(migrated, "database").startswith("SQLite")


def test_a_database_at_the_head_is_fine(on, database_url):
    assert is_fine(on(database_url), "migrations").endswith("the head")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_is_behind_is_wrong(kind, on, tmp_path, postgresql, migrate):
    url = f"sqlite:///{tmp_path}/old.sqlite"
    if kind == "postgresql":
        url = postgresql.new_database()
    migrate(url, "0003")
    said = is_wrong(on(url), "migrations")
    assert said.startswith("the database is at 0003, the code needs 000")
    assert looked_at(on(url), "migrations")[0].mend.endswith("upgrade head`")


def test_an_empty_database_is_wrong(on, postgresql):
    assert "at nothing at all" in is_wrong(on(postgresql.new_database()), "migrations")


def let_be_at(setup, revision):
    """Let a file of SQLite say that it has seen this migration last."""
    engine = sa.create_engine(setup.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
    engine.dispose()


def test_a_database_that_newer_code_has_migrated_is_doubtful(migrated):
    """An upgrade migrates first, and the servers of the former version go on for a while."""
    let_be_at(migrated, "9999")
    assert "at 9999, this code knows 000" in is_doubtful(migrated, "migrations")


def test_a_database_of_other_migrations_is_wrong(migrated):
    let_be_at(migrated, "0001a")
    assert "at 0001a, which this code does not know" in is_wrong(migrated, "migrations")


@pytest.mark.parametrize("lines", [{}, {"script_location": "/nowhere"}])
def test_where_there_are_no_migrations_to_compare_with_that_is_told(a_setup, migrated, lines):
    setup = a_setup(more={"alembic": lines})
    assert "no migrations to compare with" in is_doubtful(setup, "migrations")


def test_clocks_that_agree_are_fine(on, database_url):
    assert "this machine" in is_fine(on(database_url), "clock")


@pytest.mark.parametrize("seconds", [-60, 60])
def test_clocks_that_do_not_are_wrong(on, postgresql, seconds):
    setup = on(postgresql.new_database())
    with time_machine.travel(utc_now() + timedelta(seconds=seconds)):
        assert "are 60 s apart" in is_wrong(setup, "clock")


def test_a_clock_that_is_behind_its_files_is_wrong(migrated):
    """As after a start without a battery."""
    later = utc_now().timestamp() + 3600
    os.utime(migrated.database_file, (later, later))
    assert is_wrong(migrated, "clock").startswith("the clock is 3")


def snapshot(folder: Path):
    """Return all that there is to know of the files in a folder."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
@pytest.mark.parametrize("in_use", [False, True])
def test_nothing_is_changed_by_looking(migrated, tmp_path, mode, in_use):
    """No companion of the file appears or goes, and it is not switched to WAL."""
    engine = sa.create_engine(migrated.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
        connection.exec_driver_sql("UPDATE authsite_purge_run SET started_at = '2026-01-01'")
        connection.commit()
        if not in_use:
            connection.invalidate()
        before = snapshot(tmp_path)
        list(examine(migrated))
        after = snapshot(tmp_path)
    engine.dispose()
    for each in (before, after):  # the marks of readers, which are no content
        each.pop("site.sqlite-shm", None)
    assert after == before


def test_what_a_site_has_just_written_is_seen(migrated):
    """It is in the -wal alone."""
    engine = sa.create_engine(migrated.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
        assert "at 9999" in is_doubtful(migrated, "migrations")
    engine.dispose()


def test_postgresql_can_only_be_read(on, postgresql):
    setup = on(postgresql.new_database())
    with setup.looking.connect() as connection, pytest.raises(sa.exc.DBAPIError) as refused:
        connection.exec_driver_sql("CREATE TABLE t (n int)")
    assert isinstance(refused.value.orig, psycopg.errors.ReadOnlySqlTransaction)


def test_the_options_of_a_url_are_kept(on, postgresql):
    url = f"{postgresql.new_database()}&options=-c%20search_path%3Dpg_catalog"
    with on(url).looking.connect() as connection:
        asked = connection.exec_driver_sql("SHOW search_path").scalar_one()
    assert asked == "pg_catalog"


def test_a_file_of_a_uri_is_found(on, migrated):
    setup = on(f"sqlite:///file:{migrated.database_file}?uri=true")
    assert setup.database_file == migrated.database_file
    is_fine(setup, "migrations")


def test_a_path_with_strange_letters_is_found(on, migrated, tmp_path):
    strange = tmp_path / "a %41?b=#.sqlite"
    shutil.copy(migrated.database_file, strange)
    setup = on(
        None,
        environ={"DATABASE_URL": sa.URL.create("sqlite", database=str(strange)).render_as_string()},
    )
    is_fine(setup, "migrations")
