"""A stand-alone database of former code is recognized, and its version table moved once."""

import pytest
import sqlalchemy as sa

from authsite.db.former_version import find_former_revision
from authsite.db.revision import HEAD, VERSION_TABLE, get_revision
from tests.site.test_migrations import schema_of

#: Those that former code knew.
NUMBERS = [f"{number:04}" for number in range(1, 13)]
FORMER = "alembic_version"


@pytest.fixture
def former(empty_url, engine, migrate):
    """Return a function that makes a database as former code has left it at a revision."""

    def make(revision):
        migrate(empty_url, revision)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
        add_versions(engine, revision)

    return make


def add_versions(engine, *revisions):
    """Create the version table that alembic has by default, with these rows."""
    table = sa.Table(FORMER, sa.MetaData(), sa.Column("version_num", sa.String(32), nullable=False))
    with engine.begin() as connection:
        table.create(connection)
        for revision in revisions:
            connection.execute(sa.insert(table).values(version_num=revision))


def versions_of(engine):
    """Return the rows of the version table that alembic has by default, if there is one."""
    if not sa.inspect(engine).has_table(FORMER):
        return None
    with engine.connect() as connection:
        query = f"SELECT version_num FROM {FORMER} ORDER BY 1"
        return connection.exec_driver_sql(query).scalars().all()


def find(engine):
    with engine.connect() as connection:
        return find_former_revision(connection)


def revision_of(engine):
    with engine.connect() as connection:
        return get_revision(connection)


@pytest.mark.parametrize("revision", ["0001", "0004", "0005", "0012"])
def test_former_database_is_moved_and_migrated(former, empty_url, engine, migrate, revision):
    former(revision)
    assert (find(engine), revision_of(engine)) == (revision, None)
    migrate(empty_url)
    assert (find(engine), revision_of(engine), versions_of(engine)) == (None, HEAD, None)
    migrate(empty_url, "base", down=True)
    assert (schema_of(engine), revision_of(engine)) == ({}, None)


@pytest.mark.one_database
@pytest.mark.parametrize("revision", NUMBERS)
def test_former_database_is_recognized_at_every_revision(former, engine, revision):
    former(revision)
    assert find(engine) == revision


def test_application_may_create_its_version_table_after_the_move(
    former, empty_url, engine, migrate
):
    former("0012")
    migrate(empty_url)
    add_versions(engine, "0012")
    migrate(empty_url)
    assert versions_of(engine) == ["0012"]


@pytest.mark.parametrize("rows", [[], ["ae1027a6acf"], ["0012"], ["9999"], ["0003", "0012"]])
def test_version_table_of_an_application_is_not_touched(empty_url, engine, migrate, rows):
    """Even if its migrations are numbered as authsite's: there are no tables of authsite."""
    add_versions(engine, *rows)
    migrate(empty_url)
    assert (versions_of(engine), revision_of(engine)) == (rows, HEAD)


@pytest.mark.one_database
@pytest.mark.parametrize("rows", [["ae1027a6acf"], ["9999"], ["0003", "0012"], []])
def test_other_rows_are_no_former_revision_even_beside_the_tables(former, engine, rows):
    former("0012")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {FORMER}")
    add_versions(engine, *rows)
    assert find(engine) is None


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("revision", "table"), [("0004", "event"), ("0012", "authsite_account_note")]
)
def test_former_revision_needs_all_its_tables(former, engine, revision, table):
    former(revision)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    assert find(engine) is None


def test_failed_migration_undoes_the_move(former, empty_url, engine, migrate):
    former("0004")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            'CREATE TABLE note (id INTEGER PRIMARY KEY, owner VARCHAR(16) REFERENCES "user" (id))'
        )
    with pytest.raises(Exception, match=r"^note: drop the foreign keys"):
        migrate(empty_url)
    assert (find(engine), versions_of(engine)) == ("0004", ["0004"])
