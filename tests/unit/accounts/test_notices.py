"""Security notices: limited by type and day, and fewer to an unverified address."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.notices import MAX_PER_DAY, send_notice
from authsite.models import OutboxMessage
from tests.factories import NOW, a_message, a_user, some_noise, throttles_for
from tests.mailbox import content_of

DAY = timedelta(days=1)
LAST = "We won't send another email like this for up to 24 hours."


@pytest.fixture
def ada(dbsession):
    """A user with a verified address, and other users."""
    for person in some_noise(dbsession):
        a_message(dbsession, user_id=person.id, template="password_changed")
    return a_user(dbsession, email="ada+1@example.com", email_verified_at=NOW)


def notify(work, user, template="password_changed", **values):
    """Send a notice to the user."""
    send_notice(work, user, template, **values)


def texts(dbsession, user):
    """Return text and HTML of the emails to the user."""
    messages = sa.select(OutboxMessage).where(OutboxMessage.user_id == user.id)
    return [content_of(message) for message in dbsession.scalars(messages)]


@pytest.mark.asvs("2.4.1")
def test_verified_address_gets_twenty_notices_of_one_type_a_day(dbsession, begin, work, ada):
    for _ in range(MAX_PER_DAY + 5):
        notify(work, ada)
    assert len(texts(dbsession, ada)) == MAX_PER_DAY == 20
    notify(work, ada, "email_changed", new_email="ada@example.net")
    assert len(texts(dbsession, ada)) == MAX_PER_DAY + 1
    notify(begin(now=NOW + DAY), ada)
    assert len(texts(dbsession, ada)) == MAX_PER_DAY + 2


def test_last_notice_of_the_day_says_so(dbsession, work, ada):
    for _ in range(3):
        notify(work, ada, limit=3)
    said = [(LAST in text, LAST in html) for text, html in texts(dbsession, ada)]
    assert sorted(said) == [(False, False), (False, False), (True, True)]


@pytest.mark.asvs("2.4.1")
def test_unverified_address_gets_a_few_emails_a_day(services, dbsession, begin, ada):
    ada.email_verified_at = None
    throttles = throttles_for(services, email_unverified="6/1d")
    for _ in range(8):
        notify(begin(throttles=throttles), ada)
    assert len(texts(dbsession, ada)) == 6
    notify(begin(throttles=throttles, now=NOW + DAY), ada)
    assert len(texts(dbsession, ada)) == 7


def test_notices_to_one_mailbox_count_together(services, dbsession, begin, ada):
    ada.email_verified_at = None
    other = a_user(dbsession, email="ada@example.com")
    work = begin(throttles=throttles_for(services, email_unverified="1/1d"))
    notify(work, ada)
    notify(work, other)
    assert (len(texts(dbsession, ada)), len(texts(dbsession, other))) == (1, 0)
