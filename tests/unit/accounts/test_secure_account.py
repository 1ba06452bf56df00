"""Securing an account: everyone is signed out, and the owner recovers it from any attacker."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import (
    InvalidLink,
    Purpose,
    consume_link,
    issue_link,
    issue_secure_account_link,
)
from authsite.accounts.secure_account import PreviousEmailTaken, secure_account
from authsite.email_addresses import parse_email_address
from authsite.models import EmailLink, User, UserSession
from authsite.tokens import LinkToken, new_id
from tests.factories import NOW, a_session, a_user, some_noise
from tests.unit.accounts.links import active_link, is_active

MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)
ADA, ATTACKER, ATTACKER_TOO = "Ada@example.com", "eve@example.net", "eve@example.org"


@pytest.fixture
def ada(dbsession, work) -> User:
    """A user with two sessions, and other users who got notices as well."""
    for person in some_noise(dbsession):
        notified(work, person)
    ada = a_user(dbsession, email=ADA, email_verified_at=NOW - WEEK)
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


def notified(work, user: User) -> LinkToken:
    """Return the token of a notice to the current address of the user."""
    token = issue_secure_account_link(work, user)
    work.dbsession.commit()
    return token


def move(dbsession, user: User, email: str) -> None:
    """Give the account another address, as if it had been verified."""
    user.email, user.email_normalized = email, email.lower()
    dbsession.commit()


def secure(work, token: LinkToken) -> LinkToken:
    """Follow the link; return the token of the link that resets the password."""
    link = active_link(work, token, Purpose.SECURE_ACCOUNT)
    work.dbsession.commit()
    try:
        return secure_account(work, link)
    finally:
        work.dbsession.commit()


def users_with(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("7.4.3", "6.3.7")
def test_secure_account_signs_out_this_user_everywhere(dbsession, work, ada):
    secure(work, notified(work, ada))
    assert ada.password_hash is None
    assert ada.devices_valid_since == NOW
    assert ada.id not in users_with(dbsession, UserSession)
    assert len(users_with(dbsession, UserSession)) == 3
    assert len(users_with(dbsession, EmailLink) - {ada.id}) == 3
    others = sa.select(User.password_hash).where(User.id != ada.id)
    assert None not in dbsession.scalars(others).all()


def test_secure_account_returns_a_reset_link(work, ada):
    token = secure(work, notified(work, ada))
    consumed = consume_link(work, active_link(work, token, Purpose.RESET_PASSWORD))
    assert (consumed.user_id, consumed.email) == (ada.id, ADA)


def test_secure_account_restores_and_verifies_the_address(dbsession, work, ada):
    token = notified(work, ada)
    move(dbsession, ada, ATTACKER)
    reset_token = secure(work, token)
    assert (ada.email, ada.email_normalized, ada.email_verified_at) == (ADA, ADA.lower(), NOW)
    assert active_link(work, reset_token, Purpose.RESET_PASSWORD).is_for_current_email


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_secure_account_verifies_an_unchanged_address_once(work, ada, before):
    ada.email_verified_at = before
    secure(work, notified(work, ada))
    assert ada.email_verified_at == (before or NOW)


def test_secure_account_cancels_a_deletion(work, ada):
    ada.delete_after = NOW + WEEK
    secure(work, notified(work, ada))
    assert ada.delete_after is None


@pytest.mark.parametrize(
    "purpose", [each for each in Purpose if each is not Purpose.SECURE_ACCOUNT]
)
def test_secure_account_revokes_other_links(begin, work, ada, purpose):
    email = parse_email_address(ATTACKER)
    other = issue_link(begin(now=NOW - MINUTE), ada, purpose, email=email)
    secure(work, notified(work, ada))
    assert not is_active(work, other, purpose)


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("reason", ["used", "expired", "of another purpose", "account deleted"])
def test_secure_account_rejects_a_link_invalidated_meanwhile(dbsession, work, ada, reason):
    link = active_link(work, notified(work, ada), Purpose.SECURE_ACCOUNT)
    if reason == "used":
        dbsession.execute(sa.delete(EmailLink))
    elif reason == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif reason == "of another purpose":
        dbsession.execute(sa.update(EmailLink).values(purpose=Purpose.RESET_PASSWORD))
    else:
        dbsession.delete(ada)
    dbsession.commit()
    sessions = users_with(dbsession, UserSession)
    with pytest.raises(InvalidLink):
        secure_account(work, link)
    dbsession.commit()
    assert users_with(dbsession, UserSession) == sessions
    assert None not in dbsession.scalars(sa.select(User.password_hash)).all()


@pytest.mark.asvs("7.4.3", "6.3.7")
@pytest.mark.parametrize("attacker_uses", ["none", "the first", "the second", "all"])
def test_secure_account_favours_the_owner_over_an_attacker(dbsession, begin, ada, attacker_uses):
    """The attacker knows the password, moves the account twice, and secures it for themselves.

    Each change is reported to the address that the account had until then, so that two of the three
    notices reach the attacker. Only the link of the owner, the oldest, works in the end.
    """
    owners_link = notified(begin(), ada)
    move(dbsession, ada, ATTACKER)
    first = notified(begin(now=NOW + MINUTE), ada)
    move(dbsession, ada, ATTACKER_TOO)
    second = notified(begin(now=NOW + 2 * MINUTE), ada)
    used = {"the first": [first], "the second": [second], "all": [second, first]}
    resets = [secure(begin(now=NOW + 3 * MINUTE), token) for token in used.get(attacker_uses, [])]
    a_session(dbsession, ada)
    ada.password_hash = "the attacker's"
    third = notified(begin(now=NOW + 4 * MINUTE), ada)

    work = begin(now=NOW + 5 * MINUTE)
    owners_reset = secure(work, owners_link)
    assert (ada.email, ada.password_hash) == (ADA, None)
    assert ada.id not in users_with(dbsession, UserSession)
    assert is_active(work, owners_reset, Purpose.RESET_PASSWORD)
    for token in (first, second, third):
        assert not is_active(work, token, Purpose.SECURE_ACCOUNT)
    for token in resets:
        assert not is_active(work, token, Purpose.RESET_PASSWORD)


def test_secure_account_keeps_older_links(begin, ada):
    """An attacker may have caused the newer notice of two, and use its link."""
    older, newer = (notified(begin(now=NOW + n * MINUTE), ada) for n in range(2))
    work = begin(now=NOW + 2 * MINUTE)
    secure(work, newer)
    assert is_active(work, older, Purpose.SECURE_ACCOUNT)


def test_secure_account_leaves_an_address_taken_meanwhile(dbsession, work, ada):
    """Everything else is done, and once the address is free, the link still restores it."""
    token = notified(work, ada)
    move(dbsession, ada, ATTACKER)
    other = a_user(dbsession, email=ADA)
    reset = issue_link(work, ada, Purpose.RESET_PASSWORD)
    ada.delete_after = NOW + WEEK
    with pytest.raises(PreviousEmailTaken):
        secure(work, token)
    assert (ada.email, ada.password_hash, ada.delete_after) == (ATTACKER, None, None)
    assert (other.email, other.password_hash is None) == (ADA, False)
    assert ada.id not in users_with(dbsession, UserSession)
    assert not is_active(work, reset, Purpose.RESET_PASSWORD)
    move(dbsession, other, "augusta@example.com")
    secure(work, token)
    assert ada.email == ADA


def test_secure_account_passes_other_database_errors_on(dbsession, work, ada):
    token = notified(work, ada)
    move(dbsession, ada, ATTACKER)
    link = active_link(work, token, Purpose.SECURE_ACCOUNT)
    dbsession.commit()
    with dbsession.no_autoflush:
        dbsession.add(
            User(
                id=new_id(),
                first_name="",
                last_name="Hopper",
                email="grace@example.org",
                email_normalized="grace@example.org",
                created_at=NOW,
            )
        )
        with pytest.raises(sa.exc.IntegrityError):
            secure_account(work, link)
    dbsession.rollback()
    assert is_active(work, token, Purpose.SECURE_ACCOUNT)
    assert ada.password_hash is not None
