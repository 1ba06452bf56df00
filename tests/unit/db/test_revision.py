"""The revision of a database."""

import pytest
import sqlalchemy as sa

from authsite.db.revision import HEAD, VERSION_TABLE, get_revision, is_migrated


@pytest.fixture
def connection():
    """A connection to an empty database."""
    with sa.create_engine("sqlite://").connect() as connection:
        yield connection


def test_migrated_database_has_the_revision_of_the_code(services):
    with services.database.read_engine.connect() as connection:
        assert get_revision(connection) == HEAD


def test_empty_database_has_no_revision(connection):
    assert get_revision(connection) is None


def test_version_table_of_the_application_is_not_read(connection):
    connection.exec_driver_sql(f"CREATE TABLE alembic_version AS SELECT '{HEAD}' AS version_num")
    assert get_revision(connection) is None


@pytest.mark.parametrize(("rows", "lowest"), [([], None), (["0012", "0003"], "0003")])
def test_revision_is_the_lowest_of_several(connection, rows, lowest):
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num TEXT)")
    for row in rows:
        connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (row,))
    assert get_revision(connection) == lowest


@pytest.mark.parametrize(
    ("revision", "is_enough"), [(None, False), ("0001", False), (HEAD, True), ("9999", True)]
)
def test_database_is_migrated_from_the_revision_of_the_code_on(revision, is_enough):
    assert is_migrated(revision) is is_enough
