"""Erasing an account leaves no part of its name or email address in the search index."""

import sqlalchemy as sa

from authsite.accounts.erase_account import erase_account
from authsite.models import User
from tests.factories import a_user, some_noise

#: A trigram of Ada's name alone; SQLite's index contains it as it is.
TRIGRAM = b"zqx"


def blobs_with_trigram(dbsession):
    """Count the blobs of SQLite's full-text index that contain the trigram."""
    blobs = sa.text("SELECT count(*) FROM authsite_user_search_data WHERE instr(block, :trigram)")
    return dbsession.scalar(blobs, {"trigram": TRIGRAM})


def test_erasure_leaves_no_trigram_in_the_search_index(dbsession, work):
    some_noise(dbsession)
    ada = a_user(dbsession, first_name="Zqxwv")
    is_sqlite = dbsession.get_bind().dialect.name == "sqlite"
    dbsession.commit()
    if is_sqlite:
        assert blobs_with_trigram(dbsession) > 0
    erase_account(work, ada, reason="Request 2026-117")
    dbsession.commit()
    assert dbsession.scalars(sa.select(User).where(User.first_name == "Zqxwv")).all() == []
    if is_sqlite:
        assert blobs_with_trigram(dbsession) == 0
