"""Deleted accounts leave no part of their names and email addresses in the file of SQLite."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.db.engines import Database
from authsite.models import User
from authsite.purging.search_index import merge_search_index
from authsite.purging.targets import ACCOUNTS, purge
from tests.factories import NOW, a_user
from tests.shell import run, write_ini

#: Characters that no random text has; the trigrams of the full-text index are in lower case.
FIRST_NAME, LAST_NAME, EMAIL = "ΩΨΞ", "ΞΦΨΔ", "ada.the.first@zqx-example.com"
ROW, TRIGRAMS = {FIRST_NAME, LAST_NAME, EMAIL}, {"ωψξ", "ξφψ", "φψδ"}


@pytest.fixture
def database(tmp_path, migrate):
    """A database in a file with accounts, of which one is closed."""
    url = f"sqlite:///{tmp_path}/site.sqlite"
    migrate(url)
    database = Database(sa.make_url(url), pool_size=2, timeout=timedelta(seconds=5))
    with Session(database.write_engine) as dbsession:
        for number in range(300):
            a_user(dbsession, email=f"user{number}@example.com")
        a_user(dbsession, email=EMAIL, first_name=FIRST_NAME, last_name=LAST_NAME, delete_after=NOW)
        dbsession.commit()
    yield database
    database.dispose()


def traces(folder):
    """Return what the files of the database contain of the account."""
    content = b"".join(file.read_bytes() for file in folder.glob("site.sqlite*"))
    return {each for each in ROW | TRIGRAMS if each.encode() in content}


def names(database):
    with database.read_engine.connect() as connection:
        return set(connection.scalars(sa.select(User.first_name)))


def test_purged_account_leaves_no_trace_in_the_file(database, tmp_path):
    """Also while connections are open, so that the write-ahead log exists."""
    assert traces(tmp_path) >= ROW
    assert traces(tmp_path) & TRIGRAMS
    deleted = list(purge(database, ACCOUNTS, now=NOW))
    assert deleted[0] == 1
    assert not any(deleted[1:])
    assert FIRST_NAME not in names(database)
    assert len(names(database)) == 1
    assert traces(tmp_path) == set()


def test_index_is_merged_in_steps_and_finds_the_same(database):
    assert len(list(merge_search_index(database, pages=2))) > 2
    assert not list(merge_search_index(database))
    found = sa.text("SELECT count(*) FROM authsite_user_search WHERE authsite_user_search MATCH :a")
    with database.read_engine.connect() as connection:
        assert connection.scalar(found, {"a": '"user1"'}) == 111
        assert connection.scalar(found, {"a": '"ΦΨΔ"'}) == 1


def test_purge_without_deleted_accounts_merges_nothing(database):
    assert list(purge(database, ACCOUNTS, now=NOW - timedelta(days=1))) == []


def test_erased_account_leaves_no_trace_in_the_file(database, tmp_path, settings_of_tests):
    url = {"sqlalchemy.url": str(database.engine.url)}
    ini = write_ini(tmp_path / "site.ini", settings_of_tests | url)
    printed = run("user", "erase", ini, EMAIL, "--reason", "117", "--yes", "--json").stdout
    assert json.loads(printed)["erased"]
    assert FIRST_NAME not in names(database)
    assert traces(tmp_path) == set()
