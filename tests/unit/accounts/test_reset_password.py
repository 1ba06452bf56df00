"""Resetting a password by an email link."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import InvalidLink, Purpose, issue_link
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.reset_password import reset_password
from authsite.models import EmailLink, OutboxMessage, User, UserSession
from authsite.passwords.hash_queue import HashQueueFull
from authsite.tokens import LinkToken
from tests.factories import NOW, a_hasher, a_session, a_user, some_noise
from tests.functional.crowds import full_queue
from tests.mailbox import content_of
from tests.unit.accounts.links import active_link, is_active, token_in

WEEK = timedelta(days=7)
ADA = "Ada@example.com"
PASSWORD = "eleven blue otters sing"


@pytest.fixture
def ada(dbsession) -> User:
    """A user with two sessions, and other users."""
    some_noise(dbsession)
    ada = a_user(dbsession, email=ADA, first_name="Ada")
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def token(work, ada) -> LinkToken:
    """The token of the link that was emailed to Ada."""
    return a_link(work, ada, Purpose.RESET_PASSWORD)


def a_link(work, user: User, purpose: Purpose) -> LinkToken:
    token = issue_link(work, user, purpose)
    work.dbsession.commit()
    return token


def reset(work, token: LinkToken, password: str = PASSWORD) -> None:
    """Find the link, and reset the password with it."""
    reset_password(work, active_link(work, token, Purpose.RESET_PASSWORD), password=password)


def users_with(dbsession, model) -> set[str]:
    return set(dbsession.scalars(sa.select(model.user_id)))


@pytest.mark.asvs("6.4.3", "7.4.3")
def test_reset_sets_the_password_and_ends_all_sessions(dbsession, work, ada, token):
    others = dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all()
    reset(work, token)
    assert work.hasher.verify(ada.password_hash, PASSWORD)
    assert ada.id not in users_with(dbsession, UserSession)
    assert len(users_with(dbsession, UserSession)) == 3
    assert dbsession.scalars(sa.select(User.password_hash).where(User.id != ada.id)).all() == others


@pytest.mark.parametrize("before", [None, NOW - WEEK])
def test_reset_verifies_the_address_once(work, ada, token, before):
    ada.email_verified_at = before
    reset(work, token)
    assert ada.email_verified_at == (before or NOW)


@pytest.mark.asvs("6.3.7")
def test_reset_notifies_the_user(dbsession, work, ada, token):
    reset(work, token)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.template, message.recipient) == ("password_changed", ADA)
    assert message.user_id == ada.id
    link = active_link(
        work, token_in(content_of(message).text, "secure-account"), Purpose.SECURE_ACCOUNT
    )
    assert (link.user_id, link.expires_at) == (ada.id, NOW + WEEK)


@pytest.mark.parametrize("purpose", Purpose)
def test_reset_revokes_links_except_secure_account(dbsession, work, ada, token, purpose):
    other = a_link(work, ada, purpose)
    token = token if purpose is not Purpose.RESET_PASSWORD else other
    reset(work, token)
    left = set(dbsession.scalars(sa.select(EmailLink.digest)))
    assert (other.digest in left) == (purpose is Purpose.SECURE_ACCOUNT)
    assert token.digest not in left


@pytest.mark.asvs("2.3.4")
@pytest.mark.parametrize("reason", ["used", "expired", "address given up", "account deleted"])
def test_reset_rejects_a_link_invalidated_meanwhile(dbsession, work, ada, token, reason):
    link = active_link(work, token, Purpose.RESET_PASSWORD)
    if reason == "used":
        reset(work, token)
        a_session(dbsession, ada)
    elif reason == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif reason == "address given up":
        ada.email = ada.email_normalized = "x@example.com"
    else:
        dbsession.delete(ada)
    dbsession.commit()
    hashes = dbsession.scalars(sa.select(User.password_hash)).all()
    sessions = users_with(dbsession, UserSession)
    with pytest.raises(InvalidLink):
        reset_password(work, link, password="twelve red foxes run")
    assert dbsession.scalars(sa.select(User.password_hash)).all() == hashes
    assert users_with(dbsession, UserSession) == sessions


@pytest.mark.asvs("6.2.4", "6.2.11")
@pytest.mark.parametrize("password", ["short", "password1234", "ada ada ada", "hopper hopper"])
def test_reset_with_a_weak_password_keeps_the_link(work, token, password):
    with pytest.raises(WeakPassword):
        reset(work, token, password)
    assert is_active(work, token, Purpose.RESET_PASSWORD)


def test_reset_with_a_full_queue_keeps_the_link(dbsession, begin, work, token):
    hasher = a_hasher(queue=1)
    link = active_link(work, token, Purpose.RESET_PASSWORD)
    dbsession.rollback()
    with full_queue(hasher), pytest.raises(HashQueueFull):
        reset_password(begin(hasher=hasher), link, password=PASSWORD)
    assert not dbsession.in_transaction()
    assert is_active(work, token, Purpose.RESET_PASSWORD)
