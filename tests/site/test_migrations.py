"""Migrations create the schema of the models, and can be undone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from authsite.accounts.search_users import search_users
from authsite.db.revision import HEAD, VERSION_TABLE
from authsite.models import Base
from authsite.models.search_index import is_in_metadata

ROOT = Path(__file__).parent.parent.parent


def schema_of(engine):
    """Return the tables, constraints and indexes of the database."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            ],
            "names": sorted(
                constraint["name"]
                for constraints in (
                    inspector.get_check_constraints(table),
                    inspector.get_unique_constraints(table),
                    inspector.get_foreign_keys(table),
                    inspector.get_indexes(table),
                    [inspector.get_pk_constraint(table)],
                )
                for constraint in constraints
                if is_in_metadata(constraint["name"])
            ),
            "on delete": [key["options"] for key in inspector.get_foreign_keys(table)],
        }
        for table in inspector.get_table_names()
        if table != VERSION_TABLE and is_in_metadata(table)
    }


def search_of(engine):
    """Return what the search adds to the schema: functions, triggers and an index."""
    if engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE name LIKE 'authsite_user_search%' ORDER BY 1"
    else:
        query = """
            SELECT proname FROM pg_proc WHERE proname LIKE 'authsite%'
            UNION SELECT indexname FROM pg_indexes WHERE indexname = 'ix_authsite_user_search'
            ORDER BY 1
        """
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(query.replace("%", "%%")).scalars())


def test_migrations_form_a_single_line(empty_url):
    script = ScriptDirectory.from_config(Config(ROOT / "testing.ini"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


def test_migrations_are_numbered_and_the_last_one_is_head():
    revisions = ScriptDirectory.from_config(Config(ROOT / "testing.ini")).walk_revisions()
    numbers = [each.revision for each in revisions]
    assert numbers == [f"{number:04}" for number in range(len(numbers), 0, -1)]
    assert numbers[0] == HEAD


def test_migrations_run_up_down_and_up_again(empty_url, engine, migrate):
    migrate(empty_url)
    schema = schema_of(engine)
    assert set(schema) == {
        "authsite_account_note",
        "authsite_answered_form",
        "authsite_audit_event",
        "authsite_email_link",
        "authsite_outbox_message",
        "authsite_pending_sign_in",
        "authsite_purge_run",
        "authsite_session",
        "authsite_throttle",
        "authsite_user",
    }
    search = search_of(engine)
    assert search
    migrate(empty_url, "base", down=True)
    assert schema_of(engine) == {}
    assert search_of(engine) == []
    migrate(empty_url)
    assert schema_of(engine) == schema
    assert search_of(engine) == search
    migrate(empty_url)
    assert schema_of(engine) == schema


def test_migrated_schema_equals_the_models(empty_url, engine, migrate, request, tmp_path):
    migrate(empty_url)
    with engine.connect() as connection:
        opts = {
            "compare_type": True,
            "include_object": lambda _object, name, *_rest: is_in_metadata(name),
            "version_table": VERSION_TABLE,
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []
    migrated = schema_of(engine)
    migrate(empty_url, "base", down=True)
    Base.metadata.create_all(engine)
    assert schema_of(engine) == migrated


@pytest.mark.parametrize("last_name", ["Lovelace", "Àbel"])
def test_migration_indexes_existing_users(empty_url, engine, migrate, last_name):
    migrate(empty_url, "0010")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO authsite_user (id, first_name, last_name, email, email_normalized, "
            f"created_at) VALUES ('A', 'Ada', '{last_name}', 'a', 'a@x.example', '2026-01-01')"
        )
    migrate(empty_url)
    with Session(engine) as dbsession:
        [(user, _)] = search_users(dbsession, last_name[1:].upper(), limit=9).found
    assert user.last_name == last_name
    migrate(empty_url, "0010", down=True)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id FROM authsite_user").all() == [("A",)]


def test_migrations_create_the_purge_run_row(empty_url, engine, migrate):
    migrate(empty_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM authsite_purge_run").all() == [
            ("sessions",)
        ]


@pytest.mark.asvs("14.2.4")
def test_migrations_create_a_private_sqlite_file(tmp_path, migrate):
    umask = os.umask(0)
    try:
        migrate(f"sqlite:///{tmp_path}/new.sqlite")
    finally:
        os.umask(umask)
    assert (tmp_path / "new.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.asvs("6.3.2")
def test_new_database_has_no_accounts(empty_url, engine, migrate):
    migrate(empty_url)
    with engine.connect() as connection:
        for table in ("authsite_user", "authsite_session"):
            assert connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar() == 0


def test_sessions_are_deleted_with_their_user(services, browser, new_browser):
    browser.sign_up()
    other = new_browser()
    other.sign_up(email="eve@example.com")
    with services.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM authsite_user WHERE email_normalized = 'ada@example.com'"
        )
        assert connection.exec_driver_sql("SELECT count(*) FROM authsite_session").scalar() == 1
    assert not browser.is_signed_in
    assert other.is_signed_in


def test_alembic_uses_the_database_url_of_the_server(empty_url, engine):
    """`DATABASE_URL` overrides the ini file for migrations, as it does for the server."""
    command = [sys.executable, "-m", "alembic", "-c", "development.ini", "upgrade", "head"]
    environ = os.environ | {"DATABASE_URL": empty_url}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "authsite_session" in schema_of(engine)
