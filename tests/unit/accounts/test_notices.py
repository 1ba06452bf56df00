"""What owners are told: the later notice has the later link, and strangers are not flooded."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.notices import MAX_UNVERIFIED, send_notice
from authsite.models import EmailLink, OutboxMessage
from tests.factories import NOW, a_message, a_user, an_outbox, some_noise

WEEK = timedelta(days=7)


@pytest.fixture
def ada(dbsession):
    """Somebody among others."""
    some_noise(dbsession)
    return a_user(dbsession, email_verified_at=NOW)


def notify_and_record(dbsession, user, *, now=NOW):
    """Tell the user something."""
    send_notice(
        dbsession,
        user,
        "password_changed",
        outbox=an_outbox(),
        revert_lifetime=WEEK,
        now=now,
    )


def count(dbsession):
    """Return how many messages there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))


def test_of_two_notices_the_one_written_later_has_the_later_link(dbsession, ada):
    """Even if the request that it belongs to began before the other one."""
    notify_and_record(dbsession, ada)
    notify_and_record(dbsession, ada, now=NOW - timedelta(seconds=5))
    made = dbsession.execute(
        sa.select(EmailLink.created_at, EmailLink.expires_at)
        .where(EmailLink.purpose == Purpose.SECURE_ACCOUNT)
        .order_by(EmailLink.created_at)
    ).all()
    assert [created_at for created_at, _ in made] == [NOW, NOW + timedelta(microseconds=1)]


def test_who_has_verified_their_address_is_told_everything(dbsession, ada):
    for _ in range(2 * MAX_UNVERIFIED):
        notify_and_record(dbsession, ada)
    assert count(dbsession) == 2 * MAX_UNVERIFIED


def test_an_address_that_nobody_has_proven_gets_no_flood(dbsession, ada):
    ada.email_verified_at = None
    for _ in range(2 * MAX_UNVERIFIED):
        notify_and_record(dbsession, ada)
    assert count(dbsession) == MAX_UNVERIFIED
    notify_and_record(dbsession, ada, now=NOW + timedelta(days=1))
    assert count(dbsession) == MAX_UNVERIFIED + 1


def test_mails_that_strangers_ask_for_use_up_nothing_of_that(dbsession, ada):
    ada.email_verified_at = None
    for kind in ("reset_password", "sign_up_existing_account"):
        for _ in range(MAX_UNVERIFIED):
            a_message(dbsession, kind=kind, user_id=ada.id, send_at=NOW)
    before = count(dbsession)
    notify_and_record(dbsession, ada)
    assert count(dbsession) == before + 1
