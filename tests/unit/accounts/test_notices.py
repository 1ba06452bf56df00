"""What owners are told: the later notice has the later link, and strangers are not flooded."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.notices import MOST_UNVERIFIED, notify
from authsite.models import OutboxMessage, PendingLink
from tests.factories import NOW, a_message, a_user, an_outbox, some_noise

WEEK = timedelta(days=7)


@pytest.fixture
def ada(dbsession):
    """Somebody among others."""
    some_noise(dbsession)
    return a_user(dbsession, email_verified_at=NOW)


def tell(dbsession, user, *, now=NOW):
    """Tell the user something."""
    notify(
        dbsession,
        user,
        "password_changed",
        outbox=an_outbox(),
        undo_within=WEEK,
        now=now,
    )


def count(dbsession):
    """Return how many messages there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))


def test_of_two_notices_the_one_written_later_has_the_later_link(dbsession, ada):
    """Even if the request that it belongs to began before the other one."""
    tell(dbsession, ada)
    tell(dbsession, ada, now=NOW - timedelta(seconds=5))
    made = dbsession.execute(
        sa.select(PendingLink.created_at, PendingLink.expires_at)
        .where(PendingLink.purpose == Purpose.NOT_ME)
        .order_by(PendingLink.created_at)
    ).all()
    assert [created_at for created_at, _ in made] == [NOW, NOW + timedelta(microseconds=1)]


def test_who_has_verified_their_address_is_told_everything(dbsession, ada):
    for _ in range(2 * MOST_UNVERIFIED):
        tell(dbsession, ada)
    assert count(dbsession) == 2 * MOST_UNVERIFIED


def test_an_address_that_nobody_has_proven_gets_no_flood(dbsession, ada):
    ada.email_verified_at = None
    for _ in range(2 * MOST_UNVERIFIED):
        tell(dbsession, ada)
    assert count(dbsession) == MOST_UNVERIFIED
    tell(dbsession, ada, now=NOW + timedelta(days=1))
    assert count(dbsession) == MOST_UNVERIFIED + 1


def test_mails_that_strangers_ask_for_use_up_nothing_of_that(dbsession, ada):
    ada.email_verified_at = None
    for kind in ("reset_password", "sign_up_taken"):
        for _ in range(MOST_UNVERIFIED):
            a_message(dbsession, kind=kind, user_id=ada.id, due_at=NOW)
    before = count(dbsession)
    tell(dbsession, ada)
    assert count(dbsession) == before + 1
