"""The checks of database, migrations and clock; and that none of them changes anything."""

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

from authsite.clock import utc_now
from authsite.db.postgresql import driver_url
from authsite.db.revision import HEAD
from authsite.doctor.checks import CHECKS
from authsite.doctor.examine import examine
from authsite.doctor.finding import Status
from tests.site.test_former_version import add_versions
from tests.unit.doctor.findings import (
    fails,
    findings_of,
    passes,
    warns,
)
from tests.unit.doctor.unprivileged import as_unprivileged


@pytest.fixture
def on(a_subject):
    """Return a site on the database of a URL."""
    return lambda url, **subject: a_subject(app={"sqlalchemy.url": url}, **subject)


def found_after_all(subject, name):
    """Return what is found, after the checks that this one needs."""
    return [each for each in examine(subject, checks=CHECKS) if each.check == name]


def test_database_answers(on, database_url):
    message = passes(on(database_url), "database")
    version = "SQLite 3." if database_url.startswith("sqlite") else "PostgreSQL "
    assert message.startswith(version)


def test_database_needs_a_url(on):
    assert "sqlalchemy.url is missing" in fails(on(None), "database")


def test_database_needs_its_file(on, tmp_path):
    subject = on(f"sqlite:///{tmp_path}/none.sqlite")
    assert fails(subject, "database") == f"There is no file {tmp_path}/none.sqlite."
    assert not (tmp_path / "none.sqlite").exists()


def test_database_rejects_another_file(on, tmp_path):
    (tmp_path / "other.sqlite").write_text("no database, but a text that is long enough to be one")
    subject = on(f"sqlite:///{tmp_path}/other.sqlite")
    [found] = found_after_all(subject, "database")
    assert (found.status, found.message) == (
        Status.FAIL,
        "No connection: file is not a database",
    )


def test_database_must_be_readable(migrated, opened):
    migrated.database_file.chmod(0o000)
    with as_unprivileged():
        message = fails(migrated, "database")
    assert message.startswith("No connection: ")
    assert "Permission denied" in message


def test_database_needs_its_driver(on, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    message = fails(on("postgresql://db.example.com/site"), "database")
    assert message.startswith("The driver is missing: ")


def test_database_outage_is_reported_without_the_password(on, tmp_path):
    subject = on(f"postgresql://ada:hush-hush-hush@/site?host={tmp_path}")
    message = fails(subject, "database")
    assert message.startswith("No connection: ")
    assert "hush-hush" not in message


def test_database_must_answer_in_time(on):
    """It accepts the connection and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ada@127.0.0.1:{silent.getsockname()[1]}/site"
        [found] = findings_of(on(url, timeout=1.0), "database")
    assert found.status is Status.FAIL
    assert found.message.startswith("No connection: ")


def test_database_that_is_slow_is_a_warning(on, database_url, monkeypatch):
    monkeypatch.setattr("authsite.doctor.database._SLOW", 0.0)
    assert "answers in" in warns(on(database_url), "database")


def test_database_rejects_an_old_sqlite(on, migrated, monkeypatch):
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    assert fails(migrated, "database").startswith("SQLite")


def test_migrations_pass_at_the_head(on, database_url):
    assert passes(on(database_url), "migrations").endswith("the head.")


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_migrations_that_are_missing_fail(backend, on, tmp_path, postgresql, migrate):
    url = f"sqlite:///{tmp_path}/old.sqlite"
    if backend == "postgresql":
        url = postgresql.new_database()
    migrate(url, "0003")
    message = fails(on(url), "migrations")
    assert f"at 0003, the code needs {HEAD}" in message
    assert "run `authsite migrate`" in findings_of(on(url), "migrations")[0].fix


def test_migrations_are_needed_in_an_empty_database(on, postgresql):
    assert f"no tables of authsite, the code needs {HEAD}" in fails(
        on(postgresql.new_database()), "migrations"
    )


def set_revision(subject, revision):
    """Set the last migration of an SQLite file."""
    engine = sa.create_engine(subject.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE authsite_version SET version_num = '{revision}'")
    engine.dispose()


def test_migrations_of_newer_code_are_a_warning(migrated):
    """An upgrade migrates first, while servers still run the previous version."""
    set_revision(migrated, "9999")
    assert "at 9999, newer" in warns(migrated, "migrations")


def test_migrations_of_another_site_fail(migrated):
    set_revision(migrated, "0001a")
    assert "at 0001a, unknown" in fails(migrated, "migrations")


@pytest.mark.parametrize("heads", [("2f0c",), (HEAD,), ("2f0c", "77ab")])
def test_migrations_of_an_application_do_not_count(on, postgresql, migrate, heads):
    url = postgresql.new_database()
    engine = sa.create_engine(driver_url(sa.make_url(url)))
    add_versions(engine, *heads)
    assert "no tables of authsite" in fails(on(url), "migrations")
    migrate(url)
    assert passes(on(url), "migrations").endswith("the head.")
    engine.dispose()


def test_version_table_of_former_code_is_named(migrated):
    engine = sa.create_engine(migrated.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE authsite_version")
    add_versions(engine, "0012")
    engine.dispose()
    message = fails(migrated, "migrations")
    assert message == "The database is at 0012, in the table alembic_version of former code."


def test_clock_agrees(on, database_url):
    passes(on(database_url), "clock")


@pytest.mark.parametrize(("seconds", "side"), [(-60, "behind"), (60, "ahead of")])
def test_clock_that_differs_is_named_with_its_side(on, postgresql, seconds, side):
    subject = on(postgresql.new_database())
    with time_machine.travel(utc_now() + timedelta(seconds=seconds)):
        message = fails(subject, "clock")
    assert message == f"This machine's clock is 60 s {side} the database's."


def test_clock_behind_its_files_fails(migrated):
    """As after a start without a battery."""
    later = utc_now().timestamp() + 3600
    os.utime(migrated.database_file, (later, later))
    assert fails(migrated, "clock").startswith("This clock is 3")


def snapshot(folder: Path):
    """Return content, mode and time of the files in a folder."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.iterdir()
    }


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
@pytest.mark.parametrize("in_use", [False, True])
def test_examining_changes_nothing(migrated, tmp_path, mode, in_use):
    """No file of WAL appears or disappears, and the mode is kept."""
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


def test_examining_sees_what_was_just_written(migrated):
    """It is only in the -wal file."""
    engine = sa.create_engine(migrated.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("UPDATE authsite_version SET version_num = '9999'")
        connection.commit()
        assert "at 9999" in warns(migrated, "migrations")
    engine.dispose()


def test_engine_for_postgresql_is_read_only(on, postgresql):
    subject = on(postgresql.new_database())
    with (
        subject.read_only_engine.connect() as connection,
        pytest.raises(sa.exc.DBAPIError) as refused,
    ):
        connection.exec_driver_sql("CREATE TABLE t (n int)")
    assert isinstance(refused.value.orig, psycopg.errors.ReadOnlySqlTransaction)


def test_engine_keeps_the_options_of_the_url(on, postgresql):
    url = f"{postgresql.new_database()}&options=-c%20search_path%3Dpg_catalog"
    with on(url).read_only_engine.connect() as connection:
        path = connection.exec_driver_sql("SHOW search_path").scalar_one()
    assert path == "pg_catalog"


def test_database_file_of_a_uri_is_found(on, migrated):
    subject = on(f"sqlite:///file:{migrated.database_file}?uri=true")
    assert subject.database_file == migrated.database_file
    passes(subject, "migrations")


def test_database_file_with_special_characters_is_found(on, migrated, tmp_path):
    strange = tmp_path / "a %41?b=#.sqlite"
    shutil.copy(migrated.database_file, strange)
    subject = on(
        None,
        environ={"DATABASE_URL": sa.URL.create("sqlite", database=str(strange)).render_as_string()},
    )
    passes(subject, "migrations")


@pytest.mark.parametrize("attribute", ["read-write", "primary"])
def test_primary_is_found_among_several_hosts(on, postgresql, attribute, tmp_path):
    """Examining is read-only, and yet finds the host that accepts writes."""
    url = sa.make_url(postgresql.new_database())
    hosts = f"{tmp_path},{url.query['host']}"
    several = url.set(query={"host": hosts, "target_session_attrs": attribute})
    passes(on(several.render_as_string(hide_password=False)), "database")
