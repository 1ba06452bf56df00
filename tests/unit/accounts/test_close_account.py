"""Closing an account: it is deleted after a grace period, unless its user reactivates it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.close_account import REMINDER, close_account, reactivate_account
from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.sign_in import InvalidCredentials
from authsite.accounts.users import Credential
from authsite.models import AuditEvent, EmailLink, OutboxMessage, UserSession
from tests.factories import NOW, a_session, a_user, some_noise
from tests.mailbox import content_of

DAY = timedelta(days=1)


@pytest.fixture
def ada(dbsession):
    """A user with a session, and other users."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="ada@example.com", email_verified_at=NOW)
    a_session(dbsession, ada)
    return ada


def close(work, user):
    """Close the account with its current credential."""
    return close_account(work, Credential.of(user))


def emails(dbsession):
    """Return each email by its template."""
    return {row.template: row for row in dbsession.scalars(sa.select(OutboxMessage))}


def test_closed_account_is_deleted_after_the_grace_period(work, ada):
    assert close(work, ada) == NOW + 14 * DAY
    assert ada.delete_after == NOW + 14 * DAY


def test_close_ends_all_sessions_of_this_user(dbsession, work, ada):
    close(work, ada)
    users = set(dbsession.scalars(sa.select(UserSession.user_id)))
    assert ada.id not in users
    assert len(users) == 3


def test_close_revokes_links(dbsession, work, ada):
    issue_link(work, ada, Purpose.RESET_PASSWORD)
    close(work, ada)
    purposes = dbsession.scalars(sa.select(EmailLink.purpose)).all()
    assert set(purposes) == {Purpose.SECURE_ACCOUNT}


def test_close_notifies_at_once_and_before_the_deletion(dbsession, work, ada):
    close(work, ada)
    sent = emails(dbsession)
    assert set(sent) == {"deletion_scheduled", REMINDER}
    assert sent["deletion_scheduled"].next_attempt_at == NOW
    assert sent[REMINDER].next_attempt_at == NOW + 11 * DAY
    for message in sent.values():
        assert "31 May 2030" in content_of(message).text
        assert "31 May 2030" in content_of(message).html
        assert "https://site.example/secure-account/" in content_of(message).text


def test_link_of_the_reminder_lasts_from_when_it_is_due(dbsession, work, ada):
    close(work, ada)
    ends = dbsession.scalars(sa.select(EmailLink.expires_at).order_by(EmailLink.expires_at))
    assert ends.all() == [NOW + 7 * DAY, NOW + 18 * DAY]


def test_reactivation_cancels_deletion_and_reminder_once(dbsession, work, ada):
    close(work, ada)
    reactivate_account(work, ada)
    reactivate_account(work, ada)
    assert ada.delete_after is None
    assert set(emails(dbsession)) == {"deletion_scheduled"}
    cancelled = sa.select(AuditEvent).where(AuditEvent.type == "deletion_cancelled")
    assert len(dbsession.scalars(cancelled).all()) == 1


def test_reactivation_revokes_the_link_of_the_reminder(dbsession, work, ada):
    """It was never sent. The link in the notice, which was, keeps working."""
    for _ in range(3):
        close(work, ada)
        reactivate_account(work, ada)
    expiries = dbsession.scalars(sa.select(EmailLink.expires_at)).all()
    assert expiries == [NOW + 7 * DAY] * 3


def test_reactivation_keeps_a_delivered_reminder(dbsession, work, ada):
    """The row of a delivered email shows when it was sent."""
    close(work, ada)
    emails(dbsession)[REMINDER].next_attempt_at = None
    reactivate_account(work, ada)
    assert REMINDER in emails(dbsession)


def test_close_rejects_an_outdated_credential(work, ada):
    with pytest.raises(InvalidCredentials):
        close_account(work, Credential(ada.id, "another hash"))
    assert ada.delete_after is None
