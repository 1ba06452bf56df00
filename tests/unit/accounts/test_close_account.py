"""Closing an account: it goes after its grace, unless its owner says otherwise before."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.close_account import (
    PENDING_SIGN_IN_LIFETIME,
    REMINDER,
    DeletionSchedule,
    close_account,
    offer_to_keep,
    reactivate_account,
)
from authsite.accounts.email_links import InvalidLink, Purpose, issue_link
from authsite.accounts.sign_in import InvalidCredentials
from authsite.accounts.suspend_account import suspend_account
from authsite.accounts.users import AccountSuspended, Credential
from authsite.models import EmailLink, OutboxMessage, User, UserSession
from authsite.tokens import LinkToken
from tests.factories import NOW, a_session, a_user, an_audit_log, an_outbox, some_noise

DAY = timedelta(days=1)
GRACE = DeletionSchedule(14 * DAY, 3 * DAY)


@pytest.fixture
def ada(dbsession):
    """Somebody who is signed in, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="ada@example.com", email_verified_at=NOW)
    a_session(dbsession, ada)
    return ada


def close(dbsession, user, *, credential=None, now=NOW):
    """Close account."""
    return close_account(
        dbsession,
        credential or Credential(user.id, user.password_hash, delete_after=user.delete_after),
        audit=an_audit_log(),
        outbox=an_outbox(),
        grace=GRACE,
        revert_lifetime=7 * DAY,
        now=now,
    )


def mails(dbsession):
    """Return what is to be sent, by its kind."""
    return {row.type: row for row in dbsession.scalars(sa.select(OutboxMessage))}


def test_the_account_goes_after_its_grace_and_not_before(dbsession, ada):
    assert close(dbsession, ada) == NOW + 14 * DAY
    assert ada.delete_after == NOW + 14 * DAY


def test_all_its_sessions_end_and_no_others_do(dbsession, ada):
    close(dbsession, ada)
    owners = set(dbsession.scalars(sa.select(UserSession.user_id)))
    assert ada.id not in owners
    assert len(owners) == 3


def test_what_was_pending_is_void(dbsession, ada):
    issue_link(
        dbsession,
        ada,
        Purpose.RESET_PASSWORD,
        email=ada.email,
        email_normalized=ada.email_normalized,
        lifetime=DAY,
        now=NOW,
    )
    close(dbsession, ada)
    purposes = dbsession.scalars(sa.select(EmailLink.purpose)).all()
    assert set(purposes) == {Purpose.SECURE_ACCOUNT}


def test_its_owner_is_told_at_once_and_once_more_before_the_end(dbsession, ada):
    close(dbsession, ada)
    told = mails(dbsession)
    assert set(told) == {"deletion_scheduled", REMINDER}
    assert told["deletion_scheduled"].next_attempt_at == NOW
    assert told[REMINDER].next_attempt_at == NOW + 11 * DAY
    for mail in told.values():
        assert "31 May 2030" in mail.text
        assert "31 May 2030" in mail.html
        assert "https://site.example/secure-account/" in mail.text


def test_the_link_of_the_reminder_lives_as_long_after_it_as_any_other(dbsession, ada):
    close(dbsession, ada)
    ends = dbsession.scalars(sa.select(EmailLink.expires_at).order_by(EmailLink.expires_at))
    assert ends.all() == [NOW + 7 * DAY, NOW + 18 * DAY]


def offer(dbsession, user, *, now=NOW):
    """Sign in to the closed account, and be asked."""
    return offer_to_keep(dbsession, Credential(user.id, "a hash"), now=now)


def test_who_says_so_keeps_the_account_and_is_not_reminded(dbsession, ada):
    close(dbsession, ada)
    credential, account = reactivate_account(
        dbsession, offer(dbsession, ada), user_id=ada.id, audit=an_audit_log(), now=NOW
    )
    assert (credential.user_id, account) == (ada.id, "ada@example.com")
    assert ada.delete_after is None
    assert set(mails(dbsession)) == {"deletion_scheduled"}


def test_being_asked_is_not_yet_keeping(dbsession, ada):
    close(dbsession, ada)
    offer(dbsession, ada)
    assert ada.delete_after == NOW + 14 * DAY
    assert REMINDER in mails(dbsession)


def test_the_question_is_answered_once_and_soon(dbsession, ada):
    close(dbsession, ada)
    token = offer(dbsession, ada)
    with pytest.raises(InvalidLink):
        reactivate_account(
            dbsession,
            token,
            user_id=ada.id,
            audit=an_audit_log(),
            now=NOW + PENDING_SIGN_IN_LIFETIME,
        )
    reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)
    close(dbsession, ada)
    with pytest.raises(InvalidLink):
        reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)
    assert dbsession.get_one(User, ada.id).delete_after == NOW + 14 * DAY


def test_who_has_no_password_any_more_is_not_let_in_by_it(dbsession, ada):
    close(dbsession, ada)
    token = offer(dbsession, ada)
    ada.password_hash = None
    dbsession.commit()
    with pytest.raises(InvalidLink):
        reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)


def test_who_is_frozen_meanwhile_is_not_let_in_by_it(dbsession, ada):
    close(dbsession, ada)
    token = offer(dbsession, ada)
    suspend_account(dbsession, ada, reason="We know why.", audit=an_audit_log(), now=NOW)
    dbsession.commit()
    with pytest.raises(AccountSuspended) as frozen:
        reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)
    assert frozen.value.reason == "We know why."


def test_a_second_answer_signs_nobody_in(dbsession, ada):
    """Two windows may have been asked at the same moment."""
    close(dbsession, ada)
    token = offer(dbsession, ada)
    ada.delete_after = None
    dbsession.commit()
    with pytest.raises(InvalidLink):
        reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)


def test_who_keeps_the_account_has_answered_every_question(dbsession, ada):
    close(dbsession, ada)
    token = offer(dbsession, ada)
    copy_of(dbsession, ada)
    reactivate_account(dbsession, token, user_id=ada.id, audit=an_audit_log(), now=NOW)
    purposes = dbsession.scalars(sa.select(EmailLink.purpose)).all()
    assert Purpose.KEEP_ACCOUNT not in purposes


def test_a_password_that_was_changed_meanwhile_closes_nothing(dbsession, ada):
    stale = Credential(ada.id, "another hash")
    with pytest.raises(InvalidCredentials):
        close(dbsession, ada, credential=stale)
    assert ada.delete_after is None


def copy_of(dbsession, user):
    """Ask a second time, as two sign-ins do that are at the same moment."""
    token = LinkToken.new()
    dbsession.add(
        EmailLink(
            digest=token.digest,
            user_id=user.id,
            purpose=Purpose.KEEP_ACCOUNT,
            email=user.email,
            email_normalized=user.email_normalized,
            created_at=NOW,
            expires_at=NOW + DAY,
        )
    )
    dbsession.commit()
