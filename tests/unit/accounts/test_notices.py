"""Security notices: all of them to a verified address, a few to an unverified one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.notices import MAX_UNVERIFIED, send_notice
from authsite.models import OutboxMessage
from tests.factories import NOW, a_message, a_user, some_noise


@pytest.fixture
def ada(dbsession):
    """A user with a verified address, and other users."""
    some_noise(dbsession)
    return a_user(dbsession, email_verified_at=NOW)


def notify(work, user):
    """Send a notice to the user."""
    send_notice(work, user, "password_changed")


def count(dbsession):
    """Return how many messages there are."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))


def test_verified_address_gets_every_notice(dbsession, work, ada):
    for _ in range(2 * MAX_UNVERIFIED):
        notify(work, ada)
    assert count(dbsession) == 2 * MAX_UNVERIFIED


def test_unverified_address_gets_a_few_notices_a_day(dbsession, begin, work, ada):
    ada.email_verified_at = None
    for _ in range(2 * MAX_UNVERIFIED):
        notify(work, ada)
    assert count(dbsession) == MAX_UNVERIFIED
    notify(begin(now=NOW + timedelta(days=1)), ada)
    assert count(dbsession) == MAX_UNVERIFIED + 1


def test_emails_requested_by_anyone_do_not_count(dbsession, work, ada):
    ada.email_verified_at = None
    for template in ("reset_password", "sign_up_existing_account"):
        for _ in range(MAX_UNVERIFIED):
            a_message(dbsession, template=template, user_id=ada.id, send_at=NOW)
    before = count(dbsession)
    notify(work, ada)
    assert count(dbsession) == before + 1
