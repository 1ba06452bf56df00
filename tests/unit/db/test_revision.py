"""The revision of a database."""

import pytest
import sqlalchemy as sa

from authsite.db.revision import HEAD, get_revision, is_migrated


def test_migrated_database_has_the_revision_of_the_code(services):
    with services.database.read_engine.connect() as connection:
        assert get_revision(connection) == HEAD


def test_empty_database_has_no_revision():
    with sa.create_engine("sqlite://").connect() as connection:
        assert get_revision(connection) is None


@pytest.mark.parametrize(
    ("revision", "is_enough"), [(None, False), ("0001", False), (HEAD, True), ("9999", True)]
)
def test_database_is_migrated_from_the_revision_of_the_code_on(revision, is_enough):
    assert is_migrated(revision) is is_enough
