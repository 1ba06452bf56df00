"""`authsite migrate`: the tables of authsite in the database of an application."""

import os
import sqlite3
import sys

import pytest
import sqlalchemy as sa

from authsite.db.revision import HEAD, VERSION_TABLE
from tests.shell import refusal, run, write_ini
from tests.site.test_former_version import add_versions, former, versions_of  # noqa: F401
from tests.site.test_migrations import schema_of, search_of

CREATED = f"Created the tables at revision {HEAD}.\n"
UNCHANGED = f"The tables are at revision {HEAD}, the last one.\n"


@pytest.fixture
def ini(tmp_path, empty_url):
    """The ini file of an application that cannot be loaded, on an empty database."""
    lines = {"use": "call:no_such_module:main", "sqlalchemy.url": empty_url}
    return write_ini(tmp_path / "app.ini", lines)


def migrated(*arguments):
    """Run the command; return its output, all of it on stdout."""
    done = run("migrate", *arguments)
    assert done.stderr == ""
    return done.stdout


def test_migrate_creates_the_tables_and_can_be_repeated(ini, empty_url, engine, migrate):
    """A new site does not run the first migrations, and has the same tables."""

    def state():
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT * FROM authsite_purge_run").all()
        return schema_of(engine), search_of(engine), rows

    migrate(empty_url)
    expected = state()
    migrate(empty_url, "base", down=True)
    assert migrated(ini) == CREATED
    assert state() == expected
    assert migrated(ini) == UNCHANGED
    assert state() == expected


def test_migrate_says_from_where_it_came(ini, empty_url, migrate):
    migrate(empty_url, "0007")
    assert migrated(ini) == f"Migrated the tables from revision 0007 to {HEAD}.\n"


def test_migrate_leaves_the_tables_of_the_application(ini, engine):
    """Its version table may have several heads, as after a merge of branches."""
    add_versions(engine, "2f0c", "77ab")
    with engine.begin() as connection:
        connection.exec_driver_sql('CREATE TABLE "user" (id INTEGER PRIMARY KEY)')
        connection.exec_driver_sql('INSERT INTO "user" VALUES (7)')
    assert (migrated(ini), migrated(ini)) == (CREATED, UNCHANGED)
    assert versions_of(engine) == ["2f0c", "77ab"]
    with engine.connect() as connection:
        assert connection.exec_driver_sql('SELECT id FROM "user"').scalar_one() == 7


def test_migrate_moves_the_version_table_of_former_code(ini, engine, former):  # noqa: F811
    former("0004")
    moved = f"Moved alembic_version to {VERSION_TABLE}. "
    assert migrated(ini) == f"{moved}Migrated the tables from revision 0004 to {HEAD}.\n"
    assert migrated(ini) == UNCHANGED


def test_environment_names_another_database(tmp_path, empty_url, engine, monkeypatch):
    ini = write_ini(tmp_path / "app.ini", {"sqlalchemy.url": "postgresql://127.0.0.1:1/none"})
    monkeypatch.setenv("DATABASE_URL", empty_url)
    assert migrated(ini) == CREATED
    assert "authsite_user" in schema_of(engine)


@pytest.mark.asvs("14.2.4")
def test_migrate_creates_a_private_sqlite_file(tmp_path):
    ini = write_ini(tmp_path / "app.ini", {"sqlalchemy.url": f"sqlite:///{tmp_path}/app.sqlite"})
    umask = os.umask(0)
    try:
        migrated(ini)
    finally:
        os.umask(umask)
    assert (tmp_path / "app.sqlite").stat().st_mode & 0o777 == 0o600


def test_broken_keys_of_the_application_are_none_of_ours(tmp_path):
    """SQLite does not check foreign keys by default, so applications have such rows."""
    with sqlite3.connect(tmp_path / "app.sqlite") as connection:
        connection.execute("CREATE TABLE city (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE street (city INTEGER REFERENCES city (id))")
        connection.execute("INSERT INTO street VALUES (7)")
    connection.close()
    ini = write_ini(tmp_path / "app.ini", {"sqlalchemy.url": f"sqlite:///{tmp_path}/app.sqlite"})
    assert (migrated(ini), migrated(ini)) == (CREATED, UNCHANGED)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://ada:hush-hush@127.0.0.1:1/app", "the database cannot be used: connection"),
        ("sqlite:////no/such/folder/x.sqlite", "the database cannot be used: unable to open"),
        ("mysql://ada:hush-hush@127.0.0.1/app", "sqlalchemy.url must be a URL of SQLite or"),
        (None, "sqlalchemy.url is missing. "),
    ],
)
def test_unusable_database_is_named_without_its_password(tmp_path, url, message):
    lines = {"use": "egg:authsite"} | ({"sqlalchemy.url": url} if url else {})
    printed = refusal("migrate", write_ini(tmp_path / "app.ini", lines))
    assert printed.startswith(f"authsite: {message}")
    assert "hush-hush" not in printed


def test_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "app.sqlite").write_text("no database, but a text that is long enough to be one")
    ini = write_ini(tmp_path / "app.ini", {"sqlalchemy.url": f"sqlite:///{tmp_path}/app.sqlite"})
    printed = refusal("migrate", ini)
    assert printed == "authsite: the database cannot be used: file is not a database\n"


def test_newer_database_is_named(ini, engine):
    migrated(ini)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    printed = refusal("migrate", ini)
    assert printed.startswith("authsite: the tables cannot be migrated: ")
    assert "9999" in printed


def test_missing_driver_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    ini = write_ini(tmp_path / "app.ini", {"sqlalchemy.url": "postgresql://127.0.0.1:1/app"})
    assert "install authsite[postgres]" in refusal("migrate", ini)
