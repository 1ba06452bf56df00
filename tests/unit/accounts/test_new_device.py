"""Notices of sign-ins with a new device."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.new_device import MAX_PER_DAY, notify_new_device
from authsite.http.client import NO_CLIENT, Client
from authsite.models import OutboxMessage
from tests.factories import NOW, a_message, a_user, some_noise
from tests.mailbox import content_of

CLIENT = Client("192.0.2.7", "192.0.2.7", None)


@pytest.fixture
def ada(dbsession):
    """A user among others who got such notices."""
    for person in some_noise(dbsession):
        a_message(dbsession, user_id=person.id, template="new_device_sign_in")
    return a_user(dbsession, email_verified_at=NOW)


def notify(work, user):
    """Notify the user of a sign-in."""
    notify_new_device(work, user.id, browser="Firefox on Windows")


def emails_of(dbsession, user):
    """Return the emails to the user."""
    return dbsession.scalars(sa.select(OutboxMessage).where(OutboxMessage.user_id == user.id)).all()


def test_new_device_notice_names_browser_place_and_time(dbsession, begin, ada):
    notify(begin(client=CLIENT), ada)
    [message] = emails_of(dbsession, ada)
    assert message.template == "new_device_sign_in"
    for part in ("Firefox on Windows", "192.0.2.7", "17 May 2030, 12:00 UTC", "/secure-account/"):
        assert part in content_of(message).text
        assert part in content_of(message).html


def test_new_device_notice_admits_an_unknown_address(dbsession, begin, ada):
    notify(begin(client=NO_CLIENT), ada)
    assert "IP address: unknown" in content_of(emails_of(dbsession, ada)[0]).text


def test_new_device_notices_are_limited_per_day(dbsession, begin, work, ada):
    for _ in range(MAX_PER_DAY):
        a_message(dbsession, user_id=ada.id, template="password_changed")
    for _ in range(MAX_PER_DAY + 1):
        notify(work, ada)
    assert len(emails_of(dbsession, ada)) == 2 * MAX_PER_DAY
    notify(begin(now=NOW + timedelta(days=1)), ada)
    assert len(emails_of(dbsession, ada)) == 2 * MAX_PER_DAY + 1
