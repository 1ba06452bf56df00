"""The owner is told of a new browser, but not without end."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.new_device import MAX_PER_DAY, notify_new_device
from authsite.models import OutboxMessage
from tests.factories import NOW, a_message, a_user, an_outbox, some_noise


@pytest.fixture
def ada(dbsession):
    """Somebody among others."""
    for person in some_noise(dbsession):
        a_message(dbsession, user_id=person.id, kind="new_device_sign_in")
    return a_user(dbsession, email_verified_at=NOW)


def notify_and_record(dbsession, user, *, now=NOW, ip_address="192.0.2.7"):
    """Tell the user of a sign-in."""
    notify_new_device(
        dbsession,
        user.id,
        browser="Firefox on Windows",
        ip_address=ip_address,
        outbox=an_outbox(),
        revert_lifetime=timedelta(days=7),
        now=now,
    )


def mails_of(dbsession, user):
    """Return what was written to the user."""
    return dbsession.scalars(sa.select(OutboxMessage).where(OutboxMessage.user_id == user.id)).all()


def test_it_says_which_browser_from_where_and_when(dbsession, ada):
    notify_and_record(dbsession, ada)
    [mail] = mails_of(dbsession, ada)
    assert mail.template == "new_device_sign_in"
    for said in ("Firefox on Windows", "192.0.2.7", "17 May 2030, 12:00 UTC", "/secure-account/"):
        assert said in mail.text
        assert said in mail.html


def test_where_nothing_is_known_of_the_network_it_says_so(dbsession, ada):
    notify_and_record(dbsession, ada, ip_address=None)
    assert "IP address: unknown" in mails_of(dbsession, ada)[0].text


def test_there_are_only_so_many_a_day_and_others_do_not_count(dbsession, ada):
    for _ in range(MAX_PER_DAY):
        a_message(dbsession, user_id=ada.id, kind="password_changed")
    for _ in range(MAX_PER_DAY + 1):
        notify_and_record(dbsession, ada)
    assert len(mails_of(dbsession, ada)) == 2 * MAX_PER_DAY
    notify_and_record(dbsession, ada, now=NOW + timedelta(days=1))
    assert len(mails_of(dbsession, ada)) == 2 * MAX_PER_DAY + 1
